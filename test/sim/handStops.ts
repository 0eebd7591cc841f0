import { PERSON } from "../fakes/proxmox.ts";
import type { FakeLab } from "../fakes/lab.ts";
import type { FakeTask } from "../fakes/proxmoxTasks.ts";
import type { Declared } from "./declared.ts";
import { marksOf, markOf, type Truth } from "./truth.ts";

const STOP = /^(vz|qm)(stop|shutdown)$/;

/**
 * Who went down why, by what the world shows at that moment: a person's stop that nobody released since (O7), or a crash.
 * Times are the fake clock's monotonic milliseconds, keys are vmids, `uid`: of the object that had it.
 */
export class HandStops {
  readonly byHand = new Map<number, { readonly at: number; readonly upid: string; readonly uid: string }>();
  /** Guests that a person ever stopped, alone or with all of a node, though the history may not tell whose word was the last. */
  readonly everStopped = new Set<number>();
  /** When a guest last went up or down; when it last went down without any task on a node that lives. */
  readonly powerAt = new Map<number, number>();
  readonly crashedAt = new Map<number, number>();
  readonly #lab: FakeLab;
  readonly #truth: () => Truth;

  constructor(lab: FakeLab, truth: () => Truth) {
    this.#lab = lab;
    this.#truth = truth;
    this.#watch();
  }

  /** A bulk stop is a word about every guest of the node (A4): who is down already may have gone down unseen. */
  allStopped(node: string): void {
    for (const guest of this.#lab.proxmox.guests.values()) if (guest.node === node) this.everStopped.add(guest.vmid);
  }

  /** The log is gone: what is on no record of ours is forgotten by everybody. */
  pruned(isRecorded: (vmid: number) => boolean): void {
    for (const vmid of [...this.byHand.keys()]) if (!isRecorded(vmid)) this.byHand.delete(vmid);
  }

  #watch(): void {
    const { proxmox, clock } = this.#lab;
    const halt = proxmox.halt.bind(proxmox);
    const run = proxmox.run.bind(proxmox);
    proxmox.halt = (guest) => {
      if (guest.power === "Running") this.#wentDown(guest.vmid);
      halt(guest);
    };
    proxmox.run = (guest) => {
      if (guest.power !== "Running") this.powerAt.set(guest.vmid, clock.monotonic());
      this.byHand.delete(guest.vmid);
      this.crashedAt.delete(guest.vmid);
      run(guest);
    };
  }

  #wentDown(vmid: number): void {
    const { proxmox, clock } = this.#lab;
    const now = clock.monotonic();
    this.powerAt.set(vmid, now);
    const running = [...proxmox.nodes.keys()].flatMap((node) => proxmox.tasks.running(node));
    const own = running.filter((task) => task.id === String(vmid));
    const stop = own.find((task) => STOP.test(task.type));
    const online = proxmox.nodes.get(proxmox.guest(vmid).node)?.online === true;
    this.#noteCrash(vmid, own.length === 0 && online);
    const byAll = running.some((task) => task.type === "stopall");
    if (byAll || stop?.user === PERSON || proxmox.guest(vmid).ha === "stopped") this.everStopped.add(vmid);
    this.#noteWord(vmid, byAll || !online ? undefined : stop);
  }

  #noteWord(vmid: number, stop: FakeTask | undefined): void {
    const owner = this.#truth().owner(vmid);
    if (stop?.user !== PERSON || owner === undefined || !this.#isClearWord(owner)) this.byHand.delete(vmid);
    else this.byHand.set(vmid, { at: this.#lab.clock.monotonic(), upid: stop.upid, uid: owner.object.metadata.uid });
  }

  #noteCrash(vmid: number, crashed: boolean): void {
    if (crashed) this.crashedAt.set(vmid, this.#lab.clock.monotonic());
  }

  /** Only a stop of a guest that was known to run and to be ours, with nothing of ours still to be carried out (O7). */
  #isClearWord(owner: Declared): boolean {
    const { vmid } = owner.spec;
    const guest = this.#lab.proxmox.guest(vmid);
    // HA carries out our own stops as root.
    if (guest.ha !== undefined) return false;
    if (owner.spec.management === "Observe" || this.#truth().wanted(owner) === "Stopped") return false;
    // A restart that was asked for before and not carried out yet says the opposite.
    const asked = owner.object.metadata.annotations?.["homelab.neuralcodelab.com/restarted-at"];
    if (asked !== owner.status.lastHandledRestartAt || !owner.spec.recovery.respectManualStop) return false;
    const marked = owner.spec.management !== "Full" || marksOf(guest).includes(markOf(owner.name));
    const { status } = owner;
    return marked && status.seenVmid === vmid && status.powerState === "Running" && status.task === undefined;
  }
}
