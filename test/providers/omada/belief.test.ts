import { expect } from "chai";
import { Belief } from "../../../controller/providers/omada/belief.ts";
import { Turns } from "../../../controller/providers/omada/turns.ts";
import { FakeClock } from "../../fakes/clock.ts";

const never = new AbortController().signal;

describe("N1: belief in lists of Omada", () => {
  let belief: Belief;
  const look = (rows: readonly string[], at: number, part = "networks"): readonly string[] =>
    belief.believe(part, rows, (row) => row, at);

  beforeEach(() => {
    belief = new Belief();
  });

  it("keeps rows that one look does not show, and lets them go when looks over five seconds agree", () => {
    look(["a", "b", "c"], 0);
    expect(look([], 1_000)).to.have.members(["a", "b", "c"]);
    expect(belief.doubts("networks")).to.equal(true);
    expect(look(["a"], 3_000)).to.have.members(["a", "b", "c"]);
    expect(look(["a"], 5_999)).to.have.members(["a", "b", "c"]);
    expect(look(["a"], 6_000)).to.deep.equal(["a"]);
    expect(belief.doubts("networks")).to.equal(false);
  });

  it("does not believe a single look, however late it is", () => {
    look(["a"], 0);
    expect(look([], 60_000)).to.deep.equal(["a"]);
    expect(look([], 120_000)).to.deep.equal([]);
  });

  it("begins to count anew when the row is seen again", () => {
    look(["a"], 0);
    look([], 1_000);
    look(["a"], 4_000);
    expect(look([], 7_000)).to.deep.equal(["a"]);
    expect(look([], 9_000)).to.deep.equal(["a"]);
  });

  it("takes new rows and changed ones at once", () => {
    const row = (name: string, vlan: number) => ({ name, vlan });
    const seen = (rows: readonly { name: string; vlan: number }[], at: number) =>
      belief.believe("networks", rows, (one) => one.name, at);
    seen([row("a", 1)], 0);
    expect(seen([row("a", 2), row("b", 3)], 1_000)).to.deep.equal([row("a", 2), row("b", 3)]);
  });

  it("lets go of what we deleted ourselves, and of a part that nobody wants", () => {
    look(["a", "b"], 0);
    belief.gone("networks", "a");
    expect(look(["b"], 1_000)).to.deep.equal(["b"]);
    belief.forget("networks");
    expect(look([], 2_000)).to.deep.equal([]);
  });

  it("lets a client go at the second look without it", () => {
    look(["phone"], 0, "clients");
    expect(look([], 1_000, "clients")).to.deep.equal(["phone"]);
    expect(look([], 1_001, "clients")).to.deep.equal([]);
  });
});

describe("N4: turns of writes", () => {
  it("runs one after the other, 200 ms apart, also after one that failed", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock);
    const log: string[] = [];
    const work =
      (name: string, fails = false) =>
      async (): Promise<void> => {
        log.push(`${name} begins at ${clock.monotonic()}`);
        await clock.sleep(100, never);
        log.push(`${name} ends at ${clock.monotonic()}`);
        if (fails) throw new Error(name);
      };
    const failed = turns.take(work("one", true), never).catch((error: unknown) => String(error));
    const second = turns.take(work("two"), never);
    await clock.advance(1_000);
    await second;
    expect(await failed).to.equal("Error: one");
    expect(log).to.deep.equal(["one begins at 0", "one ends at 100", "two begins at 300", "two ends at 400"]);
  });

  it("does not begin one whose signal was aborted while it waited", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock);
    const stop = new AbortController();
    let begun = false;
    const first = turns.take(() => clock.sleep(100, never), never);
    const second = turns.take(async () => void (begun = true), stop.signal).catch((error: unknown) => String(error));
    stop.abort(new Error("stopped"));
    await clock.advance(1_000);
    await first;
    expect(await second).to.equal("Error: stopped");
    expect(begun).to.equal(false);
  });
});
