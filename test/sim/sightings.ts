import type { FakeLab } from "../fakes/lab.ts";
import { TOKEN } from "../fakes/replica.ts";
import { bootIn, clusterIn, guestsIn, homelabIn, layersIn, type Declared } from "./declared.ts";
import { markOf, type Truth } from "./truth.ts";

/** What it looks at. */
interface Seen {
  readonly lab: FakeLab;
  readonly truth: Truth;
  readonly now: number;
  readonly alive: boolean;
  readonly deaf: boolean;
  readonly allowed: boolean;
  readonly editedAt: number;
  readonly rivals: ReadonlySet<string>;
  readonly tookOverAt: number;
  tell(text: string): void;
  blame(rule: string, text: string): void;
}

/** Two polls at rest, their answers, and a write. */
const TWO_POLLS_MS = 30_000;
/** After trouble: reconnections, back-offs and first looks of a new process. */
const AFTER_TROUBLE_MS = 90_000;
const LEADERLESS_MS = 5_000;

/**
 * What the world was like, second by second, by layer name or object id: what can still be believed of it at a call. And
 * what must hold at any time, call or not.
 */
export class Sightings {
  /** When a layer's gate could last have been open; when enough of its members at least ran. */
  readonly openAt = new Map<string, number>();
  readonly poweredAt = new Map<string, number>();
  readonly unseenAt = new Map<string, number>();
  readonly healthyAt = new Map<string, number>();
  readonly ranAt = new Map<string, number>();
  readonly sickAt = new Map<string, number>();
  /** Uids of the objects whose guest was once there, whole: only these may say that it has vanished (I5). */
  readonly everThere = new Set<string>();
  bootBeganAt = 0;
  /** When the Homelab appeared: the go switch (L2). */
  appearedAt = 0;
  /** When the Homelab began to say that another controller acts (A3). */
  anotherSince: number | undefined;
  readonly #history: Seen;
  readonly #lastRan = new Map<number, number>();
  readonly #stamped = new Map<string, string | undefined>();
  /** Since when a guest has carried its object's mark without a break, by uid; then the last time it did. */
  readonly #markedSince = new Map<string, number>();
  readonly #ownedAt = new Set<string>();
  /** Since when a status says otherwise than the world, by uid. */
  readonly #liesSince = new Map<string, number>();
  #troubleAt = 0;
  #bootId: string | undefined;
  #homelab: string | undefined;
  #anotherIn: string | undefined;
  #anotherSaid: string | undefined;
  #leaderlessSince: number | undefined;
  #writes = 0;

  constructor(history: Seen) {
    this.#history = history;
  }

  /** Looks at the world as it is, about once a second and at each mutation. */
  sample(): void {
    this.#guests();
    this.#layers();
    this.#boot();
    this.#tasks();
    this.#lies();
    this.#lease();
    const { lab } = this.#history;
    this.#another();
    if (lab.panics.length > 0) this.#history.blame("P5", `a pass threw: ${lab.panics.join(", ")}`);
  }

  /** A3: what was said of another controller stands until a person clears it, or the Homelab is another object. */
  #another(): void {
    const { lab, tookOverAt } = this.#history;
    const uid = homelabIn(lab)?.object.metadata.uid;
    if (this.#anotherIn !== uid || tookOverAt > (this.anotherSince ?? Infinity)) this.anotherSince = undefined;
    this.#anotherIn = uid;
    const said = lab.reason("Homelab", "home") === "AnotherControllerActs" ? lab.message("Homelab", "home") : undefined;
    // Words that are still there after take-over are no new ones: nobody may have led since.
    if (said !== undefined && said !== this.#anotherSaid) this.anotherSince ??= this.#now;
    if (said === undefined && this.anotherSince !== undefined)
      this.#history.blame("A3", "another controller acts, nobody has said take-over, and the Homelab has forgotten it");
    this.#anotherSaid = said;
  }

  get #now(): number {
    return this.#history.now;
  }

  #guests(): void {
    const { lab, truth } = this.#history;
    for (const guest of lab.proxmox.guests.values())
      if (guest.power === "Running") this.#lastRan.set(guest.vmid, this.#now);
    for (const one of guestsIn(lab)) {
      (truth.isHealthy(one) ? this.healthyAt : this.sickAt).set(one.id, this.#now);
      if (truth.runs(one)) this.ranAt.set(one.id, this.#now);
      const guest = truth.guest(one.spec.vmid);
      if (guest !== undefined && guest.lock !== "create") this.everThere.add(one.object.metadata.uid);
      this.#marked(one);
    }
  }

  #marked(one: Declared): void {
    const { uid } = one.object.metadata;
    const guest = this.#history.truth.guest(one.spec.vmid);
    if (guest?.tags.includes(markOf(one.name)) !== true || this.isUnseen(one) || !this.#recording) {
      this.#markedSince.delete(uid);
      return;
    }
    const since = this.#markedSince.get(uid) ?? this.#now;
    this.#markedSince.set(uid, since);
    if (this.#now - since > TWO_POLLS_MS) this.#ownedAt.add(uid);
  }

  /** What is seen can be put on record. */
  get #recording(): boolean {
    return this.#history.lab.led && !this.#history.deaf;
  }

