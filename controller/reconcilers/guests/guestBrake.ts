import type { Guest } from "../../api/index.ts";
import { annotation, annotationOf, isDeleting } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import { hasFinalizer, wantsFinalizer } from "../../plan/guests/guestDeletion.ts";
import type { Brake } from "../../plan/guests/guestInput.ts";
import type { Lab, Member } from "../../plan/lab.ts";
import { shortHash } from "../../plan/shortHash.ts";
import type { ProxmoxPort } from "../../providers/port.ts";

export const NO_BRAKE: Brake = { recent: 0, max: 1, confirmed: false, hash: "", held: [] };

/** What else of the lab is being destroyed, besides guests. */
export interface OtherDestroys {
  /** Of the last ten minutes. */
  recent(namespace: string): readonly { readonly what: string }[];
  /** On its way. */
  held(namespace: string): readonly string[];
}

const NO_OTHERS: OtherDestroys = { recent: () => [], held: () => [] };

const WINDOW_MS = 600_000;
/** So many lists are remembered with the hash they were shown under. */
const SHOWN_MAX = 64;

/**
 * The brake on destroys (I8). How many there were in the last ten minutes is read from the nodes' own task lists, so no
 * restart forgets, and counted in memory beside, since two guests may be looked at before either is destroyed.
 */
export class GuestBrake {
  readonly #clock: Clock;
  /** Destroys sent by this process, by namespace and vmid; monotonic. */
  readonly #sent = new Map<string, Map<number, number>>();
  readonly #read = new Map<string, { readonly vmids: ReadonlySet<number>; readonly brake: Brake }>();
  readonly #shown = new Map<string, readonly string[]>();
  readonly #others: OtherDestroys;

  constructor(clock: Clock, others: OtherDestroys = NO_OTHERS) {
    this.#clock = clock;
    this.#others = others;
  }

  /** For an object that is being deleted and has our finalizer; anybody else has `NO_BRAKE`. */
  async of(object: Guest, port: ProxmoxPort, lab: Lab, signal: AbortSignal): Promise<Brake> {
    if (!isDeleting(object) || !hasFinalizer({ object })) return NO_BRAKE;
    const vmids = await destroyedOf(port, this.#clock, signal);
    const brake = this.#brake(lab, this.#recent(object, vmids));
    this.#read.set(lab.namespace, { vmids, brake });
    return brake;
  }

  /** For an object of the network, "AccessRule/db", that is being deleted: guests and network share one brake. */
  ofNetwork(lab: Lab, what: string): Brake {
    const vmids = this.#read.get(lab.namespace)?.vmids ?? new Set<number>();
    const others = this.#others.recent(lab.namespace).filter((one) => one.what !== what);
    return this.#brake(lab, this.#destroyed(lab.namespace, vmids).size + others.length);
  }

  #brake(lab: Lab, recent: number): Brake {
    const guests = [...lab.members.values()].filter(isHeld).map(nameOf);
    const held = [...guests, ...this.#others.held(lab.namespace)].sort();
    const hash = shortHash(held.join(","));
    const max = lab.homelab?.spec.brake.maxDestroys ?? 1;
    return { recent, max, confirmed: this.#isConfirmed(lab, hash, held), hash, held };
  }

  /** Right before the call: false when others took the last place since the look. */
  take(object: Guest): boolean {
    const { namespace } = object.metadata;
    const known = this.#read.get(namespace);
    if (known === undefined) return false;
    if (!known.brake.confirmed && this.#recent(object, known.vmids) >= known.brake.max) return false;
    const sent = this.#sent.get(namespace) ?? new Map<number, number>();
    this.#sent.set(namespace, sent.set(object.spec.vmid, this.#clock.monotonic()));
    return true;
  }

  /** The call was certainly not carried out. */
  giveBack(object: Guest): void {
    this.#sent.get(object.metadata.namespace)?.delete(object.spec.vmid);
  }

  /** Others than this one: a destroy of its own that failed does not hold the next try. */
  #recent({ metadata, spec }: Guest, vmids: ReadonlySet<number>): number {
    const all = this.#destroyed(metadata.namespace, vmids);
    all.delete(spec.vmid);
    return all.size + this.#others.recent(metadata.namespace).length;
  }

  #destroyed(namespace: string, vmids: ReadonlySet<number>): Set<number> {
    const since = this.#clock.monotonic() - WINDOW_MS;
    const sent = [...(this.#sent.get(namespace) ?? [])].filter(([, at]) => at > since);
    return new Set([...vmids, ...sent.map(([vmid]) => vmid)]);
  }

  /** A list stays confirmed while it shrinks; one more guest on it asks again. */
  #isConfirmed(lab: Lab, hash: string, held: readonly string[]): boolean {
    this.#shown.set(`${lab.namespace}/${hash}`, held);
    for (const oldest of [...this.#shown.keys()].slice(0, -SHOWN_MAX)) this.#shown.delete(oldest);
    const said = lab.homelab === undefined ? undefined : annotationOf(lab.homelab, annotation.confirmDestroys);
    const confirmed = this.#shown.get(`${lab.namespace}/${said ?? ""}`);
    return confirmed !== undefined && held.every((name) => confirmed.includes(name));
  }
}

/** vmids our token destroyed in the last ten minutes, as the nodes that are online have it. */
async function destroyedOf(port: ProxmoxPort, clock: Clock, signal: AbortSignal): Promise<ReadonlySet<number>> {
  const nodes = [...(port.seen()?.nodes.values() ?? [])].filter((node) => node.online);
  const lists = await Promise.all(
    nodes.map((node) => port.tasks(node.name, { since: (node.time ?? clock.now()) - WINDOW_MS }, signal)),
  );
  const ours = lists.flat().filter((task) => /^(vz|qm)destroy$/.test(task.type) && task.user === port.identity);
  return new Set(ours.map((task) => Number(task.id)));
}

/** On its way to be destroyed, and not under way already. */
function isHeld(member: Member): boolean {
  const begun = member.object.status?.task?.action === "Destroy";
  return member.leaving && !begun && hasFinalizer(member) && wantsFinalizer(member);
}

function nameOf({ object }: Member): string {
  return `${object.metadata.name} (${String(object.spec.vmid)})`;
}
