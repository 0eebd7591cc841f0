import { keyText, type Key, type Stored } from "../../api/meta.ts";
import type { Change } from "../../runtime/store.ts";
import { isGuest, targetsOf, vmidOf, type Related } from "./triggers.ts";

/** Keys by what they are found by. */
class Index {
  readonly #keys = new Map<string, Map<string, Key>>();

  add(by: string, key: Key): void {
    const under = this.#keys.get(by) ?? new Map<string, Key>();
    this.#keys.set(by, under.set(keyText(key), key));
  }

  remove(by: string, key: Key): void {
    const under = this.#keys.get(by);
    if (under?.delete(keyText(key)) === true && under.size === 0) this.#keys.delete(by);
  }

  /** In the order of their texts, whatever came first. */
  get(by: string): readonly Key[] {
    const under = [...(this.#keys.get(by) ?? [])];
    return under.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
  }
}

/**
 * Which guests go by which: kept up change by change, since a list of N guests brings N changes, and to go through all
 * of them for each would cost N times N.
 */
export class Relations implements Related {
  readonly #byVmid = new Index();
  readonly #byTarget = new Index();

  /** Takes in what changed; before anybody asks about it. */
  note({ key, before, after }: Change): void {
    if (!isGuest(key)) return;
    for (const [index, by] of this.#places(key, before)) index.remove(by, key);
    for (const [index, by] of this.#places(key, after)) index.add(by, key);
  }

  claimants({ namespace }: Key, object: Stored | undefined): readonly Key[] {
    const vmid = vmidOf(object);
    return vmid === undefined ? [] : this.#byVmid.get(`${namespace}/${String(vmid)}`);
  }

  dependents(key: Key): readonly Key[] {
    return this.#byTarget.get(keyText(key));
  }

  #places({ namespace }: Key, object: Stored | undefined): readonly (readonly [Index, string])[] {
    const vmid = vmidOf(object);
    return [
      ...(vmid === undefined ? [] : [[this.#byVmid, `${namespace}/${String(vmid)}`] as const]),
      ...targetsOf(namespace, object).map((target) => [this.#byTarget, keyText(target)] as const),
    ];
  }
}
