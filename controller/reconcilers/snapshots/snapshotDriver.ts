import { SnapshotPolicy, type SnapshotPolicyStatus } from "../../api/index.ts";
import { keyOf, keyText, type Stored } from "../../api/meta.ts";
import { isUnknown, ProviderError, Stalled, textOf, Waiting } from "../../base/outcome.ts";
import type { Receipt } from "../../plan/action.ts";
import type { Guest } from "../../plan/lab.ts";
import { ownershipOf } from "../../plan/mark.ts";
import { scheduleOf, type Schedule } from "../../plan/snapshots/schedule.ts";
import { markOf } from "../../plan/snapshotName.ts";
import type { SnapshotAction, SnapshotInput } from "../../plan/snapshots/snapshotInput.ts";
import { planSnapshots } from "../../plan/snapshots/snapshotPolicy.ts";
import type { GuestRef, ProxmoxPort } from "../../providers/port.ts";
import type { Driver } from "../../runtime/driver.ts";
import { guestAt, parsed } from "../shared/objects.ts";
import { isSnapshotUnderWay } from "../shared/snapshotTasks.ts";
import { placeOf } from "./snapshotGuests.ts";
import { lookAtPolicy } from "./snapshotLook.ts";
import { freeSlot, type SnapshotParts } from "./snapshotParts.ts";

/** Makes and removes snapshots of guests. */
export function snapshotDriver(
  parts: SnapshotParts,
): Driver<Stored, SnapshotPolicyStatus, SnapshotInput, SnapshotAction> {
  return {
    kind: SnapshotPolicy,
    async observe(stored, signal) {
      const policy = parsed(SnapshotPolicy, stored);
      return lookAtPolicy(policy, readable(policy), parts, signal);
    },
    decide(stored, input) {
      const decision = planSnapshots(parsed(SnapshotPolicy, stored), input);
      if (decision.action === undefined && decision.report.task === undefined) freeSlot(parts, keyText(keyOf(stored)));
      return decision;
    },
    execute: (action, stored, signal) => execute(action, parsed(SnapshotPolicy, stored), parts, signal),
    intent: (report, action, receipt) => ({
      ...report,
      task: { ...action.task, ...(receipt?.upid === undefined ? {} : { upid: receipt.upid }) },
    }),
    after(action, stored, receipt, error) {
      const key = keyText(keyOf(stored));
      parts.memory.of(key, action.guest).snapshots = undefined;
      if (receipt?.upid !== undefined) parts.memory.own.add(receipt.upid);
      if (error === undefined || isUnknown(error)) return;
      freeSlot(parts, key);
      if (error instanceof ProviderError)
        parts.memory.noteFailure(key, action.guest, { snapshot: action.snapshot, text: textOf(error) });
    },
    forget(key) {
      parts.memory.forget(key);
      parts.taskWatch.forget(key);
      freeSlot(parts, key);
    },
  };
}

/** Throws `Stalled("SpecInvalid")` with what is wrong. */
function readable({ spec }: SnapshotPolicy): Schedule {
  const schedule = scheduleOf(spec.schedule, spec.timeZone);
  if ("wrong" in schedule) throw new Stalled("SpecInvalid", schedule.wrong);
  return schedule;
}

async function execute(
  action: SnapshotAction,
  policy: SnapshotPolicy,
  parts: SnapshotParts,
  signal: AbortSignal,
): Promise<Receipt> {
  const { namespace } = policy.metadata;
  const key = keyText(keyOf(policy));
  const guest = guestAt(parts.world, namespace, action.guest);
  const place = guest === undefined ? undefined : placeOf(guest, parts);
  if (guest === undefined || place === undefined || !("ref" in place))
    throw new Waiting("GuestBusy", `${action.guest} is not where it was; looking again`);
  const { port, ref } = place;
  const slot = `${place.cluster}/${ref.node}`;
  if (!parts.slots.take(slot, { key, rank: 0, max: 1 }))
    throw new Waiting("GuestBusy", `another snapshot is being made on node ${ref.node}`);
  await proveOurs(guest, port, ref, { parts, action, policy }, signal);
  const { snapshot: name, description, memory } = action;
  const upid =
    action.op === "Snapshot"
      ? await port.createSnapshot(ref, { name, description, memory }, signal)
      : await port.deleteSnapshot(ref, name, signal);
  parts.taskWatch.begin(key, upid, port);
  return { upid };
}

interface Proof {
  readonly parts: SnapshotParts;
  readonly action: SnapshotAction;
  readonly policy: SnapshotPolicy;
}

/** The guest's mark, its lock and the snapshot's own mark are read again right before the call (I3, A4). */
async function proveOurs(
  guest: Guest,
  port: ProxmoxPort,
  ref: GuestRef,
  { parts, action, policy }: Proof,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name } = guest.metadata;
  const [config, there, another] = await Promise.all([
    port.readConfig(ref, signal),
    port.snapshots(ref, signal),
    isSnapshotUnderWay(port, ref.node, signal),
  ]);
  const claims = parts.labs.claims(namespace);
  const owner = ownershipOf(config.tags, { namespace, name }, ref.vmid, claims.vmidsOf(ref.vmid));
  const found = there.find((snapshot) => snapshot.name === action.snapshot);
  const doubts = [
    owner.is === "ours" ? "" : "its mark is not this object's",
    another ? `another snapshot is being made on node ${ref.node}` : "",
    config.lock === undefined ? "" : `it is locked (${config.lock})`,
    action.op === "Snapshot" && found !== undefined ? `it has a snapshot ${action.snapshot} already` : "",
    action.op === "DeleteSnapshot" && found?.description.includes(markOf(policy.metadata)) !== true
      ? `its snapshot ${action.snapshot} does not carry the mark of this policy`
      : "",
  ].filter((doubt) => doubt !== "");
  if (doubts.length === 0) return;
  freeSlot(parts, keyText(keyOf(policy)));
  throw new Waiting("GuestBusy", `${action.guest} is left alone: ${doubts.join(", ")}; looking again`);
}
