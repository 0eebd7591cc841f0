import { isDeepStrictEqual } from "node:util";
import {
  API_VERSION,
  keyOf,
  keyText,
  type BaseStatus,
  type Key,
  type Metadata,
  type Stored,
} from "../../controller/api/meta.ts";
import { rfc3339, type Clock } from "../../controller/base/clock.ts";
import { Expired, type KindRef, type WatchEvent } from "../../controller/runtime/kube.ts";
import { KubeStream } from "./kubeStream.ts";

/** What a person writes. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec: unknown;
}

interface Logged {
  readonly version: number;
  readonly event: Exclude<WatchEvent, { is: "bookmark" }>;
}

/**
 * Objects as an API server keeps them: resource versions, generations, the status default, finalizers, and the watches
 * that tell of them. Time is only read.
 */
export class KubeObjects {
  protected readonly clock: Clock;
  readonly #objects = new Map<string, Stored>();
  readonly #streams = new Set<KubeStream>();
  #log: Logged[] = [];
  #compacted = 0;
  #version = 100;
  #uids: number;

  /** @param uids so many were given by the server before this one. */
  constructor(clock: Clock, uids = 0) {
    this.clock = clock;
    this.#uids = uids;
  }

  /** How many uids were given so far. */
  get uids(): number {
    return this.#uids;
  }

  // ---- what people do

  /** Creates the object or changes its spec, labels and annotations. */
  apply(manifest: Manifest): Stored {
    const { namespace, name } = manifest.metadata;
    const old = this.read({ kind: manifest.kind, namespace, name });
    if (old === undefined) return this.#create(manifest);
    const { annotations, labels } = manifest.metadata;
    return this.store({
      ...old,
      metadata: {
        ...old.metadata,
        ...(annotations === undefined ? {} : { annotations: { ...old.metadata.annotations, ...annotations } }),
        ...(labels === undefined ? {} : { labels }),
      },
      spec: manifest.spec,
    });
  }

  /** Sets annotations; null removes one. */
  annotate(key: Key, annotations: Readonly<Record<string, string | null>>): Stored {
    const old = this.#need(key);
    const merged = Object.entries({ ...old.metadata.annotations, ...annotations }).filter(
      ([, value]) => value !== null,
    );
    return this.store({
      ...old,
      metadata: { ...old.metadata, annotations: Object.fromEntries(merged) as Record<string, string> },
    });
  }

  /** Removes the object, or marks it as being deleted while it has finalizers. */
  delete(key: Key): void {
    const old = this.#need(key);
    if (old.metadata.deletionTimestamp !== undefined) return;
    const deletionTimestamp = rfc3339(this.clock.now());
    const generation = old.metadata.generation + 1;
    this.store({ ...old, metadata: { ...old.metadata, deletionTimestamp, generation } });
  }

  read(key: Key): Stored | undefined {
    return this.#objects.get(keyText(key));
  }

  all(kind?: string): readonly Stored[] {
    return [...this.#objects.values()].filter((object) => kind === undefined || object.kind === kind);
  }

  // ---- how its watches misbehave

  /** Forgets its history: a watch from before now gets 410, and open ones end so. */
  expire(): void {
    this.#compacted = ++this.#version;
    this.#log = [];
    this.breakWatches(new Expired("too old resource version"));
  }

  /** Forgets its history up to now; open watches and those that start from now on don't notice. */
  compact(): void {
    this.#compacted = this.#version;
    this.#log = [];
  }

  /** Ends open watches, with the error if given, as the server does after their time. */
  breakWatches(error?: Error): void {
    for (const stream of this.#streams) stream.end(error);
    this.#streams.clear();
  }

  /** Open watches go silent for good, new ones don't. */
  stall(): void {
    for (const stream of this.#streams) stream.stalled = true;
  }

  bookmark(): void {
    for (const stream of this.#open()) stream.push({ is: "bookmark", resourceVersion: String(this.#version) });
  }

  get watches(): number {
    return this.#open().length;
  }

  // ---- for the server made of it

  protected get version(): string {
    return String(this.#version);
  }

  protected nextVersion(): string {
    return String(++this.#version);
  }

  protected async *follow(
    kind: KindRef,
    namespace: string,
    from: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    if (Number(from) < this.#compacted) throw new Expired("too old resource version");
    const stream = new KubeStream(kind.kind, namespace, signal);
    for (const { version, event } of this.#log)
      if (version > Number(from) && stream.concerns(event.object)) stream.push(event);
    this.#streams.add(stream);
    try {
      yield* stream;
    } finally {
      this.#streams.delete(stream);
    }
  }

  /** Stores what differs, under a new version; what is being deleted and has no finalizer left goes. */
  protected store(object: Stored): Stored {
    const text = keyText(keyOf(object));
    const old = this.#objects.get(text);
    if (isDeepStrictEqual(plain(old), plain(object))) return object;
    const stored = frozen(plain({ ...object, metadata: nextMetadata(old, object, this.nextVersion()) }));
    const gone = isGone(stored);
    if (gone) this.#objects.delete(text);
    else this.#objects.set(text, stored);
    const event = { is: gone ? "deleted" : "put", object: stored } as const;
    this.#log.push({ version: this.#version, event });
    for (const stream of this.#open()) if (stream.concerns(stored)) stream.push(event);
    return stored;
  }

  #create(manifest: Manifest): Stored {
    const metadata = {
      ...structuredClone(manifest.metadata),
      uid: `00000000-0000-4000-8000-${String(++this.#uids).padStart(12, "0")}`,
      resourceVersion: "0",
      generation: 1,
      creationTimestamp: rfc3339(this.clock.now()),
    };
    const status: BaseStatus = { observedGeneration: -1 };
    return this.store({ apiVersion: API_VERSION, kind: manifest.kind, metadata, spec: manifest.spec, status });
  }

  /** Stores what differs, under a new version; what is being deleted and has no finalizer left goes. */
  #need(key: Key): Stored {
    const object = this.read(key);
    if (object === undefined) throw new Error(`${keyText(key)} is not in the fake`);
    return object;
  }

  #open(): readonly KubeStream[] {
    return [...this.#streams].filter((stream) => stream.open);
  }
}

function nextMetadata(old: Stored | undefined, object: Stored, resourceVersion: string): Metadata {
  const { finalizers, ...rest } = object.metadata;
  const changed = old !== undefined && !isDeepStrictEqual(plain(old.spec), plain(object.spec));
  return {
    ...rest,
    ...(finalizers === undefined || finalizers.length === 0 ? {} : { finalizers }),
    resourceVersion,
    generation: rest.generation + (changed ? 1 : 0),
  };
}

function isGone(object: Stored): boolean {
  return object.metadata.deletionTimestamp !== undefined && object.metadata.finalizers === undefined;
}

/** As JSON brings it over the wire. */
export function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
