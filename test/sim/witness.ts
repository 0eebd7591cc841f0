import type { FakeApproach } from "../fakes/proxmox.ts";
import { guestsIn, homelabIn } from "./declared.ts";
import { IDENTITY, type History } from "./history.ts";
import { configureRules, resizeRules, writeRules } from "./configureRules.ts";
import { destroyRules } from "./destroyRules.ts";
import { moveRules } from "./moveRules.ts";
import { POLL_MS, type Rule, type Scene } from "./scene.ts";
import { startRules } from "./startRules.ts";
import { stopRules } from "./stopRules.ts";
import { markOf } from "./truth.ts";

const UNREACHABLE_MS = 35_000;
const JUST_MS = 2_000;

const everyCall: readonly Rule[] = [
  ["P1", ({ history }) => (history.lab.led ? undefined : "nobody holds the lease")],
  ["I3", undeclared],
  ["A3", anotherActs],
  [
    "L2",
    ({ history }) =>
      !history.deaf && homelabIn(history.lab) === undefined ? "there is no Homelab in charge" : undefined,
  ],
  [
    "suspend",
    ({ history, actor }) =>
      !history.deaf && actor !== undefined && history.truth.suspended(actor) ? "it is suspended" : undefined,
  ],
  ["I3", ({ actor }) => (actor?.spec.management === "Observe" ? "management is Observe" : undefined)],
  ["I3", otherType],
  ["A3", intentIsWritten],
  ["A3", ourTaskRuns],
  ["A4", othersAtWork],
];

const intents: Partial<Record<FakeApproach["call"], string>> = {
  start: "Start",
  shutdown: "Shutdown",
  create: "Create",
  configureByTask: "Configure",
  resize: "Resize",
  destroy: "Destroy",
  migrate: "Migrate",
};

/** A write to a guest has no intent whose refusal would tell that the object is gone: who is deaf cannot know. */
function undeclared({ history, actor, call }: Scene): string | undefined {
  return actor === undefined && !(call === "configure" && history.deaf) ? "nobody declares it" : undefined;
}

/** Proxmox itself refuses such a call; only what was there at the last poll is blamed. */
function otherType({ history, guest, actor, vmid, now }: Scene): string | undefined {
  if (guest === undefined || actor === undefined || now - (history.touchedAt.get(vmid) ?? -Infinity) < POLL_MS)
    return undefined;
  return guest.type === (actor.kind === "Container" ? "lxc" : "qemu") ? undefined : "it is of the other type";
}

/** Once it is said that another controller acts, nothing is changed until a person has said who goes on. */
function anotherActs({ history }: Scene): string | undefined {
  const since = history.sightings.anotherSince;
  if (since === undefined || history.tookOverAt >= since) return undefined;
  return "another controller acts with our token, and nobody has said take-over";
}

function intentIsWritten({ actor, call }: Scene): string | undefined {
  const wanted = intents[call];
  if (wanted === undefined || actor === undefined) return undefined;
  const written = actor.status.task?.action;
  return written === wanted ? undefined : `status.task of ${actor.id} says ${String(written)}`;
}

function ourTaskRuns({ history, vmid, guest, call }: Scene): string | undefined {
  if (call === "configure") return undefined;
  const { proxmox } = history.lab;
  const nodes = guest === undefined ? [...proxmox.nodes.keys()] : [guest.node];
  const running = nodes
    .flatMap((node) => proxmox.tasks.running(node))
    .find((task) => task.id === String(vmid) && task.user === IDENTITY && !history.rivals.has(task.upid));
  return running === undefined ? undefined : `our own task still runs: ${running.upid}`;
}

function othersAtWork({ history, vmid, guest, now }: Scene): string | undefined {
  if (guest === undefined || now - (history.touchedAt.get(vmid) ?? -Infinity) < JUST_MS) return undefined;
  const since = history.lab.proxmox.time() - JUST_MS;
  const other = history.lab.proxmox.tasks
    .running(guest.node)
    .filter((task) => task.user !== IDENTITY || history.rivals.has(task.upid))
    .find((task) => task.id === String(vmid) && task.startTime < since);
  return other === undefined ? undefined : `another's task runs on it: ${other.upid}`;
}

const byCall: Record<FakeApproach["call"], readonly Rule[]> = {
  start: startRules,
  shutdown: stopRules,
  create: startRules,
  createMachine: startRules,
  download: startRules,
  destroy: destroyRules,
  configure: writeRules,
  configureByTask: writeRules,
  migrate: moveRules,
  createSnapshot: configureRules,
  deleteSnapshot: configureRules,
  resize: resizeRules,
};

/** Holds one mutation against every rule that speaks of it. */
export function judge(history: History, approach: FakeApproach): void {
  const scene = sceneOf(history, approach);
  if (approach.is === "sent") {
    const { unreachableSince, now } = history;
    if (unreachableSince !== undefined && now - unreachableSince > UNREACHABLE_MS)
      history.blame("O3", `${approach.call} ${approach.vmid} is sent while nothing answers`);
    return;
  }
  for (const [rule, broken] of [...everyCall, ...byCall[approach.call]]) {
    const text = broken(scene);
    if (text !== undefined) history.blame(rule, `${approach.call} ${approach.vmid}: ${text}`);
  }
}

function sceneOf(history: History, { call, vmid, detail }: FakeApproach): Scene {
  const guest = history.truth.guest(vmid);
  const owner = history.truth.owner(vmid);
  const unseen = history.now - (history.touchedAt.get(vmid) ?? -Infinity) < POLL_MS && call === "shutdown";
  const leaving = guestsIn(history.lab).find(
    (one) => one.deleting && one.spec.vmid === vmid && (guest?.tags.includes(markOf(one.name)) === true || unseen),
  );
  const actor = call === "destroy" || owner === undefined ? leaving : owner;
  return { history, call, vmid, detail, guest, owner, leaving, actor, now: history.now };
}
