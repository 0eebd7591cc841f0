import type { FakeLab } from "../fakes/lab.ts";
import { NAMESPACE } from "../fakes/lab.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { clusterIn, guestsIn, homelabIn, layersIn, type Declared } from "./declared.ts";

const MARK = "hl.";

export const markOf = (name: string): string => `${MARK}${NAMESPACE}.${name}`;

export function marksOf(guest: Pick<FakeGuest, "tags">): readonly string[] {
  return guest.tags.filter((tag) => tag.startsWith(MARK));
}

/**
 * What the rules say about a lab, read from the objects as people wrote them and from Proxmox as it is: never from what
 * the controller believes. Written anew from behaviour.md, so that it shares no mistake with plan/.
 */
export class Truth {
  readonly lab: FakeLab;
  /** Guests that a person stopped and nobody released (O7): kept by the history. */
  readonly byHand: ReadonlyMap<number, { readonly uid: string }>;

  constructor(lab: FakeLab, byHand: ReadonlyMap<number, { readonly uid: string }>) {
    this.lab = lab;
    this.byHand = byHand;
  }

  guest(vmid: number): FakeGuest | undefined {
    return this.lab.proxmox.guests.get(vmid);
  }

  /** The object that has the vmid (I1): the one in the mark, else the oldest, else the smallest name. */
  owner(vmid: number): Declared | undefined {
    const tags = this.guest(vmid)?.tags ?? [];
    const claimants = guestsIn(this.lab).filter((one) => one.spec.vmid === vmid && !one.deleting);
    return claimants.toSorted(
      (a, b) =>
        Number(tags.includes(markOf(b.name))) - Number(tags.includes(markOf(a.name))) ||
        a.object.metadata.creationTimestamp.localeCompare(b.object.metadata.creationTimestamp) ||
        a.name.localeCompare(b.name),
    )[0];
  }

  below(layer: string, seen = new Set<string>()): ReadonlySet<string> {
    for (const { name } of layersIn(this.lab).get(layer)?.dependsOn ?? []) {
      if (seen.has(name)) continue;
      seen.add(name);
      this.below(name, seen);
    }
    return seen;
  }

  above(layer: string): readonly string[] {
    return [...layersIn(this.lab).keys()].filter((name) => this.below(name).has(layer));
  }

  /** What lab, layers and the guest declare together (L6). */
  wanted({ spec }: Declared): "Running" | "Stopped" {
    const layers = layersIn(this.lab);
    const chain = [spec.layerRef.name, ...this.below(spec.layerRef.name)];
    const stopped =
      spec.powerState === "Stopped" ||
      homelabIn(this.lab)?.spec.powerState === "Stopped" ||
      chain.some((name) => layers.get(name)?.powerState === "Stopped");
    return stopped ? "Stopped" : "Running";
  }

  suspended({ spec }: Declared): boolean {
    return (
      spec.suspend ||
      layersIn(this.lab).get(spec.layerRef.name)?.suspend === true ||
      homelabIn(this.lab)?.spec.suspend === true ||
      clusterIn(this.lab)?.suspend === true
    );
  }

  isProtected(vmid: number): boolean {
    return clusterIn(this.lab)?.protectedVmids.includes(vmid) === true;
  }

  /** Is the guest there, of the declared type, and ours to act on, now or after adoption (I3)? */
  identity(one: Declared): "ours" | "adoptable" | "notOurs" | "otherType" | "absent" {
    const guest = this.guest(one.spec.vmid);
    if (guest === undefined) return "absent";
    if (guest.type !== (one.kind === "Container" ? "lxc" : "qemu")) return "otherType";
    if (one.spec.management !== "Full" || guest.tags.includes(markOf(one.name))) return "ours";
    if (one.spec.adoption === "Adopt" && !isLost(one, guest)) return "adoptable";
    if (this.#isRenamed(guest)) return "adoptable";
    return "notOurs";
  }

  /** All its marks are of this namespace, and one names nobody any more (I2). */
  #isRenamed(guest: FakeGuest): boolean {
    const marks = marksOf(guest);
    const living = new Set(
      guestsIn(this.lab)
        .filter((one) => !one.deleting || one.spec.vmid !== guest.vmid)
        .map((one) => markOf(one.name)),
    );
    return (
      marks.every((mark) => mark.startsWith(markOf(""))) &&
      marks.some((mark) => !living.has(mark)) &&
      !guestsIn(this.lab).some(
        (one) => !one.deleting && one.spec.vmid === guest.vmid && marks.includes(markOf(one.name)),
      )
    );
  }

