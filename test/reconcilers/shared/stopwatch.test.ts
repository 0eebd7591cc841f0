import { expect } from "chai";
import { Stopwatch } from "../../../controller/reconcilers/shared/stopwatch.ts";
import { FakeClock } from "../../fakes/clock.ts";

const counting = { counting: true, resumeMs: () => 0 };

describe("stopwatch", () => {
  it("L3: time counts only while it is counted", async () => {
    const clock = new FakeClock();
    const watch = new Stopwatch(clock);
    watch.run("base", "1", counting);
    await clock.advance(3_000);
    expect(watch.run("base", "1", { ...counting, counting: false })).to.equal(3_000);
    await clock.advance(10_000);
    expect(watch.run("base", "1", counting)).to.equal(3_000);
    await clock.advance(2_000);
    watch.pause("base");
    await clock.advance(10_000);
    expect(watch.run("base", "1", counting)).to.equal(5_000);
  });

  it("L3: a new label begins anew", async () => {
    const clock = new FakeClock();
    const watch = new Stopwatch(clock);
    watch.run("base", "1", counting);
    await clock.advance(3_000);
    expect(watch.run("base", "2", { counting: true, resumeMs: () => 9_000 })).to.equal(0);
  });

  it("L10: the first run of a key goes on where an earlier process was, never before its begin", () => {
    const watch = new Stopwatch(new FakeClock());
    expect(watch.run("base", "1", { counting: true, resumeMs: () => 9_000 })).to.equal(9_000);
    expect(watch.run("apps", "1", { counting: true, resumeMs: () => -9_000 })).to.equal(0);
  });

  it("P4: a wall clock that jumps changes nothing", async () => {
    const clock = new FakeClock();
    const watch = new Stopwatch(clock);
    watch.run("base", "1", counting);
    clock.jump(3_600_000);
    await clock.advance(1_000);
    expect(watch.run("base", "1", counting)).to.equal(1_000);
  });
});
