import { expect } from "chai";
import { FINALIZER, type Key, type Stored } from "../../controller/api/meta.ts";
import { Conflict, Expired, Gone, type Kube, type WatchEvent } from "../../controller/runtime/kube.ts";
import { finalizerPatch, statusPatch } from "../../controller/runtime/patches.ts";

/** What the suite needs beside the port: the verbs of a person, at this API server. */
export interface KubeSubject {
  readonly kube: Kube;
  readonly namespace: string;
  apply(name: string, bright: number): Promise<Stored>;
  annotate(key: Key, annotations: Readonly<Record<string, string>>): Promise<void>;
  delete(key: Key): Promise<void>;
  putSecret(name: string, data: Readonly<Record<string, string>>): Promise<void>;
  /** A resourceVersion that is too old to watch from. */
  tooOld(): Promise<string>;
  /** "reason: message" of the events about an object. */
  eventsOf(key: Key): Promise<readonly string[]>;
}

export const LAMP = { kind: "Lamp", plural: "lamps" };

/** What the runtime relies on, said of any `Kube`. The fake and the real API server both have to pass it. */
export function kubeSuite(subject: () => KubeSubject): void {
  const never = new AbortController().signal;
  const keyOf = (name: string): Key => ({ kind: LAMP.kind, namespace: subject().namespace, name });
  const seen = { bright: 1 };

  const withStatus = (object: Stored): ReturnType<typeof statusPatch> =>
    statusPatch(object, { observedGeneration: object.metadata.generation, ...seen });

  it("a new object has the status default and generation 1", async () => {
    const object = await subject().apply("new", 1);
    expect(object.status).to.deep.equal({ observedGeneration: -1 });
    expect(object.metadata.generation).to.equal(1);
    expect(object.metadata.finalizers).to.equal(undefined);
  });

  it("a list names kind and version of each item", async () => {
    await subject().apply("listed", 1);
    const { items, resourceVersion } = await subject().kube.list(LAMP, subject().namespace, never);
    const item = items.find((found) => found.metadata.name === "listed");
    expect([item?.kind, item?.apiVersion]).to.deep.equal(["Lamp", "homelab.neuralcodelab.com/v1alpha1"]);
    expect(resourceVersion).to.match(/^[1-9]\d*$/);
  });

  it("a kind that is not installed is Gone", async () => {
    const missing = { kind: "Nothing", plural: "nothings" };
    expect(await failure(subject().kube.list(missing, subject().namespace, never))).to.be.instanceOf(Gone);
  });

  it("a watch goes on from a list: changes in order, deletion last", async () => {
    const { kube, namespace } = subject();
    await subject().apply("watched", 1);
    const { resourceVersion } = await kube.list(LAMP, namespace, never);
    await subject().apply("watched", 2);
    await subject().delete(keyOf("watched"));
    const events = await take(kube.watch(LAMP, namespace, resourceVersion, never), "watched", 2);
    expect(events.map((event) => event.is)).to.deep.equal(["put", "deleted"]);
  });

  it("P2: a watch from too old a version is Expired", async () => {
    const old = await subject().tooOld();
    const stream = subject().kube.watch(LAMP, subject().namespace, old, never);
    expect(await failure(take(stream, "anything", 1))).to.be.instanceOf(Expired);
  });

  it("an aborted watch ends with the reason", async () => {
    const { kube, namespace } = subject();
    const stop = new AbortController();
    const { resourceVersion } = await kube.list(LAMP, namespace, never);
    const waiting = failure(take(kube.watch(LAMP, namespace, resourceVersion, stop.signal), "nobody", 1));
    stop.abort(new Error("enough"));
    expect(String(await waiting)).to.equal("Error: enough");
  });

  it("a status patch moves the version and not the generation", async () => {
    const object = await subject().apply("status", 1);
    const stored = await subject().kube.patch(LAMP, keyOf("status"), "status", withStatus(object), never);
    expect(stored.status).to.deep.equal({ observedGeneration: 1, bright: 1 });
    expect(stored.metadata.generation).to.equal(1);
    expect(stored.metadata.resourceVersion).not.to.equal(object.metadata.resourceVersion);
  });

  it("a patch that changes nothing keeps the version", async () => {
    await subject().apply("same", 1);
    const operations = [{ op: "replace", path: "/status/observedGeneration", value: 1 }] as const;
    const first = await subject().kube.patch(LAMP, keyOf("same"), "status", operations, never);
    const second = await subject().kube.patch(LAMP, keyOf("same"), "status", operations, never);
    expect(second.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
  });

  it("a patch of the status leaves the spec, and one of the object leaves the status", async () => {
    const { kube } = subject();
    await subject().apply("parts", 1);
    const both = [
      { op: "replace", path: "/spec/bright", value: 7 },
      { op: "replace", path: "/status/observedGeneration", value: 7 },
    ] as const;
    const first = await kube.patch(LAMP, keyOf("parts"), "status", both, never);
    expect([first.spec, first.status]).to.deep.equal([{ bright: 1 }, { observedGeneration: 7 }]);
    const second = await kube.patch(LAMP, keyOf("parts"), "object", both, never);
    expect([second.spec, second.status]).to.deep.equal([{ bright: 7 }, { observedGeneration: 7 }]);
    expect(second.metadata.generation).to.equal(2);
  });

  it("a status patch computed from an old version is a Conflict", async () => {
    const object = await subject().apply("old", 1);
    await subject().annotate(keyOf("old"), { note: "changed" });
    const patch = subject().kube.patch(LAMP, keyOf("old"), "status", withStatus(object), never);
    expect(await failure(patch)).to.be.instanceOf(Conflict);
  });

  it("A3: a receipt survives an edit by a person, but not another write to the status", async () => {
    const { kube } = subject();
    const object = await subject().apply("receipt", 1);
    await subject().annotate(keyOf("receipt"), { note: "changed" });
    const receipt = statusPatch(object, { observedGeneration: 1, ...seen }, "status");
    const stored = await kube.patch(LAMP, keyOf("receipt"), "status", receipt, never);
    expect(stored.status).to.deep.equal({ observedGeneration: 1, bright: 1 });
    const again = kube.patch(LAMP, keyOf("receipt"), "status", receipt, never);
    expect(await failure(again)).to.be.instanceOf(Conflict);
  });

  it("a patch of what is not there is Gone", async () => {
    const operations = [{ op: "replace", path: "/status/observedGeneration", value: 1 }] as const;
    const patch = subject().kube.patch(LAMP, keyOf("absent"), "status", operations, never);
    expect(await failure(patch)).to.be.instanceOf(Gone);
  });

  it("I7: an object with our finalizer stays until it is removed, and counts a generation for its deletion", async () => {
    const { kube, namespace } = subject();
    const object = await subject().apply("held", 1);
    const held = await kube.patch(LAMP, keyOf("held"), "object", finalizerPatch(object, "add"), never);
    expect(held.metadata.finalizers).to.deep.equal([FINALIZER]);
    expect(held.metadata.generation).to.equal(1);
    await subject().delete(keyOf("held"));
    const { items } = await kube.list(LAMP, namespace, never);
    const leaving = items.find((item) => item.metadata.name === "held");
    if (leaving === undefined) throw new Error("it went in spite of its finalizer");
    expect(leaving.metadata.generation).to.equal(2);
    expect(leaving.metadata.deletionTimestamp).to.match(/Z$/);
    const last = await kube.patch(LAMP, keyOf("held"), "object", finalizerPatch(leaving, "remove"), never);
    expect(last.metadata.finalizers).to.equal(undefined);
    const names = (await kube.list(LAMP, namespace, never)).items.map((item) => item.metadata.name);
    expect(names).not.to.include("held");
  });

  it("I7: removing our finalizer is a Conflict when it is not where we saw it", async () => {
    const { kube } = subject();
    const object = await subject().apply("mixed", 1);
    const held = await kube.patch(LAMP, keyOf("mixed"), "object", finalizerPatch(object, "add"), never);
    const other = { op: "add", path: "/metadata/finalizers/0", value: "example.com/other" } as const;
    await kube.patch(LAMP, keyOf("mixed"), "object", [other], never);
    const patch = kube.patch(LAMP, keyOf("mixed"), "object", finalizerPatch(held, "remove"), never);
    expect(await failure(patch)).to.be.instanceOf(Conflict);
  });

  it("a lease is created once, replaced by its version, and otherwise a Conflict", async () => {
    const { kube, namespace } = subject();
    expect(await kube.lease(namespace, "lead", never)).to.equal(undefined);
    const time = "2026-01-01T00:00:00.000000Z";
    const record = {
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 0,
    };
    const first = await kube.putLease(namespace, "lead", record, never);
    expect(await kube.lease(namespace, "lead", never)).to.deep.equal(first);
    expect(await failure(kube.putLease(namespace, "lead", record, never))).to.be.instanceOf(Conflict);
    const second = await kube.putLease(namespace, "lead", { ...first, holderIdentity: "" }, never);
    expect(second).to.deep.equal({ ...record, holderIdentity: "", resourceVersion: second.resourceVersion });
    expect(await failure(kube.putLease(namespace, "lead", first, never))).to.be.instanceOf(Conflict);
  });

  it("a secret comes decoded, and a missing one is Gone", async () => {
    await subject().putSecret("token", { token: "übung" });
    const secret = await subject().kube.secret(subject().namespace, "token", never);
    expect(secret.data).to.deep.equal({ token: "übung" });
    expect(await failure(subject().kube.secret(subject().namespace, "nothing", never))).to.be.instanceOf(Gone);
  });

  it("S2: an event is found at its object", async () => {
    const object = await subject().apply("told", 1);
    const note = { type: "Normal", reason: "Starting", message: "0 → 1", action: "Start" } as const;
    await subject().kube.event(object, note, never);
    expect(await subject().eventsOf(keyOf("told"))).to.deep.equal(["Starting: 0 → 1"]);
  });

  it("a living namespace is not terminating", async () => {
    expect(await subject().kube.namespaceTerminating(subject().namespace, never)).to.equal(false);
  });
}

export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it succeeded");
}

/** The first events about the named object. */
async function take(stream: AsyncIterable<WatchEvent>, name: string, count: number): Promise<readonly WatchEvent[]> {
  const events: WatchEvent[] = [];
  for await (const event of stream) {
    if (event.is === "bookmark" || event.object.metadata.name !== name) continue;
    events.push(event);
    if (events.length === count) return events;
  }
  throw new Error(`the watch ended after ${String(events.length)} events`);
}
