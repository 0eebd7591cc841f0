import fastJsonPatch, { type Operation } from "fast-json-patch";
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
import {
  Conflict,
  Expired,
  Gone,
  KubeUnavailable,
  type EventNote,
  type Kube,
  type KindRef,
  type LeaseRecord,
  type PatchOperation,
  type Secret,
  type WatchEvent,
} from "../../controller/runtime/kube.ts";
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

export interface Write {
  readonly key: string;
  readonly part: "object" | "status";
  readonly operations: readonly PatchOperation[];
  /** Wall clock. */
  readonly at: number;
}

export interface EventSeen extends EventNote {
  readonly about: string;
  readonly at: number;
}

export type Verb = "list" | "watch" | "patch" | "event" | "secret" | "lease" | "putLease" | "namespace" | "nodes";

interface Logged {
  readonly version: number;
  readonly event: Exclude<WatchEvent, { is: "bookmark" }>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * An API server in memory: resource versions, generations, the status default, finalizers, watches, and every way to
 * misbehave. It uses the given clock only to read the time; nothing in it waits. The suite of test/cluster holds it
 * against the real one.
 */
export class FakeKube implements Kube {
  readonly writes: Write[] = [];
  readonly events: EventSeen[] = [];
  /** Calls so far, by verb. */
  readonly calls = new Map<Verb, number>();
  /** While set, every call fails so and no watch is open. */
  #away: Error | undefined;
  readonly #clock: Clock;
  readonly #objects = new Map<string, Stored>();
  readonly #secrets = new Map<string, Secret>();
  readonly #leases = new Map<string, LeaseRecord>();
  readonly #terminating = new Set<string>();
  readonly #missing = new Set<string>();
  readonly #streams = new Set<KubeStream>();
  readonly #failures: { readonly verb: Verb; readonly fault: Error | "hang" }[] = [];
  #log: Logged[] = [];
  #compacted = 0;
  #version = 100;
  #uids = 0;
  nodes: readonly string[] | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  // ---- what people do

