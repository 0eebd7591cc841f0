import { expect } from "chai";
import { FINALIZER, type Stored } from "../../controller/api/meta.ts";
import { finalizerPatch, statusPatch } from "../../controller/runtime/patches.ts";

const OTHER = "example.com/slow";

function stored(finalizers?: readonly string[], status?: object): Stored {
  const metadata = {
    name: "db",
    namespace: "lab",
    uid: "u",
    resourceVersion: "7",
    generation: 1,
    creationTimestamp: "",
  };
  return {
    apiVersion: "v1",
    kind: "Container",
    metadata: { ...metadata, ...(finalizers === undefined ? {} : { finalizers }) },
    spec: {},
    ...(status === undefined ? {} : { status }),
  } as Stored;
}

const version = { op: "test", path: "/metadata/resourceVersion", value: "7" };

describe("patches of finalizers", () => {
  it("I7: ours is put behind those of others, once, and fails when somebody wrote meanwhile", () => {
    const first = { op: "add", path: "/metadata/finalizers", value: [FINALIZER] };
    expect(finalizerPatch(stored(), "add")).to.deep.equal([version, first]);
    expect(finalizerPatch(stored([]), "add")).to.deep.equal([version, first]);
    const last = { op: "add", path: "/metadata/finalizers/-", value: FINALIZER };
    expect(finalizerPatch(stored([OTHER]), "add")).to.deep.equal([version, last]);
    expect(finalizerPatch(stored([FINALIZER]), "add")).to.deep.equal([]);
    expect(finalizerPatch(stored([OTHER, FINALIZER]), "add")).to.deep.equal([]);
  });

  it("I7: only ours is taken away, from the place where it was seen, and only while it stands there", () => {
    for (const [finalizers, at] of [
      [[FINALIZER], 0],
      [[OTHER, FINALIZER], 1],
    ] as const) {
      const path = `/metadata/finalizers/${at}`;
      expect(finalizerPatch(stored(finalizers), "remove")).to.deep.equal([
        { op: "test", path, value: FINALIZER },
        { op: "remove", path },
      ]);
    }
    for (const none of [undefined, [], [OTHER]]) expect(finalizerPatch(stored(none), "remove")).to.deep.equal([]);
  });
});

describe("patches of a status", () => {
  const next = { observedGeneration: 1, conditions: [] };

  it("S1: what reads so already is not written", () => {
    expect(statusPatch(stored(undefined, next), next)).to.deep.equal([]);
  });

  it("S1: only what differs is written, unless somebody wrote meanwhile", () => {
    const change = { op: "replace", path: "/status/observedGeneration", value: 1 };
    expect(statusPatch(stored(undefined, { ...next, observedGeneration: 0 }), next)).to.deep.equal([version, change]);
    const whole = { op: "add", path: "/status", value: next };
    expect(statusPatch(stored(), next)).to.deep.equal([version, whole]);
  });

  it("A3: an intent is written although the spec was edited, and not over another status", () => {
    const before = { ...next, observedGeneration: 0 };
    expect(statusPatch(stored(undefined, before), next, "status")[0]).to.deep.equal({
      op: "test",
      path: "/status",
      value: before,
    });
    expect(statusPatch(stored(), next, "status")[0]).to.deep.equal({ op: "test", path: "/metadata/uid", value: "u" });
  });
});
