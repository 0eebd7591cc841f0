import type { ConfigChange, Growth } from "../../controller/providers/port.ts";
import { marksOf, markOf } from "./truth.ts";
import type { Rule, Scene } from "./scene.ts";

export const configureRules: readonly Rule[] = [
  ["I3", notFull],
  ["I3", otherThanMark],
  ["I3", markWithoutLeave],
  ["I6", isProtected],
  ["A11", lostTags],
];

export const writeRules: readonly Rule[] = [...configureRules, ["A5", lostParts], ["I4", reportedOnly]];

export const resizeRules: readonly Rule[] = [
  ["I3", notFull],
  ["I3", otherThanMark],
  ["I6", isProtected],
  ["I4", reportedOnly],
  ["I5", shrinks],
];

/** Autostart aside, only what was made for the object, or is told to be corrected, is written (I4). */
function reportedOnly({ actor, detail }: Scene): string | undefined {
  const { tags, onboot, startup, ...rest } = detail as ConfigChange;
  if (actor === undefined || Object.keys(rest).length === 0) return undefined;
  const policy = actor.spec.driftPolicy ?? (actor.status.createdVmid === actor.spec.vmid ? "Correct" : "Report");
  return policy === "Correct" ? undefined : "its configuration is written though drift is only to be reported";
}

/** A write of an interface carries its MAC, one of a mount its volume: no data is left behind (A5, I5). */
function lostParts({ guest, detail }: Scene): string | undefined {
  const { networks = [], mounts = [] } = detail as ConfigChange;
  const bare = networks.find(
    (net) => net.mac === undefined && guest?.networks.some(({ key }) => key === net.key) === true,
  );
  if (bare !== undefined) return `${bare.key} is written without its MAC`;
  const other = mounts.find((mount) => {
    const stored = guest?.mounts.find(({ key }) => key === mount.key);
    return stored !== undefined && (!("volume" in mount) || mount.volume !== stored.volume);
  });
  return other === undefined ? undefined : `${other.key} would get another volume`;
}

function shrinks({ guest, detail }: Scene): string | undefined {
  const { disk, sizeMiB } = detail as Growth;
  const stored = [guest?.rootfs, ...(guest?.mounts ?? [])].find((volume) => volume?.key === disk);
  return (stored?.sizeMiB ?? Infinity) > sizeMiB ? `${disk} would shrink` : undefined;
}

function notFull({ actor }: Scene): string | undefined {
  return actor === undefined || actor.spec.management === "Full" ? undefined : "management is not Full";
}

/** Protected guests are not even marked (I6). */
function isProtected({ history, vmid }: Scene): string | undefined {
  return history.truth.isProtected(vmid) && !history.deaf ? "it is protected" : undefined;
}

/** Everything but the mark needs the mark; the mark comes alone (I4). */
function otherThanMark({ guest, actor, detail }: Scene): string | undefined {
  const { tags, ...rest } = detail as ConfigChange;
  if (guest === undefined || actor === undefined) return undefined;
  if (tags !== undefined) return Object.keys(rest).length === 0 ? undefined : "a mark and other keys in one write";
  return guest.tags.includes(markOf(actor.name)) ? undefined : `it does not carry the mark of ${actor.id}`;
}

function markWithoutLeave({ history, guest, actor, detail }: Scene): string | undefined {
  const { tags } = detail as ConfigChange;
  if (tags === undefined || guest === undefined || actor === undefined) return undefined;
  const after = tags.filter((tag) => tag.startsWith("hl."));
  const others = marksOf(guest).filter((mark) => !mark.startsWith(markOf("")));
  if (others.length > 0 && history.sightings.wasOwned(actor))
    return `it was ${actor.id}'s, and ${others.join(", ")} took it over`;
  if (after.length !== 1 || after[0] !== markOf(actor.name)) return `its marks would be ${after.join(", ")}`;
  const identity = history.truth.identity(actor);
  if (identity === "adoptable" || history.deaf) return undefined;
  // Its path names the other type: Proxmox refuses it, whoever made that guest in this very moment.
  if (identity === "otherType") return undefined;
  return `${actor.id} may not adopt it (${identity}, ${marksOf(guest).join(", ")}, adoption ${actor.spec.adoption})`;
}

function lostTags({ guest, detail }: Scene): string | undefined {
  const { tags } = detail as ConfigChange;
  if (tags === undefined || guest === undefined) return undefined;
  const lost = guest.tags.filter((tag) => !tag.startsWith("hl.") && !tags.includes(tag));
  return lost.length === 0 ? undefined : `a person's tags would be lost: ${lost.join(", ")}`;
}
