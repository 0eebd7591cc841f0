import { expect } from "chai";
import fc from "fast-check";
import { scheduleOf, type Schedule } from "../../../controller/plan/snapshots/schedule.ts";

function schedule(expression: string, timeZone = "Etc/UTC"): Schedule {
  const read = scheduleOf(expression, timeZone);
  if ("wrong" in read) throw new Error(read.wrong);
  return read;
}

const at = (text: string): number => Date.parse(text);
const text = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

describe("schedules", () => {
  it("a run is due from its minute on, and only once", () => {
    const nightly = schedule("30 2 * * *");
    expect(nightly.due(at("2026-11-23T02:30:00Z"), at("2026-11-24T02:29:59Z"))).to.equal(undefined);
    expect(text(nightly.due(at("2026-11-23T02:30:00Z"), at("2026-11-24T02:30:00Z")))).to.equal(
      "2026-11-24T02:30:00.000Z",
    );
    expect(nightly.due(at("2026-11-24T02:30:00Z"), at("2026-11-24T02:30:30Z"))).to.equal(undefined);
  });

  it("runs that were missed are caught up once: only the latest is due", () => {
    const hourly = schedule("0 * * * *");
    expect(text(hourly.due(at("2026-11-01T00:00:00Z"), at("2026-11-24T10:59:00Z")))).to.equal(
      "2026-11-24T10:00:00.000Z",
    );
  });

  it("times are those of the time zone, also where its clock is set", () => {
    const madrid = schedule("30 2 * * *", "Europe/Madrid");
    expect(text(madrid.next(at("2026-11-24T00:00:00Z")))).to.equal("2026-11-24T01:30:00.000Z");
    expect(text(madrid.next(at("2026-07-01T00:00:00Z")))).to.equal("2026-07-01T00:30:00.000Z");
    // 02:30 is there twice on 25 October: once is enough.
    const first = madrid.next(at("2026-10-24T12:00:00Z")) ?? 0;
    expect(text(first)).to.equal("2026-10-25T00:30:00.000Z");
    expect(text(madrid.next(first))).to.equal("2026-10-26T01:30:00.000Z");
  });

  it("a date that never comes is never due", () => {
    const never = schedule("0 0 31 2 *");
    expect(never.next(at("2026-01-01T00:00:00Z"))).to.equal(undefined);
    expect(never.due(0, at("2026-01-01T00:00:00Z"))).to.equal(undefined);
  });

  it("P5: what cannot be read is said in a sentence", () => {
    expect(scheduleOf("61 * * * *", "Etc/UTC")).to.deep.equal({
      wrong: 'schedule "61 * * * *" cannot be read: Invalid value for minute: 61',
    });
    expect(scheduleOf("0 0 * * *", "Europe/Atlantis"))
      .to.have.property("wrong")
      .that.matches(/Europe\/Atlantis is not known/);
    expect(scheduleOf("0 0 0 * * *", "Etc/UTC")).to.have.property("wrong");
  });

  it("property: what is due lies between, and nothing of the schedule lies between it and now", () => {
    const expressions = ["*/7 * * * *", "0 3 * * *", "15 4 * * 1", "0 0 1 * *"];
    const start = at("2026-01-01T00:00:00Z");
    fc.assert(
      fc.property(
        fc.constantFrom(...expressions),
        fc.constantFrom("Etc/UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe"),
        fc.integer({ min: 0, max: 400 * 86_400 }),
        fc.integer({ min: 0, max: 40 * 86_400 }),
        (expression, zone, offset, length) => {
          const one = schedule(expression, zone);
          const after = start + offset * 1000;
          const now = after + length * 1000;
          const due = one.due(after, now);
          if (due === undefined) expect(one.next(after) ?? Infinity).to.be.greaterThan(now);
          else {
            expect(due).to.be.greaterThan(after).and.at.most(now);
            expect(one.next(due) ?? Infinity).to.be.greaterThan(now);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
