import type { FakeLab } from "../fakes/lab.ts";
import type { FakeApproach } from "../fakes/proxmox.ts";
import { everyPrivilege } from "../fakes/privileges.ts";
import { TOKEN } from "../fakes/replica.ts";
import { condemnedIn, guestsIn } from "./declared.ts";
import { HandStops } from "./handStops.ts";
import type { LabShape } from "./labShape.ts";
import { Moves } from "./moves.ts";
import { plant } from "./plant.ts";
import { Sightings } from "./sightings.ts";
import { Truth } from "./truth.ts";

export const IDENTITY = TOKEN;
const SAMPLE_MS = 1000;
/** After an outage of the API server watches come back with a back-off. */
const RELIST_MS = 45_000;
const WATCHDOG_MS = 131_000;

/** Holds a mutation against the rules, before it takes effect. */
export type Judge = (history: History, approach: FakeApproach) => void;

/** A mutation of the controller's, and for which object. */
interface Sent {
  readonly at: number;
  readonly call: FakeApproach["call"];
  readonly vmid: number;
  readonly uid: string | undefined;
}

/** A destroy of the controller's; `logged`: Proxmox's log still has it. */
export interface Destroyed {
  readonly at: number;
  readonly vmid: number;
  logged: boolean;
}

/**
 * One lab, what happened to it so far, and what no rule allows. All judging goes by the world: what reached Proxmox, and
 * what people wrote. Times are the fake clock's monotonic milliseconds.
 */
export class History {
  readonly lab: FakeLab;
  readonly shape: LabShape;
  readonly truth: Truth;
  readonly hands: HandStops;
  readonly moves: Moves;
  readonly sightings: Sightings;
  readonly violations: string[] = [];
  readonly story: string[] = [];
  /** Mutations of the controller's, as they arrived. */
  readonly sent: Sent[] = [];
  /** Of these the destroys that somebody can still know of (I8). */
  destroyed: readonly Destroyed[] = [];
  /** When anybody last touched a guest in Proxmox, by vmid. */
  readonly touchedAt = new Map<number, number>();
  /** When each object was marked for deletion; when its like was last written by a person. */
  readonly deletedAt = new Map<string, number>();
  /** Who was to be destroyed when a person confirmed it (I8). */
  confirmed: ReadonlySet<string> = new Set();
  readonly removed = new Map<string, { readonly kind: string; readonly name: string; readonly spec: unknown }>();
  /** What was declared when the namespace was deleted. */
  buried: readonly { readonly kind: string; readonly name: string; readonly spec: unknown }[] = [];
  /** UPIDs of another controller with our token (A3); when a person last said take-over. */
  readonly rivals = new Set<string>();
  tookOverAt = -Infinity;
  alive = false;
  editedAt = 0;
  unreachableSince: number | undefined;
  wanFailsSince: number | undefined;
  /** When the wall clock was last set ahead. */
  setAheadAt = -Infinity;
  /** Since when a storage is full. */
  fullSince: number | undefined;
  /** Since when whoever leads does so. */
  processBeganAt = 0;
  /** The process dies at its next mutation: before it is sent, or once it has arrived. */
  diesWhen: FakeApproach["is"] | undefined;
  readonly #judge: Judge;
  #kubeSickUntil = 0;
  #stalledUntil = 0;

  constructor(shape: LabShape, judge: Judge) {
    this.shape = shape;
    this.#judge = judge;
    this.lab = plant(shape);
    this.hands = new HandStops(this.lab, () => this.truth);
    this.moves = new Moves(this.lab);
    this.truth = new Truth(this.lab, this.hands.byHand);
    this.lab.wan = shape.wan;
    if (!shape.wan) this.wanFailsSince = -1;
    if (shape.full) this.fill(-Infinity);
    this.lab.proxmox.witness = (approach) => {
      this.#seen(approach);
    };
    this.sightings = new Sightings(this);
    this.sightings.sample();
    this.moves.sample();
  }

  get now(): number {
    return this.lab.clock.monotonic();
  }

  /**
   * Milliseconds since the object was deleted, as the controller can know: a process that has begun since then goes by
   * the wall clock, which may have been set (L10).
   */
  leavingMs(uid: string): number {
    const since = this.deletedAt.get(uid) ?? this.now;
    const set = this.setAheadAt >= since && this.processBeganAt >= this.setAheadAt;
    return set ? Infinity : this.now - since;
  }

  /** The token has every privilege. */
  get allowed(): boolean {
    return this.lab.proxmox.permissions === everyPrivilege;
  }

