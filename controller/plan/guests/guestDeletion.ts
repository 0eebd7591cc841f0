import { annotation, annotationOf, FINALIZER } from "../../api/meta.ts";
import { backoffMs } from "../../base/backoff.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { GuestInput, Sight } from "./guestInput.ts";
import type { Step } from "./guestStep.ts";
import { note, progressing, settled, stalled, unknown, waiting } from "../outcomes.ts";
import { stopStep } from "./guestStop.ts";
import { taskStep } from "./guestTaskStep.ts";
import { guestTypeOf } from "./guestTypeOf.ts";
import { systemDisk } from "./systemDisk.ts";
import type { GuestConfig } from "../../providers/port.ts";

type Present = Extract<Sight, { is: "present" }>;

const PENDING_MS = 60_000;
const HOUR_MS = 3_600_000;

/** True when deleting the object should destroy the guest, so that the object must wait for it (I7). */
export function wantsFinalizer({ object }: Pick<GuestInput, "object">): boolean {
  return object.spec.deletionPolicy === "Delete" && object.spec.management === "Full";
}

export function hasFinalizer({ object }: Pick<GuestInput, "object">): boolean {
  return object.metadata.finalizers?.includes(FINALIZER) ?? false;
}

/** The object is being deleted. Without our finalizer nothing is done; with it, the guest goes first (I5, I7). */
export function deletionStep(input: GuestInput): Step {
  if (!hasFinalizer(input))
    return { outcome: settled("Settled", "being deleted; the guest stays as it is"), quiet: true };
  return released(input) ?? blocked(input) ?? bySight(input);
}

function letGo(reason: string, message: string, type: "Normal" | "Warning" = "Normal"): Step {
  return {
    outcome: settled("Settled", message),
    finalizer: "remove",
    events: [note(type, reason, "Release", message)],
  };
}

/** Reasons to let the object go and touch nothing. */
function released(input: GuestInput): Step | undefined {
  const { object, member, rival } = input;
  const stays = "the guest stays as it is, with its mark";
  if (annotationOf(object, annotation.forceDelete) === "true")
    return letGo("Released", `force-delete is set: ${stays}`);
  if (input.namespaceTerminating) return letGo("Released", `the namespace is being deleted: ${stays}`);
  if (!wantsFinalizer(input)) return letGo("Released", `deletionPolicy is Retain, or management is not Full: ${stays}`);
  if (member.suspended) return letGo("Released", `suspended: ${stays}`);
  if (rival !== undefined)
    return letGo("HandedOver", `${rival} declares vmid ${String(object.spec.vmid)} too and takes it over: ${stays}`);
  return undefined;
}

const WAYS_OUT = `set the annotation ${annotation.forceDelete}="true" to let the object go and keep the guest`;

function waits(outcome: Outcome, appliedAgain = "apply it again"): Step {
  return {
    outcome: { ...outcome, message: `${outcome.message}. The deletion waits: ${appliedAgain}, or ${WAYS_OUT}` },
  };
}

/** What must be there before anything can go (I7); each message names both ways out. */
function blocked({ forbidden, sight }: GuestInput): Step | undefined {
  if (forbidden?.reason === "HomelabMissing") return waits(waiting("HomelabMissing", "no Homelab is in charge"));
  if (forbidden !== undefined) return waits(stalled(forbidden.reason, forbidden.message), "clear that");
  if (sight.is === "noCluster") return waits(waiting("ClusterMissing", sight.message));
  return sight.is === "unseen" ? waits(...unseen(sight)) : undefined;
}

function unseen({ reason, message, retryMs }: Extract<Sight, { is: "unseen" }>): [Outcome, string] {
  switch (reason) {
    case "SecretMissing":
    case "Unauthorized":
    case "CertificateMismatch":
      return [stalled(reason, message), reason === "SecretMissing" ? "apply it again" : "mend that"];
    case "HostUnreachable":
    case "NodeOffline":
      return [unknown(reason, message, retryMs), "bring it back"];
    case "Connecting":
      return [waiting("Connecting", message, retryMs), "it goes on when Proxmox answers"];
  }
}

function bySight(input: GuestInput): Step {
  const { sight } = input;
  const working = taskStep(input);
  if (working !== undefined) return working;
  switch (sight.is) {
    case "absent":
      return letGo("Deleted", `${String(input.object.spec.vmid)} is gone, and so is its object`);
    case "hidden":
      return waits(stalled("PermissionMissing", sight.message), "grant that");
    case "present":
      return obstacle(input, sight) ?? takeDown(input, sight);
    case "unseen":
    case "noCluster":
      return waits(waiting("DeletionPending", sight.message));
  }
}

