import { expect } from "chai";
import type { FakeLab } from "../fakes/lab.ts";

/** A piece of the lab's life in which the controller may be killed at any call. */
export interface KillStory {
  readonly what: string;
  /** What is there before, at rest, its controller running. */
  readonly before: () => Promise<FakeLab>;
  /** What a person does then. */
  readonly begin: (lab: FakeLab) => void | Promise<void>;
  readonly over: (lab: FakeLab) => boolean;
  /** What reaches Proxmox, or the Omada site, each once and in this order. */
  readonly calls: readonly string[];
  /** Calls that may come beyond these: they say once more what nobody can read, when it is not known to have been said. */
  readonly again?: readonly string[];
  /** What is neither the controller's nor declared, and is the same before and after. */
  readonly strangers?: (lab: FakeLab) => unknown;
}

/** The next process comes while the task of the call still runs, or long after its end. */
const SOON_SECONDS = 0.5;
const LATE_SECONDS = 60;
const AFTERWARDS_SECONDS = 20;
const LONGEST_SECONDS = 400;

/**
 * Tells the story undisturbed, then once for each point where something outside has changed or is about to: before and
 * after each call to Proxmox and to Omada, and after each write to the API server. Killed at a read, or before a write, it is where
 * the point before left it.
 */
export async function killedEverywhere(story: KillStory): Promise<void> {
  const undisturbed = await told(story, -1);
  expect(undisturbed.calls).to.deep.equal(story.calls);
  expect(undisturbed.points).to.be.greaterThan(2 * story.calls.length);
  for (let point = 0; point < undisturbed.points; point++) {
    const soon = await told(story, point);
    const late = soon.killed.endsWith(ARRIVES) ? [await told(story, point, LATE_SECONDS)] : [];
    for (const { calls, end, killed } of [soon, ...late]) {
      const where = `killed at point ${String(point)}: ${killed}`;
      expect(killed, where).to.not.equal("");
      expect(withoutRepeats(calls, story), where).to.deep.equal(story.calls);
      expect(end, where).to.deep.equal(undisturbed.end);
    }
  }
}

const ARRIVES = "arrives";

/** Without the calls beyond the story's that may come again. */
function withoutRepeats(calls: readonly string[], { calls: wanted, again = [] }: KillStory): readonly string[] {
  const left = [...wanted];
  return calls.filter((call) => {
    if (call !== left[0]) return !again.includes(call);
    left.shift();
    return true;
  });
}

/** What reached the host and the site, each in its order. */
function reached(lab: FakeLab): readonly string[] {
  return [...lab.calls(), ...lab.omada.mutations.map(({ call }) => call)];
}

interface Told {
  readonly points: number;
  readonly killed: string;
  readonly calls: readonly string[];
  readonly end: unknown;
}

async function told(
  { before, begin, over, strangers }: KillStory,
  at: number,
  deadSeconds = SOON_SECONDS,
): Promise<Told> {
  const lab = await before();
  lab.proxmox.mutations.length = 0;
  lab.omada.mutations.length = 0;
  const others = JSON.stringify(strangers?.(lab));
  let points = 0;
  let killed = "";
  const meet = (what: string): void => {
    if (points++ !== at) return;
    killed = what;
    lab.kill();
  };
  lab.proxmox.witness = ({ call, vmid, is }) => {
    meet(`${call} ${String(vmid)} ${is === "sent" ? "is about to be sent" : ARRIVES}`);
  };
  lab.omada.witness = ({ call, is }) => {
    meet(`${call} ${is === "sent" ? "is about to be sent" : ARRIVES}`);
  };
  lab.kube.onWrite = () => {
    meet(`a write of ${lab.kube.writes.at(-1)?.key ?? ""} is stored`);
  };
  await begin(lab);
  await lab.until("over, or killed", () => over(lab) || lab.replicas === 0, LONGEST_SECONDS);
  if (killed === "") await lab.seconds(AFTERWARDS_SECONDS);
  if (killed !== "") {
    await lab.seconds(deadSeconds);
    lab.start();
    await lab.until(`over, after ${killed}`, () => over(lab), LONGEST_SECONDS);
    await lab.seconds(AFTERWARDS_SECONDS);
  }
  lab.kill();
  expect(JSON.stringify(strangers?.(lab)), killed).to.equal(others);
  return { points, killed, calls: reached(lab), end: endOf(lab) };
}

/** The world, and what is said of it, but for times. */
function endOf(lab: FakeLab): unknown {
  const guests = [...lab.proxmox.guests.values()].map((guest) => ({
    ...guest,
    startedAt: guest.startedAt === undefined ? undefined : "some time",
    waiting: [...guest.waiting.keys()],
  }));
  const said = lab.kube.all().map(({ kind, metadata, status = {} }) => {
    const { restarts, hold, migration, task, drift, node, lastIncident, pendingChanges, powerState } = status as Record<
      string,
      unknown
    >;
    const ready = lab.reason(kind, metadata.name);
    const facts = { restarts, hold, migration, task, drift, node, lastIncident, pendingChanges, powerState };
    return { kind, name: metadata.name, ready, ...facts };
  });
  return {
    guests,
    site: siteOf(lab),
    said: said.toSorted((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1)),
  };
}

/** Everything in the Omada site, but for times. */
function siteOf({ omada }: FakeLab): unknown {
  const { networks, profiles, wlans, acls, groups, reservations, passphrases, clients, devices } = omada;
  return {
    lists: [networks, profiles, wlans, acls, groups, reservations].map((shelf) => shelf.all()),
    passphrases: [...passphrases],
    clients: [...clients.values()],
    devices: [...devices.values()].map((device) => ({ ...device, lastSeen: "some time" })),
  };
}
