import { NAMESPACE, type FakeLab } from "../fakes/lab.ts";
import { PERSON, type FakeApproach } from "../fakes/proxmox.ts";
import { bootIn, clusterIn, guestsIn, layersIn, type Declared } from "./declared.ts";
import type { LabShape } from "./labShape.ts";
import { plant } from "./plant.ts";
import { marksOf, markOf, Truth } from "./truth.ts";

export const IDENTITY = "controller@pve!lab";
const SAMPLE_MS = 1000;
const STOP = /^(vz|qm)(stop|shutdown)$/;
/** After an outage of the API server watches come back with a back-off. */
const RELIST_MS = 45_000;

/** Holds a mutation against the rules, before it takes effect. */
export type Judge = (history: History, approach: FakeApproach) => void;

/**
 * One lab, what happened to it so far, and what no rule allows. All judging goes by the world: what reached Proxmox, and
 * what people wrote. Times are the fake clock's monotonic milliseconds.
 */
export class History {
  readonly lab: FakeLab;
  readonly shape: LabShape;
  readonly truth: Truth;
  readonly violations: string[] = [];
  readonly story: string[] = [];
  /** Mutations of the controller's, as they arrived. */
  readonly sent: { readonly at: number; readonly call: FakeApproach["call"]; readonly vmid: number }[] = [];
  /** Who stopped a guest that nobody has released since (O7): the task, by vmid. */
  readonly byHand = new Map<number, { readonly at: number; readonly upid: string }>();
  /** When a guest went up or down, and when anybody last touched it in Proxmox, by vmid. */
  readonly powerAt = new Map<number, number>();
  readonly touchedAt = new Map<number, number>();
  readonly lastRan = new Map<number, number>();
  /** When a layer's gate could last have been seen open; when its members could not be seen. */
  readonly openAt = new Map<string, number>();
  readonly unseenAt = new Map<string, number>();
  readonly healthyAt = new Map<string, number>();
  readonly sickAt = new Map<string, number>();
  /** When each object was marked for deletion; when its like was last written by a person. */
  readonly deletedAt = new Map<string, number>();
  /** Who was to be destroyed when a person confirmed it (I8). */
  confirmed: ReadonlySet<string> = new Set();
  readonly removed = new Map<string, { readonly kind: string; readonly name: string; readonly spec: unknown }>();
  alive = false;
  editedAt = 0;
  bootBeganAt = 0;
  unreachableSince: number | undefined;
  wanFailsSince: number | undefined;
  processBeganAt = 0;
  readonly #judge: Judge;
  #kubeSickUntil = 0;
  #bootId: string | undefined;
  #stamped = new Map<string, string | undefined>();

  constructor(shape: LabShape, judge: Judge) {
    this.shape = shape;
    this.#judge = judge;
    this.lab = plant(shape);
    this.truth = new Truth(this.lab, this.byHand);
    this.#watchPower();
    this.lab.wan = shape.wan;
    if (!shape.wan) this.wanFailsSince = 0;
    this.lab.proxmox.witness = (approach) => {
      this.#seen(approach);
    };
    this.sample();
  }

  get now(): number {
    return this.lab.clock.monotonic();
  }

  /** The controller may not have heard of what people last wrote. */
  get deaf(): boolean {
    return this.now < this.#kubeSickUntil;
  }

  start(): void {
    if (this.alive) return;
    this.alive = true;
    this.processBeganAt = this.now;
    this.lab.start();
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.lab.kill();
  }

  kubeSick(forMs: number): void {
    this.#kubeSickUntil = Math.max(this.#kubeSickUntil, this.now + forMs + RELIST_MS);
  }

  /** The API server answers again; watches come back in a while. */
  kubeWell(): void {
    this.#kubeSickUntil = Math.min(this.#kubeSickUntil, this.now + RELIST_MS);
  }