/** What is not ours is let go, and what is protected stays (I5). */
function obstacle(input: GuestInput, sight: Present): Step | undefined {
  const { object, ownership, rules } = input;
  const vmid = String(object.spec.vmid);
  if (ownership?.is !== "ours" || sight.guest.type !== guestTypeOf(object))
    return letGo(
      "GuestNotOwned",
      `${vmid} does not carry this object's mark: it is not ours to destroy and stays`,
      "Warning",
    );
  if (rules?.protectedVmids.has(object.spec.vmid) === true)
    return waits(
      stalled(
        "ProtectionOn",
        `${vmid} is protected: the controller runs in it, or protectedVmids of ProxmoxCluster ${rules.name} lists it`,
      ),
      "take it off that list",
    );
  if (sight.config?.protection === true)
    return waits(stalled("ProtectionOn", `the protection flag of ${vmid} is on in Proxmox`), "switch it off there");
  return undefined;
}

function takeDown(input: GuestInput, sight: Present): Step {
  const { object, lab } = input;
  const since = object.status?.deletion?.firstSeenTime;
  const vmid = String(object.spec.vmid);
  const patch = { deletion: { firstSeenTime: since ?? rfc3339(lab.now) } };
  // The wall clock may be set meanwhile: it only tells a new process how long an earlier one has waited (P4).
  const left = PENDING_MS - input.memory.leavingMs;
  if (left > 0)
    return {
      patch,
      outcome: waiting(
        "DeletionPending",
        `${vmid} will be shut down and destroyed 60 s after its object was deleted. To keep it declare vmid ${vmid} in another object, or ${WAYS_OUT}`,
        left,
      ),
    };
  if (sight.guest.power === "Unknown")
    return { patch, ...waits(unknown("NodeOffline", `whether ${vmid} runs is unknown`), "bring its node back") };
  if (sight.guest.power === "Running") return { ...stopStep(input), patch };
  return { ...destroyStep(input, sight), patch };
}

function destroyStep(input: GuestInput, sight: Present): Step {
  const vmid = String(input.object.spec.vmid);
  if (sight.losses === undefined || sight.config === undefined)
    return { outcome: progressing("Deleting", "looking at what destroying it would lose", 1000) };
  const failure = input.memory.lastFailure;
  const counts = failure?.op === "Destroy" && failure.kind !== "permission";
  const wait = counts ? backoffMs(input.memory.failures, PENDING_MS, HOUR_MS) - failure.agoMs : 0;
  if (failure !== undefined && wait > 0)
    return waits(stalled("TaskFailed", `destroying ${vmid} failed: ${failure.text}`, wait), "mend that");
  return (
    wouldLose(input, sight) ?? {
      outcome: progressing("Deleting", `destroying ${vmid}`),
      action: {
        op: "Destroy",
        effect: "destroys",
        makesTask: true,
        because: "its object is deleted and deletionPolicy is Delete",
      },
    }
  );
}

/** Volumes with data, which go only when the vmid is written out (I5). What is bound from the host stays anyway. */
export function dataAtRisk(
  object: GuestInput["object"],
  { mounts, vm }: Pick<GuestConfig, "mounts" | "vm">,
): readonly string[] {
  if (annotationOf(object, annotation.deleteData) === String(object.spec.vmid)) return [];
  const disks = vm === undefined ? [] : vm.disks.filter((disk) => disk !== systemDisk(vm));
  const risks = (what: string, volumes: readonly { readonly key: string; readonly volume: string }[]): string[] =>
    volumes.filter(({ volume }) => !volume.startsWith("/")).map(({ key, volume }) => `${what} ${key} (${volume})`);
  return [...risks("data mount", mounts), ...risks("data disk", disks)];
}

/** More than the guest itself (I5). */
function wouldLose({ object }: GuestInput, { losses = [], config }: Present): Step | undefined {
  const vmid = String(object.spec.vmid);
  const data = config === undefined ? [] : dataAtRisk(object, config);
  const kept = [...losses, ...data];
  if (kept.length === 0) return undefined;
  const cures = [
    ...(losses.length > 0 ? ["remove or save what is listed"] : []),
    ...(data.length > 0
      ? [
          `for the ${object.kind === "Container" ? "data mounts" : "data disks"} annotate it ${annotation.deleteData}=${vmid}`,
        ]
      : []),
  ];
  return waits(
    stalled("WouldLoseData", `destroying ${vmid} would lose: ${kept.join("; ")}`, 30_000),
    cures.join(" and "),
  );
}