  /** The controller may not have heard of what people last wrote. */
  get deaf(): boolean {
    return this.now < this.#kubeSickUntil;
  }

  start(): void {
    if (this.alive) return;
    this.alive = true;
    this.lab.start();
    this.leads();
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.lab.kill();
  }

  /** Another process leads from now on; it knows what is on record. */
  leads(): void {
    this.processBeganAt = this.now;
    this.destroyed = this.destroyed.filter(({ logged }) => logged);
  }

  /** Proxmox's task log is rotated away: what only it told is known to nobody. */
  prune(): void {
    this.lab.proxmox.tasks.prune();
    const held = new Set(
      guestsIn(this.lab)
        .filter((one) => one.status.hold !== undefined)
        .map((one) => one.spec.vmid),
    );
    this.hands.pruned((vmid) => held.has(vmid));
    for (const one of this.destroyed) one.logged = false;
    this.destroyed = this.destroyed.filter(({ at }) => at >= this.processBeganAt);
  }

  /** No storage has room any more. */
  fill(since = this.now): void {
    this.lab.proxmox.fullStorages.add("local-zfs");
    this.fullSince ??= since;
  }

  /** A person has read the brake's list and confirms it (I8). */
  confirms(): void {
    this.confirmed = new Set([...this.confirmed, ...condemnedIn(this.lab)]);
  }

  kubeSick(forMs: number): void {
    this.#kubeSickUntil = Math.max(this.#kubeSickUntil, this.now + forMs + RELIST_MS);
  }

  /** The API server answers again; watches come back in a while. */
  kubeWell(): void {
    this.#kubeSickUntil = Math.max(this.#stalledUntil, Math.min(this.#kubeSickUntil, this.now + RELIST_MS));
  }

  /** Watches are silent, and nobody hears of it before the watchdog. */
  kubeStalls(): void {
    this.#stalledUntil = this.now + WATCHDOG_MS;
    this.kubeSick(WATCHDOG_MS);
  }

  /** Another Kubernetes, and another process. */
  kubeNew(): void {
    this.#kubeSickUntil = 0;
    this.#stalledUntil = 0;
  }

  tell(text: string): void {
    this.story.push(`${(this.now / 1000).toFixed(1)} s  ${text}`);
  }

  blame(rule: string, text: string): void {
    const line = `${rule}: ${text}`;
    this.tell(`!!! ${line}`);
    this.violations.push(line);
  }

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    while (this.now < end && this.violations.length === 0) {
      await this.lab.clock.advance(Math.min(SAMPLE_MS, end - this.now));
      this.sightings.sample();
      this.moves.sample();
    }
  }

  /** Everything a person sees of the history, for a failure. */
  describe(): string {
    const statuses = guestsIn(this.lab).map(
      (one) => `  ${one.id}: ${JSON.stringify({ ...one.status, conditions: undefined })}`,
    );
    return ["history:", ...this.story.map((line) => `  ${line}`), "statuses:", ...statuses, this.lab.describe()].join(
      "\n",
    );
  }

  #seen(approach: FakeApproach): void {
    if (approach.is === "arrives") {
      this.tell(`> ${approach.call} ${approach.vmid} ${tagsOf(approach)}`);
      this.sightings.sample();
      this.moves.sample();
    }
    this.#judge(this, approach);
    if (approach.is === "arrives") this.#arrived(approach);
    this.meets(approach.is, `${approach.call} ${approach.vmid}`);
  }

  /** A mutation is at this point of its way: the process may have to die there. */
  meets(is: FakeApproach["is"], what: string): void {
    if (this.diesWhen !== is) return;
    this.diesWhen = undefined;
    this.tell(`killed when ${what} ${is === "sent" ? "was about to be sent" : "had arrived"}`);
    this.kill();
  }

  #arrived(approach: FakeApproach): void {
    const { call, vmid } = approach;
    this.moves.arrived(approach);
    this.sent.push({ at: this.now, call, vmid, uid: this.truth.owner(vmid)?.object.metadata.uid });
    if (call === "destroy") this.destroyed = [...this.destroyed, { at: this.now, vmid, logged: true }];
  }
}

function tagsOf({ detail }: FakeApproach): string {
  const change = detail as { readonly tags?: unknown; readonly onboot?: unknown } | undefined;
  if (change === undefined) return "";
  const { tags, onboot } = change;
  return JSON.stringify({ ...(tags === undefined ? {} : { tags }), ...(onboot === undefined ? {} : { onboot }) });
}
