import type { ContainerCreate } from "../providers/port.ts";
import { annotation, annotationOf } from "../api/meta.ts";
import type { GuestInput, Sight } from "./guestInput.ts";
import { note, progressing, stalled, waiting, type Step } from "./guestStep.ts";
import { markText, withMark } from "./mark.ts";

type Present = Extract<Sight, { is: "present" }>;

/** Is the guest of the declared type, and ours to act on? The step that stands in the way, or undefined (I3, I4). */
export function identityStep(input: GuestInput, sight: Present): Step | undefined {
  const { object } = input;
  const type = object.kind === "Container" ? "lxc" : "qemu";
  const vmid = String(object.spec.vmid);
  if (sight.guest.type !== type) {
    const actual = sight.guest.type === "lxc" ? "a container" : "a VM";
    return {
      outcome: stalled(
        "GuestTypeDiffers",
        `${vmid} is ${actual} in Proxmox (${sight.guest.name}); it is not touched. Declare it with the right kind`,
      ),
    };
  }
  if (sight.guest.template)
    return { outcome: stalled("GuestDiffers", `${vmid} is a template in Proxmox and never runs; it is not touched`) };
  if (object.spec.management === "Power") return powerIdentity(input, sight);
  return object.spec.management === "Observe" ? undefined : markStep(input, sight);
}

/** Under Power the vmid and type are the person's word; a host name that is given must agree (I3). */
function powerIdentity({ object }: GuestInput, sight: Present): Step | undefined {
  const { hostname, vmid } = object.spec;
  if (hostname === undefined || sight.guest.name === "" || hostname.toLowerCase() === sight.guest.name.toLowerCase())
    return undefined;
  return {
    outcome: stalled(
      "GuestDiffers",
      `${String(vmid)} is called ${sight.guest.name} in Proxmox, not ${hostname}; it is not touched. Correct vmid or hostname`,
    ),
  };
}

function markStep(input: GuestInput, sight: Present): Step | undefined {
  const { object, ownership } = input;
  switch (ownership?.is) {
    case "ours":
      return undefined;
    case "renamed":
      return mark(input, sight, `its mark names ${ownership.from}, which no longer exists`, "Renamed");
    case "foreign":
    case "unmarked":
    case undefined:
      if (object.spec.adoption === "Adopt") return mark(input, sight, "adoption is Adopt", "Adopted");
      return { outcome: stalled("GuestNotOwned", notOwned(input, sight)) };
  }
}

function notOwned({ object, ownership }: GuestInput, sight: Present): string {
  const vmid = String(object.spec.vmid);
  const whose =
    ownership?.is === "foreign"
      ? `belongs to ${ownership.mark.namespace}/${ownership.mark.name}`
      : "exists and carries no mark of ours";
  return `${vmid} (${sight.guest.name}) ${whose}; it is not touched. To manage it set spec.adoption: Adopt (this writes a tag and nothing else)`;
}

function mark(input: GuestInput, sight: Present, because: string, reason: "Renamed" | "Adopted"): Step {
  const { object } = input;
  const own = { namespace: object.metadata.namespace, name: object.metadata.name };
  const tags = withMark(sight.guest.tags, own);
  const refused = input.memory.lastFailure;
  if (refused?.op === "Mark" && refused.text.includes("modifying tag") && refused.agoMs < 300_000)
    return {
      outcome: stalled(
        "TagForbidden",
        `Proxmox does not let the token write tag ${markText(own)} (${refused.text}): in the datacenter options set user-tag-access to user-allow=free, or list the tag in user-allow-list`,
        300_000,
      ),
    };
  return {
    outcome: progressing("Adopting", `writing the mark: ${because}`),
    action: { op: "Mark", effect: "marks", makesTask: false, because, change: { tags } },
    events: [note("Normal", reason, "Mark", `${String(object.spec.vmid)} is managed by this object now: ${because}`)],
  };
}

/** The vmid is proven free: create it, or say why not (I5). */
export function absentStep(input: GuestInput): Step {
  const { object, creation } = input;
  const vmid = String(object.spec.vmid);
  if (object.kind !== "Container" || object.spec.management !== "Full")
    return {
      outcome: stalled(
        "GuestMissing",
        `${vmid} does not exist in Proxmox; management ${object.spec.management} creates nothing. Create it, or correct the vmid`,
      ),
    };
  const seen = object.status?.seenVmid === object.spec.vmid;
  if (seen && annotationOf(object, annotation.recreate) !== vmid)
    return {
      outcome: stalled(
        "GuestVanished",
        `${vmid} was here and is gone; it is not created again by itself. Restore it from backup, or make a new one: ` +
          `kubectl annotate hct ${object.metadata.name} --overwrite ${annotation.recreate}=${vmid}`,
      ),
    };
  if (creation === undefined)
    return {
      outcome: stalled(
        "GuestMissing",
        `${vmid} does not exist, and without spec.template and spec.rootfs it cannot be created`,
      ),
    };
  if ("refused" in creation) return { outcome: stalled("SpecInvalid", creation.refused) };
  return create(input, creation);
}

function create(input: GuestInput, creation: ContainerCreate): Step {
  const failure = input.memory.lastFailure;
  if (failure?.op === "Create" && failure.generation === input.object.metadata.generation) {
    const wait = 300_000 - failure.agoMs;
    if (wait > 0) return failedCreate(failure.text, wait);
  }
  return {
    outcome: progressing("Creating", `creating ${String(creation.vmid)} on ${creation.node} from ${creation.template}`),
    action: { op: "Create", effect: "creates", makesTask: true, because: "it does not exist", creation },
  };
}

/** Proxmox's own text, with the state it stands for (A7). */
function failedCreate(text: string, wait: number): Step {
  if (/out of space|no space|not enough space|quota/i.test(text))
    return { outcome: stalled("StorageFull", text, wait) };
  if (/bridge '.*' does not exist/.test(text)) return { outcome: stalled("BridgeMissing", text, wait) };
  if (/already exists/.test(text)) return { outcome: waiting("Creating", text, 2000) };
  return {
    outcome: stalled("RefusedByProvider", `${text}. It is tried again in 5 min, or as soon as the spec changes`, wait),
  };
}
