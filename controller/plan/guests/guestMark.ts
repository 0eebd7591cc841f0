import type { GuestInput, Sight } from "./guestInput.ts";
import type { Step } from "./guestStep.ts";
import { note, progressing, RECHECK_MS, stalled } from "../outcomes.ts";
import { guestTypeOf } from "./guestTypeOf.ts";
import type { GuestSeen } from "../../providers/port.ts";
import { markText, withMark, type Ownership } from "../mark.ts";
import type { Guest } from "../lab.ts";

type Present = Extract<Sight, { is: "present" }>;

/** Is the guest of the declared type, and ours to act on? The step that stands in the way, or undefined (I3, I4). */
export function identityStep(input: GuestInput, sight: Present): Step | undefined {
  const { object } = input;
  const vmid = String(object.spec.vmid);
  if (sight.guest.type !== guestTypeOf(object)) {
    const actual = sight.guest.type === "lxc" ? "a container" : "a VM";
    const kind = sight.guest.type === "lxc" ? "Container" : "VirtualMachine";
    return {
      outcome: stalled(
        "GuestTypeDiffers",
        `${vmid} is ${actual} in Proxmox (${sight.guest.name}); it is not touched. Declare it as a ${kind}, or correct the vmid`,
      ),
    };
  }
  if (sight.guest.template)
    return {
      outcome: stalled(
        "GuestDiffers",
        `${vmid} (${sight.guest.name}) is a template in Proxmox and never runs; it is not touched. Correct the vmid`,
      ),
    };
  switch (object.spec.management) {
    case "Power":
      return powerIdentity(input, sight);
    case "Observe":
      return undefined;
    case "Full":
      return markStep(input, sight);
  }
}

/** Under Power the vmid and type are the person's word; a host name that is given must agree (I3). */
function powerIdentity({ object }: GuestInput, sight: Present): Step | undefined {
  const { hostname, vmid } = object.spec;
  const { name } = sight.guest;
  if (hostname === undefined || name === "" || hostname.toLowerCase() === name.toLowerCase()) return undefined;
  return {
    outcome: stalled(
      "GuestDiffers",
      `${String(vmid)} is called ${name} in Proxmox, not ${hostname}; it is not touched. Correct vmid or hostname`,
    ),
  };
}

function markStep(input: GuestInput, sight: Present): Step | undefined {
  const { object, ownership, rules } = input;
  if (ownership?.is === "ours") return undefined;
  const renamed = ownership?.is === "renamed" ? ownership.from : undefined;
  if (isOwnClone(input, sight)) return mark(input, sight, "it was cloned for this object", "Adopted");
  if (renamed === undefined && !mayAdopt(object, ownership, sight.guest))
    return { outcome: stalled("GuestNotOwned", notOwned(input, sight)) };
  // Not even a tag is changed on a protected guest: it is started without a mark (I6).
  if (rules?.protectedVmids.has(object.spec.vmid) === true) return undefined;
  return renamed === undefined
    ? mark(input, sight, "adoption is Adopt", "Adopted")
    : mark(input, sight, `its mark names ${renamed}, which no longer exists`, "Renamed");
}

/** Our mark is still to be written on it; only then is answered what else was found. */
export function isToBeMarked(
  { object, ownership }: Pick<GuestInput, "object" | "ownership">,
  guest: GuestSeen,
): boolean {
  if (object.spec.management !== "Full" || ownership === undefined || ownership.is === "ours") return false;
  return ownership.is === "renamed" || mayAdopt(object, ownership, guest);
}

/**
 * A clone comes with the tags of its source. That it was made for this object is on record since its task ended, and it
 * is marked once.
 */
function isOwnClone({ object, ownership }: GuestInput, { guest }: Present): boolean {
  const { spec, status, metadata } = object;
  if (object.kind !== "VirtualMachine" || object.spec.source?.clone === undefined) return false;
  if (status?.createdVmid !== spec.vmid || status.markedVmid === spec.vmid) return false;
  return ownership?.is !== "foreign" && isNamed({ spec, metadata }, guest.name);
}

function isNamed({ spec, metadata }: Pick<Guest, "spec" | "metadata">, name: string): boolean {
  return name.toLowerCase() === (spec.hostname ?? metadata.name).toLowerCase();
}

/**
 * The guest is a person's to give, and adoption is that word. It was kept once our mark was on the guest. If another
 * namespace has put its mark there since, that is the newer word: two namespaces that both adopt do not take it from
 * each other for ever. And what carries no mark any more and is called otherwise than declared is likely somebody
 * else's guest with the number of one that is gone (I3).
 */
export function mayAdopt(
  object: Guest,
  ownership: Ownership | undefined,
  guest: Pick<GuestSeen, "name" | "lock">,
): boolean {
  const { spec, status, metadata } = object;
  if (spec.adoption !== "Adopt") return false;
  if (status?.markedVmid !== spec.vmid) return true;
  if (ownership?.is === "foreign") return ownership.mark.namespace === metadata.namespace;
  // While it is made or restored it has neither name nor mark.
  return ownership?.is !== "unmarked" || guest.lock === "create" || isNamed(object, guest.name);
}

function notOwned({ object, ownership }: GuestInput, sight: Present): string {
  const vmid = String(object.spec.vmid);
  const whose =
    ownership?.is === "foreign"
      ? `is marked as that of ${ownership.mark.namespace}/${ownership.mark.name}`
      : "exists and carries no mark of ours";
  if (object.spec.adoption === "Adopt" && ownership?.is === "unmarked")
    return `${vmid} is called ${sight.guest.name} and carries no mark, and the guest that this object had did: it is likely another with the number of one that is gone; it is not touched. If it is the one, set spec.hostname to its name; else correct the vmid or delete this object`;
  if (object.spec.adoption === "Adopt")
    return `${vmid} (${sight.guest.name}) ${whose}, which took it over from this object; it is not touched. Remove one of the two objects; to take it back set spec.adoption: Refuse, and then Adopt again`;
  return `${vmid} (${sight.guest.name}) ${whose}; it is not touched. To manage it set spec.adoption: Adopt (this writes a tag and nothing else), else correct the vmid`;
}

function mark(input: GuestInput, sight: Present, because: string, reason: "Renamed" | "Adopted"): Step {
  const { object, memory } = input;
  const own = { namespace: object.metadata.namespace, name: object.metadata.name };
  const refused = memory.lastFailure;
  if (refused?.op === "Mark" && refused.generation === object.metadata.generation && refused.agoMs < RECHECK_MS)
    return unmarkable(markText(own), refused.text, RECHECK_MS - refused.agoMs);
  return {
    outcome: progressing("Adopting", `writing the mark: ${because}`),
    action: {
      op: "Mark",
      effect: "marks",
      makesTask: false,
      because,
      change: { tags: withMark(sight.guest.tags, own) },
      told: [note("Normal", reason, "Mark", `${String(object.spec.vmid)} is managed by this object now: ${because}`)],
    },
  };
}

/** Proxmox refused the tag; nothing was written. It is tried again after five minutes or when the spec changes (I2). */
function unmarkable(tag: string, text: string, wait: number): Step {
  const cure = `in the datacenter options set user-tag-access to user-allow=free, or list the tag in user-allow-list`;
  if (text.includes("modifying tag"))
    return {
      outcome: stalled("TagForbidden", `Proxmox does not let the token write tag ${tag} (${text}): ${cure}`, wait),
    };
  return { outcome: stalled("RefusedByProvider", `Proxmox refuses to write tag ${tag}: ${text}`, wait) };
}
