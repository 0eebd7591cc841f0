import { expect } from "chai";
import type { Stored } from "../../controller/api/meta.ts";
import { Store, type Change } from "../../controller/runtime/store.ts";

interface At {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
}

function lamp(resourceVersion: string, { name = "hall", namespace = "home", uid = "u1" }: At = {}): Stored {
  const creationTimestamp = "2026-01-01T00:00:00Z";
  return {
    apiVersion: "homelab.neuralcodelab.com/v1alpha1",
    kind: "Lamp",
    metadata: { name, namespace, uid, resourceVersion, generation: 1, creationTimestamp },
    spec: {},
  };
}

const hall = { kind: "Lamp", namespace: "home", name: "hall" };

describe("Store", () => {
  let store = new Store();
  let changes: Change[] = [];
  beforeEach(() => {
    store = new Store();
    changes = [];
    store.onChange((change) => changes.push(change));
  });
  const held = (): string | undefined => store.get(hall)?.metadata.resourceVersion;

  it("an older version never replaces a newer one, whatever its number of digits", () => {
    store.put(lamp("100"));
    store.put(lamp("99"));
    expect(held()).to.equal("100");
    store.put(lamp("9999999999999999999"));
    store.put(lamp("9999999999999999998"));
    expect(held()).to.equal("9999999999999999999");
  });

  it("the watch's echo of our own write changes nothing", () => {
    store.put(lamp("1"));
    store.put(lamp("2"), true);
    store.put(lamp("2"));
    expect(changes.map(({ own, after }) => [own, after?.metadata.resourceVersion])).to.deep.equal([
      [false, "1"],
      [true, "2"],
    ]);
  });

  it("tells before, after and key of each change, and grows its version", () => {
    store.put(lamp("1"));
    store.put(lamp("2"));
    store.drop(lamp("3"));
    const versions = changes.map((change) => [
      change.before?.metadata.resourceVersion,
      change.after?.metadata.resourceVersion,
    ]);
    expect(versions).to.deep.equal([
      [undefined, "1"],
      ["1", "2"],
      ["2", undefined],
    ]);
    expect(changes[0]?.key).to.deep.equal(hall);
    expect(store.version).to.equal(3);
  });

  it("a late answer to a write of ours does not bring a deleted object back", () => {
    store.put(lamp("1"));
    store.drop(lamp("3"));
    store.put(lamp("2"), true);
    expect(store.get(hall)).to.equal(undefined);
    store.put(lamp("4", { uid: "u2" }));
    expect(held()).to.equal("4");
  });

  it("a deletion seen late does not remove the object's successor", () => {
    store.put(lamp("5", { uid: "u2" }));
    store.drop(lamp("3", { uid: "u1" }));
    expect(held()).to.equal("5");
  });

  it("a list takes the place of what was there: what it does not have is gone", () => {
    store.put(lamp("1"));
    store.put(lamp("2", { name: "stairs", uid: "u2" }));
    store.replace("Lamp", "home", { items: [lamp("4")], resourceVersion: "5" });
    expect(store.list("Lamp", "home").map((object) => object.metadata.name)).to.deep.equal(["hall"]);
    expect(held()).to.equal("4");
  });

  it("a list that was made before a write of ours does not undo it", () => {
    store.put(lamp("1"));
    store.put(lamp("7"), true);
    store.replace("Lamp", "home", { items: [lamp("1")], resourceVersion: "5" });
    expect(held()).to.equal("7");
  });

  it("a server that went back in time is believed", () => {
    store.put(lamp("900"));
    store.replace("Lamp", "home", { items: [lamp("4")], resourceVersion: "5" });
    expect(held()).to.equal("4");
  });

  it("a server that was set up anew is believed, our own last write notwithstanding", () => {
    store.put(lamp("900"), true);
    store.replace("Lamp", "home", { items: [lamp("4", { uid: "other" })], resourceVersion: "5" });
    expect(held()).to.equal("4");
  });

  it("a list without news changes nothing", () => {
    store.put(lamp("1"));
    store.replace("Lamp", "home", { items: [lamp("1")], resourceVersion: "5" });
    expect(changes.length).to.equal(1);
  });

  it("a list that was handed out does not change with the store", () => {
    store.put(lamp("1"));
    const before = store.list("Lamp", "home");
    store.put(lamp("2"));
    store.put(lamp("3", { name: "stairs", uid: "u2" }));
    expect(store.list("Lamp", "home").length).to.equal(2);
    store.drop(lamp("4"));
    expect(before.map((object) => object.metadata.resourceVersion)).to.deep.equal(["1"]);
    expect(store.list("Lamp", "home").map((object) => object.metadata.name)).to.deep.equal(["stairs"]);
    store.put(lamp("5", { uid: "u3" }));
    expect(store.list("Lamp", "home").map((object) => object.metadata.name)).to.deep.equal(["hall", "stairs"]);
  });

  it("lists one namespace, by name; byNamespace gives them all", () => {
    store.put(lamp("1", { name: "b" }));
    store.put(lamp("2", { name: "a", uid: "u2" }));
    store.put(lamp("3", { name: "c", namespace: "shed", uid: "u3" }));
    expect(store.list("Lamp", "home").map((object) => object.metadata.name)).to.deep.equal(["a", "b"]);
    store.put(lamp("4", { name: "0", uid: "u4" }));
    const all = [...store.byNamespace("Lamp")].map(([space, objects]) => [space, objects.length]);
    expect(all).to.deep.equal([
      ["home", 3],
      ["shed", 1],
    ]);
  });
});
