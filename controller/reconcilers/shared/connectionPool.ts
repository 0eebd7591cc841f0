import { isDeepStrictEqual } from "node:util";
import { keyOf, keyText, type Key, type Stored } from "../../api/meta.ts";
import { Stalled } from "../../base/outcome.ts";

/** What the pool needs of a port, whoever is on the other side. */
interface Pooled {
  onChange(listener: () => void): () => void;
  /** Sequence number of the next request (O2). */
  mark(): number;
  close(): void;
}

interface Held<P extends Pooled> {
  readonly key: Key;
  readonly port: P;
}

/** Why there is no connection, in a sentence. */
export interface Trouble {
  readonly reason: "SecretMissing" | "Connecting";
  readonly message: string;
}

interface Entry<V, C> {
  readonly values: V;
  readonly connection: C;
  readonly end: () => void;
}

/** How connections of one kind are made. */
export interface PoolParts<O extends Stored, V, C> {
  readonly kind: string;
  /** All that a connection is made of; throws `Stalled` when a Secret or a key in it is missing. */
  readonly valuesOf: (object: O, signal: AbortSignal) => Promise<V>;
  readonly open: (key: Key, values: V, firstSequence: number) => C;
}

/** One connection per object of a kind. Values are re-read by the object's passes; a new value is a new connection (P3). */
export class ConnectionPool<O extends Stored, V, C extends Held<Pooled>> {
  readonly #parts: PoolParts<O, V, C>;
  readonly #entries = new Map<string, Entry<V, C>>();
  /** Where the numbers of an object's last connection ended: looks stay comparable over a new one (O2). */
  readonly #marks = new Map<string, number>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #listeners = new Set<(connection: C) => void>();

  constructor(parts: PoolParts<O, V, C>) {
    this.#parts = parts;
  }

  of(namespace: string, name: string): C | undefined {
    return this.#entries.get(keyText({ kind: this.#parts.kind, namespace, name }))?.connection;
  }

  troubleOf(namespace: string, name: string): Trouble | undefined {
    return this.#troubles.get(keyText({ kind: this.#parts.kind, namespace, name }));
  }

  /** After each look and each change of reach of any connection, and when one begins or ends. */
  onChange(listener: (connection: C) => void): void {
    this.#listeners.add(listener);
  }

  /** Makes the connection what object and Secrets say. Throws `Stalled` when a Secret or a key in it is missing. */
  async sync(object: O, signal: AbortSignal): Promise<C> {
    const key = keyOf(object);
    const text = keyText(key);
    let values: V;
    try {
      values = await this.#parts.valuesOf(object, signal);
    } catch (error) {
      const known = this.#entries.get(text);
      if (!(error instanceof Stalled)) {
        if (known !== undefined) return known.connection;
        throw error;
      }
      this.#troubles.set(text, { reason: "SecretMissing", message: error.message });
      this.#close(text);
      throw error;
    }
    this.#troubles.delete(text);
    const known = this.#entries.get(text);
    if (known !== undefined && isDeepStrictEqual(known.values, values)) return known.connection;
    this.#close(text);
    return this.#open(text, key, values);
  }

  close(key: string): void {
    this.#troubles.delete(key);
    this.#close(key);
  }

  closeAll(): void {
    for (const key of [...this.#entries.keys()]) this.#close(key);
  }

  #open(text: string, key: Key, values: V): C {
    const connection = this.#parts.open(key, values, this.#marks.get(text) ?? 1);
    const end = connection.port.onChange(() => {
      this.#tell(connection);
    });
    this.#entries.set(text, { values, connection, end });
    this.#tell(connection);
    return connection;
  }

  #close(text: string): void {
    const entry = this.#entries.get(text);
    if (entry === undefined) return;
    entry.end();
    this.#marks.set(text, entry.connection.port.mark());
    entry.connection.port.close();
    this.#entries.delete(text);
    this.#tell(entry.connection);
  }

  #tell(connection: C): void {
    for (const listener of this.#listeners) listener(connection);
  }
}