  /** Creates the object or changes its spec, labels and annotations. */
  apply(manifest: Manifest): Stored {
    const { namespace, name } = manifest.metadata;
    const old = this.read({ kind: manifest.kind, namespace, name });
    if (old === undefined) return this.#create(manifest);
    const { annotations, labels } = manifest.metadata;
    return this.#store({
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
    return this.#store({
      ...old,
      metadata: { ...old.metadata, annotations: Object.fromEntries(merged) as Record<string, string> },
    });
  }

  /** Removes the object, or marks it as being deleted while it has finalizers. */
  delete(key: Key): void {
    const old = this.#need(key);
    if (old.metadata.deletionTimestamp !== undefined) return;
    const deletionTimestamp = rfc3339(this.#clock.now());
    const generation = old.metadata.generation + 1;
    this.#store({ ...old, metadata: { ...old.metadata, deletionTimestamp, generation } });
  }

  read(key: Key): Stored | undefined {
    return this.#objects.get(keyText(key));
  }

  all(kind?: string): readonly Stored[] {
    return [...this.#objects.values()].filter((object) => kind === undefined || object.kind === kind);
  }

  putSecret(namespace: string, name: string, data: Readonly<Record<string, string>>): void {
    this.#secrets.set(`${namespace}/${name}`, { resourceVersion: String(++this.#version), data });
  }

  dropSecret(namespace: string, name: string): void {
    this.#secrets.delete(`${namespace}/${name}`);
  }

  /** Deletes the namespace's objects, as the namespace controller does, and says so when asked. */
  terminateNamespace(namespace: string): void {
    this.#terminating.add(namespace);
    for (const object of this.all()) if (object.metadata.namespace === namespace) this.delete(keyOf(object));
  }

  /** The kind is not installed until `install`. */
  uninstall(kind: string): void {
    this.#missing.add(kind);
  }

  install(kind: string): void {
    this.#missing.delete(kind);
  }

  // ---- how it misbehaves

  /** Nobody answers until `back`; open watches break. */
  away(error: Error = new KubeUnavailable("connection refused", 0)): void {
    this.#away = error;
    this.breakWatches(error);
  }

  back(): void {
    this.#away = undefined;
  }

  /** The next calls of this kind fail so; "hang" answers only to the abort. */
  failNext(verb: Verb, fault: Error | "hang", times = 1): void {
    for (let n = 0; n < times; n++) this.#failures.push({ verb, fault });
  }

  /** Forgets its history: a watch from before now gets 410, and open ones end so. */
  expire(): void {
    this.#compacted = ++this.#version;
    this.#log = [];
    this.breakWatches(new Expired("too old resource version"));
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

  // ---- Kube

  async list(
    kind: KindRef,
    namespace: string,
    signal: AbortSignal,
  ): Promise<{ items: readonly Stored[]; resourceVersion: string }> {
    await this.#enter("list", signal);
    this.#needKind(kind);
    const items = this.all(kind.kind).filter((object) => object.metadata.namespace === namespace);
    return { items, resourceVersion: String(this.#version) };
  }

  async *watch(
    kind: KindRef,
    namespace: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    await this.#enter("watch", signal);
    this.#needKind(kind);
    if (Number(resourceVersion) < this.#compacted) throw new Expired("too old resource version");
    const stream = new KubeStream(kind.kind, namespace, signal);
    for (const { version, event } of this.#log)
      if (version > Number(resourceVersion) && concerns(stream, event.object)) stream.push(event);
    this.#streams.add(stream);
    try {
      yield* stream;
    } finally {
      this.#streams.delete(stream);
    }
  }

  async patch(
    _kind: KindRef,
    key: Key,
    part: "object" | "status",
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<Stored> {
    await this.#enter("patch", signal);
    const old = this.#objects.get(keyText(key));
    if (old === undefined) throw new Gone(`${keyText(key)} not found`);
    const patched = applied(old, operations);
    this.writes.push({ key: keyText(key), part, operations, at: this.#clock.now() });
    return this.#store(
      part === "status"
        ? { ...old, ...(patched.status === undefined ? {} : { status: patched.status }) }
        : { ...old, metadata: patched.metadata, spec: patched.spec },
    );
  }

  async event(about: Stored, note: EventNote, signal: AbortSignal): Promise<void> {
    await this.#enter("event", signal);
    this.events.push({ about: keyText(keyOf(about)), ...note, at: this.#clock.now() });
  }

  async secret(namespace: string, name: string, signal: AbortSignal): Promise<Secret> {
    await this.#enter("secret", signal);
    const secret = this.#secrets.get(`${namespace}/${name}`);
    if (secret === undefined) throw new Gone(`secrets "${name}" not found`);
    return secret;
  }

  async lease(namespace: string, name: string, signal: AbortSignal): Promise<LeaseRecord | undefined> {
    await this.#enter("lease", signal);
    return this.#leases.get(`${namespace}/${name}`);
  }

  async putLease(
    namespace: string,
    name: string,
    record: Omit<LeaseRecord, "resourceVersion"> & { readonly resourceVersion?: string },
    signal: AbortSignal,
  ): Promise<LeaseRecord> {
    await this.#enter("putLease", signal);
    const old = this.#leases.get(`${namespace}/${name}`);
    if (old?.resourceVersion !== record.resourceVersion) throw new Conflict(`lease ${name} was changed`);
    const stored = { ...record, resourceVersion: String(++this.#version) };
    this.#leases.set(`${namespace}/${name}`, stored);
    return stored;
  }

  async namespaceTerminating(namespace: string, signal: AbortSignal): Promise<boolean> {
    await this.#enter("namespace", signal);
    return this.#terminating.has(namespace);
  }

  async nodeUuids(signal: AbortSignal): Promise<readonly string[] | undefined> {
    await this.#enter("nodes", signal);
    return this.nodes;
  }

  // ---- inside

  async #enter(verb: Verb, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.calls.set(verb, (this.calls.get(verb) ?? 0) + 1);
    if (this.#away !== undefined) throw this.#away;
    const at = this.#failures.findIndex((failure) => failure.verb === verb);
    const [failure] = at < 0 ? [] : this.#failures.splice(at, 1);
    if (failure === undefined) return;
    if (failure.fault !== "hang") throw failure.fault;
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    });
  }

  #create(manifest: Manifest): Stored {
    const metadata = {
      ...structuredClone(manifest.metadata),
      uid: `00000000-0000-4000-8000-${String(++this.#uids).padStart(12, "0")}`,
      resourceVersion: "0",
      generation: 1,
      creationTimestamp: rfc3339(this.#clock.now()),
    };
    const status: BaseStatus = { observedGeneration: -1 };
    return this.#store({ apiVersion: API_VERSION, kind: manifest.kind, metadata, spec: manifest.spec, status });
  }

  /** Stores what differs, under a new version; what is being deleted and has no finalizer left goes. */
  #store(object: Stored): Stored {
    const text = keyText(keyOf(object));
    const old = this.#objects.get(text);
    if (old !== undefined && isDeepStrictEqual(plain(old), plain(object))) return old;
    const metadata: Mutable<Metadata> = { ...object.metadata, resourceVersion: String(++this.#version) };
    if (metadata.finalizers?.length === 0) delete metadata.finalizers;
    if (old !== undefined && !isDeepStrictEqual(plain(old.spec), plain(object.spec))) metadata.generation++;
    const stored = frozen(plain({ ...object, metadata }));
    const gone = metadata.deletionTimestamp !== undefined && metadata.finalizers === undefined;
    if (gone) this.#objects.delete(text);
    else this.#objects.set(text, stored);
    const event = { is: gone ? "deleted" : "put", object: stored } as const;
    this.#log.push({ version: this.#version, event });
    for (const stream of this.#open()) if (concerns(stream, stored)) stream.push(event);
    return stored;
  }

  #need(key: Key): Stored {
    const object = this.read(key);
    if (object === undefined) throw new Error(`${keyText(key)} is not in the fake`);
    return object;
  }

  #needKind(kind: KindRef): void {
    if (this.#missing.has(kind.kind)) throw new Gone(`the server could not find the requested resource ${kind.plural}`);
  }

  #open(): readonly KubeStream[] {
    return [...this.#streams].filter((stream) => stream.open);
  }
}

function concerns(stream: KubeStream, object: Stored): boolean {
  return object.kind === stream.kind && object.metadata.namespace === stream.namespace;
}

function applied(object: Stored, operations: readonly PatchOperation[]): Stored {
  try {
    const patch = structuredClone(operations) as Operation[];
    return fastJsonPatch.applyPatch(plain(object), patch, true).newDocument;
  } catch (error) {
    throw new Conflict(error instanceof Error ? error.message : String(error));
  }
}

function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
