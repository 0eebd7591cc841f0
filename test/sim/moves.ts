import type { FakeLab } from "../fakes/lab.ts";
import type { FakeApproach } from "../fakes/proxmox.ts";
import { guestsIn, type Declared } from "./declared.ts";

/** A person's change of spec.node. `at`: monotonic milliseconds; `nodeTime`: the same on the node's clock. */
interface NodeWord {
  readonly to: string;
  readonly at: number;
  readonly nodeTime: number;
}

/** A first sight that was on its way when the person wrote is still one of before. */
const SIGHT_MS = 2_000;

/**
 * Who said where a guest should be, and who took it there: by what people wrote, and by what the world shows (A10). Our
 * own migrations are those that arrived; every other change of place is somebody else's.
 */
export class Moves {
  readonly #lab: FakeLab;
  readonly #words = new Map<string, NodeWord>();
  /** When an object's guest was first seen, by uid. */
  readonly #seenAt = new Map<string, number>();
  readonly #places = new Map<number, string>();
  readonly #own = new Map<number, string>();
  readonly #othersAt = new Map<number, number>();

  constructor(lab: FakeLab) {
    this.#lab = lab;
  }

  /** A person has written another node. */
  said({ object }: Declared, to: string): void {
    const { clock, proxmox } = this.#lab;
    this.#words.set(object.metadata.uid, { to, at: clock.monotonic(), nodeTime: proxmox.time() });
  }

  arrived({ call, vmid, detail }: FakeApproach): void {
    if (call === "migrate") this.#own.set(vmid, (detail as { readonly target: string }).target);
  }

  sample(): void {
    const now = this.#lab.clock.monotonic();
    for (const { object, status } of guestsIn(this.#lab)) {
      const { uid } = object.metadata;
      if (status.powerState !== undefined && !this.#seenAt.has(uid)) this.#seenAt.set(uid, now);
    }
    for (const { vmid, node } of this.#lab.proxmox.guests.values()) {
      const before = this.#places.get(vmid);
      this.#places.set(vmid, node);
      if (before === undefined || before === node) continue;
      if (this.#own.get(vmid) !== node) this.#othersAt.set(vmid, now);
      this.#own.delete(vmid);
    }
  }

  /** The change was written when the guest had surely been seen before, so that it moves the guest (A10). */
  isSure({ object: { metadata } }: Declared): boolean {
    const word = this.#words.get(metadata.uid);
    return word !== undefined && (this.#seenAt.get(metadata.uid) ?? Infinity) < word.at;
  }

  /** The newest change of spec.node, when it may have been written after the guest was seen. */
  wordOf({ object }: Declared): NodeWord | undefined {
    const { uid } = object.metadata;
    const word = this.#words.get(uid);
    const seen = this.#seenAt.get(uid);
    return word === undefined || seen === undefined || seen > word.at + SIGHT_MS ? undefined : word;
  }

  /** When somebody else last took the guest to another node. */
  othersAt(vmid: number): number | undefined {
    return this.#othersAt.get(vmid);
  }
}
