import { expect } from "chai";
import type { Key, Stored } from "../../../controller/api/meta.ts";
import { Relations } from "../../../controller/reconcilers/wakes/relations.ts";
import { Store } from "../../../controller/runtime/store.ts";

const NAMESPACE = "lab";

function key(name: string, kind = "Container"): Key {
  return { kind, namespace: NAMESPACE, name };
}

let version = 1;

function guest(name: string, vmid: number, needs: readonly string[] = [], kind = "Container"): Stored {
  return {
    apiVersion: "homelab.neuralcodelab.com/v1alpha1",
    kind,
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: name,
      resourceVersion: String(version++),
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: { vmid, dependsOn: needs.map((other) => ({ kind: "Container", name: other })) },
  };
}

describe("which guests go by which", () => {
  let store: Store;
  let relations: Relations;
  const claimants = (name: string): string[] =>
    relations.claimants(key(name), store.get(key(name))).map((one) => `${one.kind}/${one.name}`);
  const dependents = (name: string): string[] => relations.dependents(key(name)).map((one) => one.name);

  beforeEach(() => {
    store = new Store();
    relations = new Relations();
    store.onChange((change) => {
      relations.note(change);
    });
  });

  it("I1: whoever declares the same vmid, of either kind, in one order whatever came first", () => {
    store.put(guest("web", 101, [], "VirtualMachine"));
    store.put(guest("db", 101));
    store.put(guest("app", 101));
    store.put(guest("other", 102));
    expect(claimants("db")).to.deep.equal(["Container/app", "Container/db", "VirtualMachine/web"]);
    expect(claimants("other")).to.deep.equal(["Container/other"]);
  });

  it("I1: another vmid, or none any more, is another relation", () => {
    store.put(guest("db", 101));
    store.put(guest("app", 101));
    store.put(guest("app", 102));
    expect(claimants("db")).to.deep.equal(["Container/db"]);
    expect(claimants("app")).to.deep.equal(["Container/app"]);
    const gone = guest("app", 102);
    store.drop(gone);
    expect(relations.claimants(key("app"), gone)).to.deep.equal([]);
  });

  it("L4: whoever names it in dependsOn, whether or not it exists itself", () => {
    store.put(guest("app", 102, ["db", "cache"]));
    store.put(guest("web", 103, ["db"]));
    expect(dependents("db")).to.deep.equal(["app", "web"]);
    store.put(guest("app", 102, ["cache"]));
    expect(dependents("db")).to.deep.equal(["web"]);
    expect(dependents("cache")).to.deep.equal(["app"]);
  });

  it("what is no guest has no part in it", () => {
    store.put(guest("base", 101, ["db"], "HomelabLayer"));
    expect(dependents("db")).to.deep.equal([]);
  });
});
