import type { SnapshotPolicy } from "../../api/index.ts";
import type { GuestAction, GuestPatch } from "./guestAction.ts";
import type { GuestInput, GuestSnapshots } from "./guestInput.ts";
import { progressing, RECHECK_MS, stalled } from "../outcomes.ts";
import type { Step } from "./guestStep.ts";
import { hasCreated } from "./guestTaskStep.ts";
import { markOf, snapshotNames, updateTime } from "../snapshotName.ts";

/** A try that failed goes on under the name it had for so long, so that no second snapshot comes of it. */
const SAME_NAME_MS = 3_600_000;

/**
 * The snapshot that a SnapshotPolicy wants before this step, or why it cannot be had: then the step is not done. The step
 * itself where none is wanted, or it is there: one for each generation of the spec. Whether it is there, the guest's own
 * list tells.
 */
export function withSnapshot<S extends Pick<Step, "outcome" | "action">>(step: S, input: GuestInput): S | Step {
  const { action } = step;
  const policy = input.lab.beforeUpdate?.get(input.member.id);
  if (action === undefined || policy === undefined || !isUpdate(action) || isUntouched(input)) return step;
  if (input.sight.is !== "present") return step;
  const { snapshots } = input.sight;
  if (isThere(input.object, snapshots)) return step;
  const against = snapshots === undefined ? undefined : obstacleOf(action, policy, input);
  return against === undefined ? begun(action, policy, input) : { outcome: against };
}

/** The one of this generation is on the guest. */
function isThere({ status, metadata }: GuestInput["object"], snapshots: GuestSnapshots | undefined): boolean {
  const before = status?.snapshotBefore;
  return before?.generation === metadata.generation && snapshots?.names.includes(before.name) === true;
}

/**
 * A migration is none: it changes nothing in the guest, and Proxmox moves no running VM that has a snapshot. Mark and
 * autostart are not part of what a rollback is wanted for.
 */
function isUpdate({ op, update }: GuestAction): boolean {
  return op === "Configure" || op === "Resize" || update === true;
}

/** Made by us and never started: there is nothing in it yet that could be lost. */
function isUntouched({ object, task }: GuestInput): boolean {
  const isMade = hasCreated(task) || object.status?.createdVmid === object.spec.vmid;
  return isMade && object.status?.lastStart === undefined;
}

/** Why no snapshot can be made now; what the token may not do is a policy's matter. */
function obstacleOf(
  action: GuestAction,
  { metadata: { name } }: SnapshotPolicy,
  { sight, object, memory }: GuestInput,
): Step["outcome"] | undefined {
  const { vmid } = object.spec;
  const wanted = `nothing is changed (${whatOf(action)}) without the snapshot that SnapshotPolicy ${name} wants before`;
  const otherwise = `set beforeUpdate: false in SnapshotPolicy ${name}, or leave the guest out of it`;
  if (sight.is === "present" && sight.snapshots?.able === false)
    return stalled(
      "SnapshotUnsupported",
      `${wanted}, and the storage of ${String(vmid)} cannot make snapshots (a container on a directory, or a raw disk). Move its volumes to ZFS, LVM-thin, Ceph or qcow2, or ${otherwise}`,
      RECHECK_MS,
    );
  const failed = memory.configFailure;
  const wait = failed === undefined ? 0 : RECHECK_MS - failed.agoMs;
  if (failed?.op !== "Snapshot" || failed.generation !== object.metadata.generation || wait <= 0) return undefined;
  if (failed.kind === "permission") return undefined;
  return stalled(
    "SnapshotFailed",
    `${wanted}, and it failed: ${failed.text}. It is tried again every 5 min, and when the spec changes. Mend what Proxmox says, or ${otherwise}`,
    wait,
  );
}

function begun(action: GuestAction, policy: SnapshotPolicy, input: GuestInput): Step {
  const { object, sight } = input;
  const { namespace, name } = policy.metadata;
  const { generation, name: guest } = object.metadata;
  const because = `before ${whatOf(action)} (SnapshotPolicy ${name} has beforeUpdate)`;
  return {
    outcome: progressing("Snapshotting", `making a snapshot ${because}`),
    action: {
      op: "Snapshot",
      effect: "snapshots",
      makesTask: true,
      because,
      snapshot: {
        name: nameOf(policy, input),
        description: `SnapshotPolicy ${name}, before generation ${String(generation)} of ${object.kind} ${guest} ${markOf({ namespace, name })}`,
        memory: policy.spec.includeMemory && object.kind === "VirtualMachine",
      },
      ...(sight.is === "present" && sight.snapshots === undefined ? { blind: true } : {}),
    },
  };
}

/** In words: the changes of the write, or the restart. */
function whatOf({ op, because }: GuestAction): string {
  return op === "Shutdown" ? "its restart for changes" : because;
}

/** The name of a try of this generation that came to nothing, so that Proxmox refuses it if it did come to something. */
function nameOf({ metadata }: SnapshotPolicy, { object, lab }: GuestInput): string {
  const names = snapshotNames(metadata);
  const before = object.status?.snapshotBefore;
  const time = before?.generation === object.metadata.generation ? names.timeOf(before.name) : undefined;
  const isRecent = time !== undefined && Math.abs(lab.now - time) < SAME_NAME_MS;
  return names.of(isRecent ? time : updateTime(lab.now));
}

/** What the status says of it from the intent on. */
export function snapshotBefore({ snapshot }: GuestAction, { metadata }: GuestInput["object"]): GuestPatch {
  return snapshot === undefined ? {} : { snapshotBefore: { name: snapshot.name, generation: metadata.generation } };
}
