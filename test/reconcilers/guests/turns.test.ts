import { expect } from "chai";
import { turnOf, Turns } from "../../../controller/reconcilers/guests/turns.ts";
import { ACTIONS } from "../../plan/inputs.ts";

const AT_REST = { task: { is: "none" }, creation: undefined } as const;

describe("the turns of guests", () => {
  it("A10: a step of a migration and a restart for changes have one turn, in each namespace", () => {
    const turns = new Turns();
    const turn = (namespace: string, action: "Shutdown" | "Migrate"): string | undefined =>
      turnOf(namespace, AT_REST, { ...ACTIONS[action], ...(action === "Shutdown" ? { update: true } : {}) });
    expect(turns.admits("db", turn("lab", "Migrate"))).to.equal(true);
    expect(turns.admits("web", turn("lab", "Migrate"))).to.equal(false);
    expect(turns.admits("dns", turn("lab", "Shutdown"))).to.equal(false);
    expect(turns.admits("far", turn("other", "Migrate"))).to.equal(true);
  });

  it("A10: the shutdown before a migration has it too, and it ends when the guest does something else", () => {
    const turns = new Turns();
    const before = turnOf("lab", AT_REST, { ...ACTIONS.Shutdown, moves: true });
    expect(turns.admits("db", before)).to.equal(true);
    expect(turns.admits("web", before)).to.equal(false);
    expect(turns.admits("db", turnOf("lab", AT_REST, ACTIONS.Start))).to.equal(true);
    expect(turns.admits("web", before)).to.equal(true);
  });

  it("what needs no turn is always admitted, and who is gone has none", () => {
    const turns = new Turns();
    const turn = turnOf("lab", AT_REST, ACTIONS.Migrate);
    expect(turns.admits("db", turn)).to.equal(true);
    turns.forget("db");
    expect(turns.admits("web", turn)).to.equal(true);
    expect(turns.admits("dns", turnOf("lab", AT_REST, ACTIONS.Destroy))).to.equal(true);
  });
});