  /** The same token with a new secret. */
  putSecret(): void {
    const data = { tokenId: IDENTITY, tokenSecret: `secret ${this.now}` };
    this.lab.kube.putSecret(NAMESPACE, "proxmox-token", data);
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
      this.sample();
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

  /** Looks at the world as it is, about once a second and at each mutation. */
  sample(): void {
    const { truth, now } = this;
    for (const guest of this.lab.proxmox.guests.values()) {
      if (guest.power === "Running") this.lastRan.set(guest.vmid, now);
    }
    for (const layer of layersIn(this.lab).keys()) {
      if (truth.isOpen(layer)) this.openAt.set(layer, now);
      if (truth.members(layer).some((one) => this.#isUnseen(one))) this.unseenAt.set(layer, now);
    }
    for (const one of guestsIn(this.lab)) (truth.isHealthy(one) ? this.healthyAt : this.sickAt).set(one.id, now);
    this.#sampleBoot();
    this.#sampleTasks();
    if (this.lab.panics.length > 0) this.blame("P5", `a pass threw: ${this.lab.panics.join(", ")}`);
  }

  #isUnseen({ spec }: Declared): boolean {
    const guest = this.lab.proxmox.guests.get(spec.vmid);
    const node = this.lab.proxmox.nodes.get(guest?.node ?? "");
    return (
      !this.lab.proxmox.reachable || guest?.hidden === true || node?.online === false || this.lab.proxmox.unauthorized
    );
  }

  /** L0: a guest carries the boot's id only when it has run in it. */
  #sampleBoot(): void {
    const id = bootIn(this.lab)?.id;
    if (id !== this.#bootId) {
      this.#bootId = id;
      this.bootBeganAt = this.now;
      if (id !== undefined) this.tell(`boot ${JSON.stringify(bootIn(this.lab))}`);
    }
    for (const one of guestsIn(this.lab)) {
      const { uid } = one.object.metadata;
      const stamp = one.status.bootID;
      if (stamp === this.#stamped.get(uid)) continue;
      this.#stamped.set(uid, stamp);
      const ran = this.lastRan.get(one.spec.vmid) ?? -Infinity;
      if (stamp !== undefined && stamp === id && ran < this.bootBeganAt - 15_000)
        this.blame("L0", `${one.id} carries boot ${stamp} and has not run in it`);
    }
  }

  /** A6: never more tasks of ours at once than allowed. */
  #sampleTasks(): void {
    const most = clusterIn(this.lab)?.maxConcurrentTasks;
    if (most === undefined) return;
    for (const name of this.lab.proxmox.nodes.keys()) {
      const ours = this.lab.proxmox.tasks.running(name).filter((task) => task.user === IDENTITY);
      if (ours.length > most)
        this.blame("A6", `${ours.length} tasks at once on ${name}: ${ours.map((task) => task.upid).join(" ")}`);
    }
  }

  #seen(approach: FakeApproach): void {
    if (approach.is === "arrives") {
      this.tell(`> ${approach.call} ${approach.vmid} ${tagsOf(approach)}`);
      this.sample();
    }
    this.#judge(this, approach);
    if (approach.is === "arrives") this.sent.push({ at: this.now, call: approach.call, vmid: approach.vmid });
  }

  /** Every change of power, with who did it. */
  #watchPower(): void {
    const { proxmox } = this.lab;
    const halt = proxmox.halt.bind(proxmox);
    const run = proxmox.run.bind(proxmox);
    proxmox.halt = (guest) => {
      if (guest.power === "Running") this.#wentDown(guest.vmid);
      halt(guest);
    };
    proxmox.run = (guest) => {
      if (guest.power !== "Running") this.powerAt.set(guest.vmid, this.now);
      this.byHand.delete(guest.vmid);
      run(guest);
    };
  }

  #wentDown(vmid: number): void {
    const { proxmox } = this.lab;
    this.powerAt.set(vmid, this.now);
    const running = [...proxmox.nodes.keys()].flatMap((node) => proxmox.tasks.running(node));
    const stop = running.find((task) => task.id === String(vmid) && STOP.test(task.type));
    const clear =
      stop?.user === PERSON &&
      !running.some((task) => task.type === "stopall") &&
      proxmox.nodes.get(stop.node)?.online === true;
    if (clear && this.#isClearWord(vmid)) this.byHand.set(vmid, { at: this.now, upid: stop.upid });
    else this.byHand.delete(vmid);
  }

  /** Only a stop that nothing of ours can be mistaken for, of a guest that was known and ours (O7). */
  #isClearWord(vmid: number): boolean {
    const owner = this.truth.owner(vmid);
    if (owner === undefined || owner.spec.management === "Observe" || this.truth.wanted(owner) === "Stopped")
      return false;
    // A restart that was asked for before and not carried out yet says the opposite.
    const asked = owner.object.metadata.annotations?.["homelab.neuralcodelab.com/restarted-at"];
    if (asked !== owner.status.lastHandledRestartAt || !owner.spec.recovery.respectManualStop) return false;
    const guest = this.lab.proxmox.guest(vmid);
    const known =
      owner.status.seenVmid === vmid &&
      (owner.spec.management !== "Full" || marksOf(guest).includes(markOf(owner.name)));
    const lately = this.sent.some((one) => one.vmid === vmid && one.call !== "configure" && this.now - one.at < 60_000);
    return known && !lately && owner.status.task === undefined;
  }
}

function tagsOf({ detail }: FakeApproach): string {
  const change = detail as { readonly tags?: unknown; readonly onboot?: unknown } | undefined;
  if (change === undefined) return "";
  const { tags, onboot } = change;
  return JSON.stringify({ ...(tags === undefined ? {} : { tags }), ...(onboot === undefined ? {} : { onboot }) });
}
