import { annotation, annotationOf, FINALIZER } from "../api/meta.ts";
import { rfc3339 } from "../base/clock.ts";
import type { GuestInput, Sight } from "./guestInput.ts";
import { stopStep } from "./guestStop.ts";
import { note, progressing, settled, stalled, waiting, type Step } from "./guestStep.ts";

type Present = Extract<Sight, { is: "present" }>;

const PENDING_MS = 60_000;

/** True when deleting the object should destroy the guest, so that the object must wait for it (I7). */
export function wantsFinalizer({ object }: Pick<GuestInput, "object">): boolean {
  return object.kind === "Container" && object.spec.deletionPolicy === "Delete" && object.spec.management === "Full";
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

/** Reasons to let the object go and touch nothing. */
function released(input: GuestInput): Step | undefined {
  const { object, member } = input;
  const free = (message: string): Step => ({
    outcome: settled("Settled", message),
    finalizer: "remove",
    events: [note("Normal", "Released", "Release", message)],
  });
  if (annotationOf(object, annotation.forceDelete) === "true")
    return free("force-delete is set: the guest stays, with its mark");
  if (input.namespaceTerminating) return free("the namespace is being deleted: the guest stays, with its mark");
  if (!wantsFinalizer(input)) return free("deletionPolicy is Retain: the guest stays, with its mark");
  if (member.suspended) return free("suspended: the guest stays, with its mark");
  if (input.rival !== undefined)
    return free(`${input.rival} declares the same vmid now and takes it over (HandedOver)`);
  return undefined;
}

function blocked(input: GuestInput): Step | undefined {
  const waysOut = `apply it again, or set ${annotation.forceDelete}="true" to let the object go and keep the guest`;
  if (input.forbidden !== undefined)
    return {
      outcome: waiting(
        input.forbidden.reason === "HomelabMissing" ? "HomelabMissing" : "DeletionPending",
        `${input.forbidden.message}; the deletion waits: ${waysOut}`,
      ),
    };
  if (input.sight.is === "noCluster")
    return { outcome: waiting("ClusterMissing", `${input.sight.message}; the deletion waits: ${waysOut}`) };
  return undefined;
}

function bySight(input: GuestInput): Step {
  const { sight } = input;
  switch (sight.is) {
    case "absent":
      return { outcome: settled("Settled", "the guest is gone"), finalizer: "remove" };
    case "hidden":
      return { outcome: stalled("PermissionMissing", sight.message) };
    case "unseen":
    case "noCluster":
      return { outcome: waiting("DeletionPending", `${sight.message}; the deletion waits until it can be seen`) };
    case "present":
      return obstacle(input, sight) ?? takeDown(input, sight);
  }
}

/** What must not be destroyed (I5). */
function obstacle(input: GuestInput, sight: Present): Step | undefined {
  const { object, ownership } = input;
  const vmid = String(object.spec.vmid);
  if (ownership?.is !== "ours")
    return {
      outcome: stalled(
        "GuestNotOwned",
        `${vmid} does not carry this object's mark and is not destroyed; set ${annotation.forceDelete}="true" to let the object go`,
      ),
    };
  if (sight.config?.protection === true)
    return {
      outcome: stalled(
        "ProtectionOn",
        `protection is on for ${vmid} in Proxmox; switch it off there to let it be destroyed`,
      ),
    };
  return undefined;
}

function takeDown(input: GuestInput, sight: Present): Step {
  const { object, lab } = input;
  const since = object.status?.deletion?.firstSeenTime;
  const vmid = String(object.spec.vmid);
  const patch = { deletion: { firstSeenTime: since ?? rfc3339(lab.now) } };
  const left = since === undefined ? PENDING_MS : PENDING_MS - Math.max(0, lab.now - Date.parse(since));
  if (left > 0)
    return {
      patch,
      outcome: waiting(
        "DeletionPending",
        `${vmid} will be shut down and destroyed 60 s after its object was deleted. To keep it: set ${annotation.forceDelete}="true", or declare ${vmid} in another object`,
        left,
      ),
    };
  if (sight.guest.power !== "Stopped") return { ...stopStep(input), patch };
  return { ...destroyStep(input, sight), patch };
}

function destroyStep(input: GuestInput, sight: Present): Step {
  const { object } = input;
  const vmid = String(object.spec.vmid);
  const confirmed = annotationOf(object, annotation.deleteData) === vmid;
  const losses = sight.losses ?? [];
  const data = (sight.config?.mounts ?? []).map((mount) => `${mount.key} (${mount.volume})`);
  const kept = confirmed ? losses : [...losses, ...data];
  if (sight.losses === undefined || sight.config === undefined)
    return { outcome: progressing("Deleting", "looking at what destroying it would lose", 1000) };
  if (kept.length > 0)
    return {
      outcome: stalled(
        "WouldLoseData",
        `destroying ${vmid} would lose: ${kept.join("; ")}. ${losses.length > 0 ? "Remove what is listed first" : `To destroy the data mounts too: ${annotation.deleteData}=${vmid}`}`,
      ),
    };
  const failure = input.memory.lastFailure;
  if (failure?.op === "Destroy" && failure.agoMs < 60_000)
    return { outcome: stalled("TaskFailed", `destroying ${vmid} failed: ${failure.text}`, 60_000 - failure.agoMs) };
  return {
    outcome: progressing("Deleting", `destroying ${vmid}`),
    action: {
      op: "Destroy",
      effect: "destroys",
      makesTask: true,
      because: "its object is deleted and deletionPolicy is Delete",
    },
  };
}
