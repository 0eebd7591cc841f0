import { expect } from "chai";
import type { LogEntry } from "../simulators/proxmox/accessLog.ts";
import { withCrashLab, type CrashLab } from "./crashRounds.ts";
import { killedAtEach } from "./crashSweep.ts";
import {
  containersOf,
  crashGuests,
  machineOf,
  machinesThere,
  only,
  pointOf,
  specOf,
  tasksOf,
  type CrashGuest,
} from "./crashVictims.ts";
import { ours } from "./labObjects.ts";

type When = "before" | "after";

/** The policy's next one is overdue. */
const LAST_RUN = "2020-01-01T00:00:00Z";

/** All is changed at once: spec.node, configuration, new machines, and a snapshot that is overdue. */
async function change({ bed }: CrashLab, guests: readonly CrashGuest[]): Promise<void> {
  for (const guest of only(guests, "update", "migrate"))
    await bed.kubectl(
      "patch",
      "hct",
      guest.name,
      "--type=merge",
      "-p",
      JSON.stringify({ spec: specOf(guest, "after") }),
    );
  await bed.apply(...only(guests, "clone", "move").map((guest) => machineOf(guest, "after")));
  const spec = { schedule: "0 0 1 1 *", selector: { layerRef: { name: "snapshot" } } };
  await bed.apply(ours("SnapshotPolicy", "yearly", spec));
  const status = JSON.stringify({ status: { lastScheduleTime: LAST_RUN } });
  await bed.kubectl("patch", "hsnap", "yearly", "--subresource=status", "--type=merge", "-p", status);
}

interface Read {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly node?: string;
    readonly task?: unknown;
    readonly migration?: unknown;
    readonly lastIncident?: unknown;
    readonly pendingChanges?: unknown;
    readonly conditions?: readonly { readonly type: string; readonly reason: string }[];
  };
}

/** It is where it should be, in the way it should be, and nothing of it is under way. */
function isDone({ metadata, status = {} }: Read, guests: readonly CrashGuest[], when: When): boolean {
  const { conditions = [], node, task, migration, pendingChanges } = status;
  const { change } = guests.find(({ name }) => name === metadata.name) ?? {};
  const isMoved = when === "before" || (change !== "migrate" && change !== "move") || node === "pve2";
  const isReady = conditions.some(({ type, reason }) => type === "Ready" && reason === "Settled");
  return isReady && isMoved && [task, migration, pendingChanges].every((open) => open === undefined);
}

/** Every guest as its object says, with nothing left to do. */
async function allOver({ bed }: CrashLab, guests: readonly CrashGuest[], when: When): Promise<void> {
  const wanted = when === "before" ? guests.length - only(guests, "clone").length : guests.length;
  let open: readonly Read[] = [];
  const isRunOver = async (): Promise<boolean> => {
    const run = await bed.kubectl("get", "hsnap", "yearly", "-o", "jsonpath={.status.lastScheduleTime}");
    return run !== LAST_RUN;
  };
  const look = async (): Promise<readonly Read[] | undefined> => {
    const { items } = JSON.parse(await bed.kubectl("get", "hct,hvm", "-o", "json")) as { items: readonly Read[] };
    open = items.filter((item) => !isDone(item, guests, when));
    const isOver = items.length === wanted && open.length === 0 && (when === "before" || (await isRunOver()));
    return isOver ? items : undefined;
  };
  const all = await bed.untilHost(`every guest is as declared (${when})`, look, 45).catch((error: unknown) => {
    throw new Error(`${String(error)}; not yet: ${JSON.stringify(open)}`);
  });
  for (const { metadata, status } of all) expect(status?.lastIncident, metadata.name).to.equal(undefined);
}

/**
 * Updates, migrations, snapshots and clones at the same time; whenever a call of one of them is held at its point the
 * controller is killed and another one goes on. In the end each task was made once, and each configuration written once.
 */
export function changesUnderCrashes(which: "all" | "sample"): Promise<void> {
  const guests = crashGuests(which);
  const simulator = { nodes: ["pve1", "pve2"], guests: machinesThere(guests) };
  return withCrashLab(
    containersOf(guests),
    async (lab) => {
      const { bed } = lab;
      await bed.apply(ours("HomelabLayer", "move"), ...only(guests, "move").map((guest) => machineOf(guest, "before")));
      const first = await bed.start();
      await allOver(lab, guests, "before");
      const [earlier, since] = [await bed.host.tasks(), await bed.host.mark()];
      await killedAtEach(lab, guests.map(pointOf), { first, begin: () => change(lab, guests) });
      await allOver(lab, guests, "after");
      const known = new Set(earlier.map(({ upid }) => upid));
      const made = (await bed.host.tasks()).filter(({ upid }) => !known.has(upid));
      expect(made.map(({ type, id, exit = "running" }) => `${type} ${id} ${exit}`).toSorted()).to.deep.equal(
        guests.flatMap(tasksOf).toSorted(),
      );
      expectWrittenOnce(await bed.host.mutations(since), guests);
    },
    { simulator },
  );
}

/** No call was refused, and no configuration was sent a second time once it was written. */
function expectWrittenOnce(calls: readonly LogEntry[], guests: readonly CrashGuest[]): void {
  expect(calls.filter(({ status }) => status >= 400).map(({ path, reason }) => `${path}: ${reason}`)).to.deep.equal([]);
  for (const { change, vmid, point } of only(guests, "update", "clone")) {
    const path = `/${String(vmid)}/config`;
    const written = calls.filter((call) => call.method === "PUT" && call.path.endsWith(path));
    // What was held before it had its effect does not count.
    const carriedOut = written.filter(({ fault }) => fault === undefined || point.when === "after");
    const bodies = carriedOut.map(({ params }) => JSON.stringify({ ...params, digest: "" }));
    expect(bodies.length, `${change} ${String(vmid)}`).to.equal(new Set(bodies).size);
  }
}
