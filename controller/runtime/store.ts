import { keyOf, keyText, type Key, type Stored } from "../api/meta.ts";
import { Shelf } from "./shelf.ts";

/** What is declared, as far as we know. */
export interface World {
  get(key: Key): Stored | undefined;
  /** Of one namespace, by name. */
  list(kind: string, namespace: string): readonly Stored[];
  /** Grows with each change; equal versions are equal worlds. */
  readonly version: number;
}

export interface Change {
  readonly key: Key;
  /** Absent when the object is new. */
  readonly before?: Stored;
  /** Absent when the object is gone. */
  readonly after?: Stored;
  /** Whether a write of this process made it. */
  readonly own: boolean;
}

export interface Listed {
  readonly items: readonly Stored[];
  readonly resourceVersion: string;
}

/** How many deleted objects are remembered, so that a late answer does not bring them back. */
const TOMBSTONES = 1_000;

/**
 * The cache of the API server. Takes watch events and answers to our own writes alike; an older resourceVersion never
 * replaces a newer one, save when a list shows that the server itself went back.
 */
export class Store implements World {
  readonly #shelves = new Map<string, Shelf>();
  readonly #buried = new Map<string, Pick<Stored["metadata"], "uid" | "resourceVersion">>();
  /** Keys whose newest version is the answer to a write of ours and was not yet seen in a watch or list. */
  readonly #unseen = new Set<string>();
  readonly #listeners = new Set<(change: Change) => void>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  get(key: Key): Stored | undefined {
    return this.#shelves.get(placeOf(key.kind, key.namespace))?.get(key.name);
  }

  list(kind: string, namespace: string): readonly Stored[] {
    return this.#shelves.get(placeOf(kind, namespace))?.list() ?? [];
  }

  /** All objects of a kind, by namespace. */
  byNamespace(kind: string): ReadonlyMap<string, readonly Stored[]> {
    const places = [...this.#shelves].filter(([place]) => place.startsWith(`${kind}/`));
    return new Map(places.map(([place, shelf]) => [place.slice(kind.length + 1), shelf.list()]));
  }

  /** From a watch, or with `own` the answer to a write of ours. */
  put(object: Stored, own = false): void {
    const key = keyOf(object);
    const text = keyText(key);
    const before = this.get(key);
    if (own) this.#unseen.add(text);
    else this.#unseen.delete(text);
    if (before !== undefined && !isNewer(object, before)) return;
    const buried = this.#buried.get(text);
    if (buried !== undefined && (buried.uid === object.metadata.uid || !isNewer(object, { metadata: buried }))) return;
    this.#set(object, own);
  }

  drop(object: Pick<Stored, "kind" | "metadata">, own = false): void {
    const key = keyOf(object);
    this.#bury(keyText(key), object.metadata);
    const before = this.get(key);
    if (before !== undefined && (before.metadata.uid === object.metadata.uid || isNewer(object, before)))
      this.#remove(before, own);
  }

  /** Takes a whole list at once. */
  replace(kind: string, namespace: string, listed: Listed): void {
    const names = new Set(listed.items.map((item) => item.metadata.name));
    for (const old of this.list(kind, namespace))
      if (!names.has(old.metadata.name) && this.#knows(old, listed)) {
        this.#bury(keyText(keyOf(old)), old.metadata);
        this.#remove(old, false);
      }
    for (const item of listed.items) {
      const before = this.get(keyOf(item));
      if (before?.metadata.uid !== item.metadata.uid || this.#knows(before, listed)) {
        this.#buried.delete(keyText(keyOf(item)));
        if (before?.metadata.resourceVersion !== item.metadata.resourceVersion) this.#set(item, false);
      }
      this.#unseen.delete(keyText(keyOf(item)));
    }
  }

  /** Calls the listener after each change; the returned function ends that. Listeners must not throw. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Whether the list may overrule what we hold: it is not older, or what we hold is no fresh write of ours. */
  #knows(held: Stored, listed: Listed): boolean {
    return !newerText(held.metadata.resourceVersion, listed.resourceVersion) || !this.#unseen.has(keyText(keyOf(held)));
  }

  #set(object: Stored, own: boolean): void {
    const key = keyOf(object);
    const place = placeOf(key.kind, key.namespace);
    const shelf = this.#shelves.get(place) ?? new Shelf();
    this.#shelves.set(place, shelf);
    const before = shelf.get(key.name);
    shelf.set(key.name, object);
    this.#tell({ key, ...(before === undefined ? {} : { before }), after: object, own });
  }

  #remove(before: Stored, own: boolean): void {
    const key = keyOf(before);
    this.#shelves.get(placeOf(key.kind, key.namespace))?.delete(key.name);
    this.#unseen.delete(keyText(key));
    this.#tell({ key, before, own });
  }

  #tell(change: Change): void {
    this.#version++;
    for (const listener of this.#listeners) listener(change);
  }

  #bury(text: string, metadata: Stored["metadata"]): void {
    this.#buried.delete(text);
    this.#buried.set(text, { uid: metadata.uid, resourceVersion: metadata.resourceVersion });
    const oldest = this.#buried.keys().next();
    if (this.#buried.size > TOMBSTONES && oldest.done !== true) this.#buried.delete(oldest.value);
  }
}

function placeOf(kind: string, namespace: string): string {
  return `${kind}/${namespace}`;
}

function isNewer(a: { metadata: { resourceVersion: string } }, b: { metadata: { resourceVersion: string } }): boolean {
  return newerText(a.metadata.resourceVersion, b.metadata.resourceVersion);
}

/** Resource versions are decimal numbers without leading zeros, beyond what a double holds. */
function newerText(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}
