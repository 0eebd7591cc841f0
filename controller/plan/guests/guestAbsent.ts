import { annotation, annotationOf } from "../../api/meta.ts";
import { backoffMs } from "../../base/backoff.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { ContainerCreate, CreateObstacle, MachineCreate } from "../../providers/port.ts";
import { imageIn } from "./cloudImage.ts";
import type { Gone, GuestInput } from "./guestInput.ts";
import type { Step } from "./guestStep.ts";
import { progressing, RECHECK_MS, stalled, waiting } from "../outcomes.ts";
import { hasCreated } from "./guestTaskStep.ts";
import { downloadFailure, imageStep } from "./imageStep.ts";

const RETRY_MAX_MS = 3_600_000;

/** The vmid is proven free: create the guest, or say why not (I5). */
export function absentStep(input: GuestInput, gone: Gone | undefined): Step {
  const { object, creation } = input;
  const vmid = String(object.spec.vmid);
  const { management } = object.spec;
  if (management !== "Full")
    return missing(`management ${management} creates nothing. Create or restore it, or correct the vmid`, vmid);
  const seen = object.status?.seenVmid === object.spec.vmid;
  if (hasCreated(input.task) || (seen && !isRecreated(input))) return vanished(input, gone);
  if (creation === undefined) return missing(`without ${needed(object.kind)} it cannot be created`, vmid);
  if (!("refused" in creation)) return create(input, creation);
  return creation.reason === "SegmentMissing"
    ? { outcome: waiting("SegmentMissing", creation.refused) }
    : { outcome: stalled(creation.reason, creation.refused) };
}

function needed(kind: GuestInput["object"]["kind"]): string {
  return kind === "Container" ? "spec.template and spec.rootfs" : "spec.source or spec.disks";
}

function missing(because: string, vmid: string): Step {
  return { outcome: stalled("GuestMissing", `${vmid} does not exist in Proxmox; ${because}`, RECHECK_MS) };
}

/** The annotation asks once: what vanishes after it was answered must be asked for anew (I5). */
function isRecreated({ object }: GuestInput): boolean {
  const asked = annotationOf(object, annotation.recreate);
  return asked === String(object.spec.vmid) && asked !== object.status?.lastHandledRecreate;
}

function vanished({ object }: GuestInput, gone: Gone | undefined): Step {
  const vmid = String(object.spec.vmid);
  const who = gone === undefined ? "" : `: ${gone.by} destroyed it at ${rfc3339(gone.time)}`;
  const annotate = `kubectl annotate ${object.kind === "Container" ? "hct" : "hvm"} ${object.metadata.name} ${annotation.recreate}`;
  const first = annotationOf(object, annotation.recreate) === undefined ? "" : `${annotate}- and then `;
  return {
    outcome: stalled(
      "GuestVanished",
      `${vmid} was here and is gone${who}. It is not created again by itself: restore it from backup, or make a new one: ${first}${annotate}=${vmid}`,
      RECHECK_MS,
    ),
  };
}

/** A create is sent only when reading shows nothing in its way, and after a failure not again at once (A7). */
function create(input: GuestInput, creation: ContainerCreate | MachineCreate): Step {
  const [obstacle] = input.obstacles;
  if (obstacle !== undefined) return blocked(obstacle, input.obstacles);
  const first = imageStep(input, creation);
  const past = failedStep(input, creation, first?.action?.op ?? "Create");
  if (past !== undefined) return past;
  if (first !== undefined) return first;
  return {
    outcome: progressing("Creating", `creating ${String(creation.vmid)} on ${creation.node} ${origin(creation)}`),
    action: { op: "Create", effect: "creates", makesTask: true, because: "it does not exist", creation },
  };
}

/** The call failed a while ago, and nothing has changed since. */
function failedStep(input: GuestInput, creation: ContainerCreate | MachineCreate, op: string): Step | undefined {
  const { lastFailure: failure, healed, failures } = input.memory;
  if (failure?.op !== op || failure.kind === "permission") return undefined;
  if (failure.generation !== input.object.metadata.generation || healed) return undefined;
  const wait = backoffMs(failures, RECHECK_MS, RETRY_MAX_MS) - failure.agoMs;
  if (wait <= 0) return undefined;
  const image = imageIn(creation);
  return failed(op === "Download" && image !== undefined ? downloadFailure(image, failure.text) : failure.text, wait);
}

function origin(creation: ContainerCreate | MachineCreate): string {
  if ("template" in creation) return `from ${creation.template}`;
  return creation.is === "clone" ? `as a clone of ${String(creation.source.vmid)}` : "with the disks that are declared";
}

function blocked({ kind }: CreateObstacle, all: readonly CreateObstacle[]): Step {
  const text = `it cannot be created yet: ${all.map(({ message }) => message).join("; ")}`;
  const reason = { spec: "RefusedByProvider", space: "StorageFull", bridge: "BridgeMissing" } as const;
  return { outcome: stalled(reason[kind], text, RECHECK_MS) };
}

/** Proxmox's own text, under the state it stands for (A7). */
function failed(text: string, wait: number): Step {
  const after = `${text}. What can be read is looked at every 5 min; it is tried again after a while, or as soon as the spec changes`;
  const recheck = Math.min(wait, RECHECK_MS);
  if (/out of space|no space|not enough (free )?space|quota/i.test(text))
    return { outcome: stalled("StorageFull", after, recheck) };
  if (/bridge '.*' does not exist/.test(text)) return { outcome: stalled("BridgeMissing", after, recheck) };
  if (text.includes("already exists")) return { outcome: waiting("Creating", text, 2000) };
  return { outcome: stalled("RefusedByProvider", after, recheck) };
}