  /** Why we may not stop it; undefined: we may (L6). */
  unstoppable(one: Declared): string | undefined {
    if (this.suspended(one)) return "suspended";
    if (one.spec.management === "Observe") return "observed";
    if (this.isProtected(one.spec.vmid)) return "protected";
    if (this.owner(one.spec.vmid)?.id !== one.id) return "another's";
    const identity = this.identity(one);
    return identity === "notOurs" || identity === "otherType" ? identity : undefined;
  }

  runs(one: Declared): boolean {
    return this.guest(one.spec.vmid)?.power === "Running";
  }

  isHealthy(one: Declared): boolean {
    const guest = this.guest(one.spec.vmid);
    if (guest === undefined || !this.lab.serves(guest)) return false;
    if (this.owner(one.spec.vmid)?.id !== one.id) return false;
    const identity = this.identity(one);
    return identity === "ours" || identity === "adoptable";
  }

  isAside(one: Declared): boolean {
    if (this.wanted(one) === "Stopped") return true;
    const isHeld = this.isStoppedByHand(one) && this.owner(one.spec.vmid)?.id === one.id;
    return !this.runs(one) && (isHeld || isOnHold(one));
  }

  /** To another object than the one that had it the stop of a guest without a mark says nothing: applying it is newer (O7). */
  isStoppedByHand({ object, spec }: Declared): boolean {
    const stop = this.byHand.get(spec.vmid);
    if (stop === undefined) return false;
    const marks = marksOf(this.guest(spec.vmid) ?? { tags: [] });
    return stop.uid === object.metadata.uid || marks.some((mark) => mark.startsWith(markOf("")));
  }

  members(layer: string): readonly Declared[] {
    return guestsIn(this.lab).filter((one) => one.spec.layerRef.name === layer && !one.deleting);
  }

  /** Enough members are healthy at this moment (L2, L3). */
  isOpen(layer: string, isWell = (one: Declared): boolean => this.isHealthy(one)): boolean {
    const spec = layersIn(this.lab).get(layer);
    if (spec === undefined) return false;
    const members = this.members(layer);
    if (members.length < spec.healthGate.minMembers) return false;
    const counted = members.filter((one) => !this.isAside(one));
    const { quorum } = spec.healthGate;
    const asked = typeof quorum === "number" ? quorum : Math.ceil((counted.length * Number.parseInt(quorum, 10)) / 100);
    return counted.filter(isWell).length >= Math.min(asked, counted.length);
  }

  /** A gate that was open in this boot can't time out any more: nothing is given up (L3). */
  #hasOpened(layer: string): boolean {
    const { gate } = this.lab.status("HomelabLayer", layer) as { readonly gate?: { readonly openTime?: string } };
    return gate?.openTime !== undefined;
  }

  /** Open, or to be given up in the end: released, complete and `onTimeout: Proceed` (L3). */
  isPassable(layer: string): boolean {
    if (this.isOpen(layer)) return true;
    const spec = layersIn(this.lab).get(layer);
    if (spec?.healthGate.onTimeout !== "Proceed" || this.#hasOpened(layer)) return false;
    if (this.members(layer).length < spec.healthGate.minMembers) return false;
    return [...this.below(layer)].every((lower) => this.isPassable(lower));
  }
}

/** It was ours, and since then another namespace has marked it, or another guest has its number (I3). */
function isLost({ status, spec, name }: Declared, guest: FakeGuest): boolean {
  if (status.markedVmid !== spec.vmid) return false;
  const marks = marksOf(guest);
  const isAnothers = guest.name.toLowerCase() !== name.toLowerCase() && guest.lock !== "create";
  return marks.length === 0 ? isAnothers : marks.some((mark) => !mark.startsWith(markOf("")));
}

/** Its record says so, and no newer word releases it (O7). */
function isOnHold({ object, status }: Declared): boolean {
  const asked = object.metadata.annotations?.["homelab.neuralcodelab.com/restarted-at"];
  return status.hold !== undefined && (asked === undefined || asked === status.lastHandledRestartAt);
}
