import { expect } from "chai";
import { leanObject } from "../../controller/runtime/leanObject.ts";
import { key, LampLab } from "./lab.ts";

describe("what is kept of an object", () => {
  it("is everything but its managedFields", async () => {
    await using lab = new LampLab();
    lab.apply();
    const stored = lab.kube.read(key());
    if (stored === undefined) throw new Error("not applied");
    const sent = { ...stored, metadata: { ...stored.metadata, managedFields: [{ manager: "kubectl" }] } };
    expect(leanObject(sent)).to.deep.equal(stored);
  });
});