  /** The controller must know that the guest was this object's (I3). */
  wasOwned(one: Declared): boolean {
    return this.#ownedAt.has(one.object.metadata.uid) && one.spec.adoption === "Adopt";
  }

  #layers(): void {
    const { lab, truth } = this.#history;
    for (const layer of layersIn(lab).keys()) {
      if (truth.isOpen(layer)) this.openAt.set(layer, this.#now);
      if (truth.isOpen(layer, (one) => truth.runs(one))) this.poweredAt.set(layer, this.#now);
      if (truth.members(layer).some((one) => this.isUnseen(one))) this.unseenAt.set(layer, this.#now);
    }
  }

  isUnseen({ spec }: Declared): boolean {
    const { proxmox } = this.#history.lab;
    const guest = proxmox.guests.get(spec.vmid);
    const node = proxmox.nodes.get(guest?.node ?? "");
    return !proxmox.reachable || guest?.hidden === true || node?.online === false || proxmox.unauthorized;
  }

  /** L0: a guest carries the boot's id only when it has run in it. Without one the Homelab's appearance counts (L2). */
  #boot(): void {
    const { lab } = this.#history;
    const id = bootIn(lab)?.id;
    const homelab = homelabIn(lab)?.object.metadata.uid;
    if (homelab !== this.#homelab) this.appearedAt = this.#now;
    this.#homelab = homelab;
    if (id !== this.#bootId) {
      this.#bootId = id;
      this.bootBeganAt = this.#now;
      if (id !== undefined) this.#history.tell(`boot ${JSON.stringify(bootIn(lab))}`);
    }
    for (const one of guestsIn(lab)) {
      const { uid } = one.object.metadata;
      const stamp = one.status.bootID;
      if (stamp === this.#stamped.get(uid)) continue;
      this.#stamped.set(uid, stamp);
      const ran = this.#lastRan.get(one.spec.vmid) ?? -Infinity;
      if (stamp !== undefined && stamp === id && ran < this.bootBeganAt - 15_000)
        this.#history.blame("L0", `${one.id} carries boot ${stamp} and has not run in it`);
    }
  }

  /** A6: never more tasks at once than allowed, of those that a living object's guest has from us. */
  #tasks(): void {
    const { lab, rivals } = this.#history;
    const most = clusterIn(lab)?.maxConcurrentTasks;
    if (most === undefined) return;
    const named = new Set(guestsIn(lab).map((one) => one.status.task?.upid));
    for (const name of lab.proxmox.nodes.keys()) {
      const ours = lab.proxmox.tasks.running(name).filter(({ user, upid }) => user === TOKEN && !rivals.has(upid));
      const open = ours.filter(({ upid }) => named.has(upid));
      if (open.length > most)
        this.#history.blame(
          "A6",
          `${open.length} tasks at once on ${name}: ${open.map((task) => task.upid).join(" ")}`,
        );
    }
  }

  /** O3, S1: while everything works, a status says within two polls whether its guest runs. */
  #lies(): void {
    if (this.#isTroubled()) this.#troubleAt = this.#now;
    const { truth, lab } = this.#history;
    for (const one of guestsIn(lab)) {
      const power = truth.guest(one.spec.vmid)?.power;
      // While a task of ours runs, what was written with its call stands.
      const atRest = one.status.task === undefined && !this.isUnseen(one);
      const mine = truth.owner(one.spec.vmid)?.id === one.id && atRest;
      if (!mine || one.status.powerState === power) {
        this.#liesSince.delete(one.object.metadata.uid);
        continue;
      }
      const since = Math.max(
        this.#liesSince.get(one.object.metadata.uid) ?? this.#now,
        this.#troubleAt + AFTER_TROUBLE_MS,
      );
      if (!this.#liesSince.has(one.object.metadata.uid)) this.#liesSince.set(one.object.metadata.uid, this.#now);
      if (this.#now - since > TWO_POLLS_MS)
        this.#history.blame(
          "S1",
          `${one.id} is ${String(power)}, and its status says ${String(one.status.powerState)}`,
        );
    }
  }

  #isTroubled(): boolean {
    const { lab, alive, deaf } = this.#history;
    const { proxmox } = lab;
    const nodes = [...proxmox.nodes.values()].every(({ online }) => online);
    const works = alive && lab.led && !deaf && nodes && clusterIn(lab) !== undefined;
    const answers = proxmox.reachable && !proxmox.unauthorized && proxmox.quorate && proxmox.faults.length === 0;
    const shown = ![...proxmox.guests.values()].some(({ hidden }) => hidden);
    return !works || !answers || !shown || this.#history.editedAt === this.#now || !this.#history.allowed;
  }

  /** P1: who does not hold the lease writes nothing. */
  #lease(): void {
    const { lab } = this.#history;
    if (lab.led || lab.replicas === 0) {
      this.#leaderlessSince = undefined;
      return;
    }
    this.#leaderlessSince ??= this.#now;
    const { length } = lab.kube.writes;
    if (this.#now - this.#leaderlessSince > LEADERLESS_MS && length > this.#writes)
      this.#history.blame("P1", `${length - this.#writes} writes while nobody holds the lease`);
    this.#writes = length;
  }
}
