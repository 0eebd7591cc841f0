import { expect } from "chai";
import fc from "fast-check";
import { doomed } from "../../../controller/plan/snapshots/keep.ts";

const at = (text: string): number => Date.parse(text);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("which snapshots stay", () => {
  it("without rules all do", () => {
    expect(doomed([1, 2, 3], undefined, "Etc/UTC")).to.deep.equal([]);
  });

  it("last keeps the newest; what goes is told oldest first", () => {
    expect(doomed([3, 1, 2, 5, 4], { last: 2 }, "Etc/UTC")).to.deep.equal([1, 2, 3]);
  });

  it("daily keeps the newest of each day, of the last days that have one", () => {
    const days = ["2026-11-01T03:00:00Z", "2026-11-20T03:00:00Z", "2026-11-20T23:00:00Z", "2026-11-24T03:00:00Z"].map(
      at,
    );
    expect(doomed(days, { daily: 2 }, "Etc/UTC")).to.deep.equal([
      at("2026-11-01T03:00:00Z"),
      at("2026-11-20T03:00:00Z"),
    ]);
    expect(doomed(days, { daily: 3 }, "Etc/UTC")).to.deep.equal([at("2026-11-20T03:00:00Z")]);
  });

  it("days are those of the time zone", () => {
    const evening = [at("2026-11-23T22:30:00Z"), at("2026-11-23T23:30:00Z")];
    expect(doomed(evening, { daily: 2 }, "Etc/UTC")).to.deep.equal([evening[0]]);
    expect(doomed(evening, { daily: 2 }, "Europe/Madrid")).to.deep.equal([]);
  });

  it("weeks begin on Monday, also over the end of a year", () => {
    const times = ["2026-12-28T00:00:00Z", "2027-01-03T00:00:00Z", "2027-01-04T00:00:00Z"].map(at);
    expect(doomed(times, { weekly: 5 }, "Etc/UTC")).to.deep.equal([times[0]]);
  });

  it("the hour that a clock has twice is two hours", () => {
    const twice = [at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")];
    expect(doomed(twice, { hourly: 2 }, "Europe/Madrid")).to.deep.equal([]);
  });

  it("rules add up: one is enough to stay", () => {
    const times = Array.from({ length: 60 }, (_, day) => at("2026-09-01T03:00:00Z") + day * DAY);
    const kept = times.length - doomed(times, { last: 3, weekly: 4, monthly: 6 }, "Etc/UTC").length;
    // 28, 29, 30 October; Sundays 11, 18, 25; 30 September: the newest of the week and of October are among the first.
    expect(kept).to.equal(7);
  });

  it("property: the newest stays, more rules keep more, and a second look removes nothing more", () => {
    const rule = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
    const rules = fc.record({ last: rule, hourly: rule, daily: rule, weekly: rule, monthly: rule });
    const times = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(times, rules, (hours, keep) => {
        const all = [...new Set(hours)].map((hour) => at("2026-01-01T00:30:00Z") + hour * HOUR);
        const some = Object.fromEntries(Object.entries(keep).filter(([, most]) => most !== undefined));
        const gone = new Set(doomed(all, some, "Europe/Madrid"));
        const left = all.filter((time) => !gone.has(time));
        if (Object.keys(some).length > 0) expect(left).to.include(Math.max(...all));
        expect(doomed(left, some, "Europe/Madrid")).to.deep.equal([]);
        for (const time of doomed(all, { ...some, last: (keep.last ?? 0) + 5 }, "Europe/Madrid"))
          expect(gone).to.include(time);
      }),
      { numRuns: 300 },
    );
  });
});
