import fastJsonPatch, { type Operation } from "fast-json-patch";
import { keyOf, keyText, type Key, type Stored } from "../../controller/api/meta.ts";
import {
  Conflict,
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
import { KubeObjects, plain } from "./kubeObjects.ts";

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

/**
 * An API server in memory, with every way to misbehave. Nothing in it waits for time. The suite of test/cluster holds it
 * against the real one.
 */
export class FakeKube extends KubeObjects implements Kube {
  readonly writes: Write[] = [];
  readonly events: EventSeen[] = [];
  /** Told when a write is stored, before its answer is on its way. */
  onWrite: (() => void) | undefined;
  /** Calls so far, by verb. */
  readonly calls = new Map<Verb, number>();
  /** Of `nodeUuids`. */
  nodes: readonly string[] | undefined = undefined;
  /** While set, every call fails so and no watch is open. */
  #away: Error | undefined;
  readonly #secrets = new Map<string, Secret>();
  readonly #leases = new Map<string, LeaseRecord>();
  readonly #terminating = new Set<string>();
  readonly #missing = new Set<string>();
  readonly #failures: { readonly verb: Verb; readonly fault: Error | "hang" | Promise<void> }[] = [];

  putSecret(namespace: string, name: string, data: Readonly<Record<string, string>>): void {
    this.#secrets.set(`${namespace}/${name}`, { resourceVersion: this.nextVersion(), data });
  }

  dropSecret(namespace: string, name: string): void {
    this.#secrets.delete(`${namespace}/${name}`);
  }

  dropLease(namespace: string, name: string): void {
    this.#leases.delete(`${namespace}/${name}`);
  }

  /** Deletes the namespace's objects, as the namespace controller does, and says so when asked. */
  terminateNamespace(namespace: string): void {
    this.#terminating.add(namespace);
    for (const object of this.all()) if (object.metadata.namespace === namespace) this.delete(keyOf(object));
  }

  isTerminating(namespace: string): boolean {
    return this.#terminating.has(namespace);
  }

  /** A namespace that is gone is made again, empty. */
  createNamespace(namespace: string): void {
    this.#terminating.delete(namespace);
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

  /** No call is meant to fail any more. */
  forgive(): void {
    this.#failures.length = 0;
  }

  /** The next call of this kind is carried out only when the returned function is called. */
  hold(verb: Verb): () => void {
    const held = Promise.withResolvers<undefined>();
    this.#failures.push({ verb, fault: held.promise.then(() => undefined) });
    return () => {
      held.resolve(undefined);
    };
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
    return { items, resourceVersion: this.version };
  }

  async *watch(
    kind: KindRef,
    namespace: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    await this.#enter("watch", signal);
    this.#needKind(kind);
    yield* this.follow(kind, namespace, resourceVersion, signal);
  }

  async patch(
    _kind: KindRef,
    key: Key,
    part: "object" | "status",
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<Stored> {
    await this.#enter("patch", signal);
    const old = this.read(key);
    if (old === undefined) throw new Gone(`${keyText(key)} not found`);
    const patched = applied(old, operations);
    this.writes.push({ key: keyText(key), part, operations, at: this.clock.now() });
    const stored = this.store(
      part === "status"
        ? { ...old, ...(patched.status === undefined ? {} : { status: patched.status }) }
        : { ...old, metadata: patched.metadata, spec: patched.spec },
    );
    this.onWrite?.();
    return stored;
  }

  async event(about: Stored, note: EventNote, signal: AbortSignal): Promise<void> {
    await this.#enter("event", signal);
    this.events.push({ about: keyText(keyOf(about)), ...note, at: this.clock.now() });
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
    const stored = { ...record, resourceVersion: this.nextVersion() };
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
    if (failure.fault instanceof Error) throw failure.fault;
    if (failure.fault !== "hang") {
      await failure.fault;
      return;
    }
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    });
  }

  #needKind(kind: KindRef): void {
    if (this.#missing.has(kind.kind)) throw new Gone(`the server could not find the requested resource ${kind.plural}`);
  }
}

function applied(object: Stored, operations: readonly PatchOperation[]): Stored {
  try {
    const patch = structuredClone(operations) as Operation[];
    return fastJsonPatch.applyPatch(plain(object), patch, true).newDocument;
  } catch (error) {
    throw new Conflict(error instanceof Error ? error.message : String(error));
  }
}
