import { expect } from "chai";
import { KubeUnavailable } from "../../controller/runtime/kube.ts";
import { key, LampLab } from "./lab.ts";

describe("the machine", () => {
  it("takes a new object from nothing to Settled and then falls silent (S1)", async () => {
    await using lab = new LampLab();
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    expect(lab.conditions()).to.deep.equal(["Ready=True/Settled"]);
    expect(lab.lamp().status?.observedGeneration).to.equal(1);
    const writes = lab.kube.writes.length;
    const passes = lab.reports.length;
    await lab.clock.advance(600_000);
    expect(lab.kube.writes.length).to.equal(writes);
    expect(lab.reports.length).to.equal(passes);
  });

  it("S1: needs three status writes for an object that takes one task", async () => {
    await using lab = new LampLab();
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    // intent, receipt, settled
    expect(lab.kube.writes.length).to.equal(3);
  });

  it("S1: needs one status write for an object that is already as declared", async () => {
    await using lab = new LampLab();
    lab.driver.on.set("hall", 5);
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    expect(lab.kube.writes.length).to.equal(1);
  });

  it("S2: tells the story in events: the action, then the result", async () => {
    await using lab = new LampLab();
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    expect(lab.kube.events.map((e) => `${e.type} ${e.action} ${e.reason}: ${e.message}`)).to.deep.equal([
      "Normal Dim Starting: being switched on",
      "Normal Observe Settled: as declared",
    ]);
  });

  it("acts on a changed spec at once", async () => {
    await using lab = new LampLab();
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    lab.apply("hall", 7);
    await lab.clock.advance(0);
    expect(lab.driver.on.get("hall")).to.equal(7);
  });

  it("P2: goes on by itself after the API server was away for an hour", async () => {
    await using lab = new LampLab();
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    lab.kube.away();
    await lab.clock.advance(3_600_000);
    lab.kube.back();
    lab.apply("hall", 9);
    lab.apply("stairs", 3);
    await lab.clock.advance(15_000);
    expect([...lab.driver.on]).to.deep.equal([
      ["hall", 9],
      ["stairs", 3],
    ]);
    expect(lab.conditions("stairs")).to.deep.equal(["Ready=True/Settled"]);
  });

  it("P2: a status that could not be written is written when the API server is back", async () => {
    await using lab = new LampLab();
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    lab.apply("hall", 6);
    lab.kube.failNext("patch", new KubeUnavailable("busy", 503), 3);
    await lab.clock.advance(60_000);
    expect(lab.conditions()).to.deep.equal(["Ready=True/Settled"]);
    expect(lab.driver.calls.filter((call) => call.startsWith("execute")).length).to.equal(2);
  });

  it("P5: a pass that throws does not stop the others", async () => {
    await using lab = new LampLab();
    lab.driver.deciding = (object) => {
      if (object.metadata.name === "bad") throw new TypeError("no such thing");
      return { outcome: { is: "settled", reason: "Settled", message: "" }, report: {}, conditions: [] };
    };
    lab.start();
    lab.apply("bad");
    lab.apply("good");
    await lab.clock.advance(1_000);
    expect(lab.conditions("bad")).to.deep.equal(["Reconciling=True/InternalError", "Ready=False/InternalError"]);
    expect(lab.conditions("good")).to.deep.equal(["Ready=True/Settled"]);
  });

  it("forgets an object that is gone", async () => {
    await using lab = new LampLab();
    lab.start();
    lab.apply();
    await lab.clock.advance(5_000);
    lab.kube.delete(key());
    await lab.clock.advance(1_000);
    expect(lab.driver.forgotten).to.deep.equal(["Lamp/home/hall"]);
  });
});
