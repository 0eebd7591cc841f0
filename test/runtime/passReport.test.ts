import { expect } from "chai";
import type { Fields, Log } from "../../controller/base/log.ts";
import { logPasses, type PassReport } from "../../controller/runtime/passReport.ts";

/** Keeps "level message key=value …" of each line, with the named fields. */
function kept(lines: string[], names: readonly string[]): Log {
  const keep = (level: string, message: string, fields: Fields = {}): void => {
    lines.push([level, message, ...names.filter((name) => name in fields).map((n) => String(fields[n]))].join(" "));
  };
  const log: Log = {
    debug: (message, fields) => {
      keep("debug", message, fields);
    },
    info: (message, fields) => {
      keep("info", message, fields);
    },
    warn: (message, fields) => {
      keep("warn", message, fields);
    },
    error: (message, _error, fields) => {
      keep("error", message, fields);
    },
    with: () => log,
  };
  return log;
}

const key = { kind: "Lamp", namespace: "home", name: "hall" };
const base: PassReport = { key, ending: { is: "followed" }, next: { is: "rest" }, writes: 0, ms: 1.4 };
const action = { op: "Start", because: "asked to", makesTask: true };
const concluded = (reason: "Settled" | "Starting"): PassReport => ({
  ...base,
  ending: { is: "concluded", outcome: { is: "settled", reason, message: "" } },
  before: {
    type: "Ready",
    status: "True",
    observedGeneration: 1,
    lastTransitionTime: "",
    reason: "Settled",
    message: "",
  },
});

describe("logPasses", () => {
  const table: { says: string; report: PassReport }[] = [
    { says: "debug Pass ended hall followed 1", report: base },
    { says: "debug Pass ended hall settled Settled 1", report: concluded("Settled") },
    { says: "info Ready changed hall settled Starting 1", report: concluded("Starting") },
    {
      says: "info Action executed hall settled Settled Start UPID:1 1|debug Pass ended hall settled Settled Start UPID:1 1",
      report: { ...concluded("Settled"), acted: { action, receipt: { upid: "UPID:1" } } },
    },
    {
      says: "warn Action failed hall settled Settled Start 1 no|debug Pass ended hall settled Settled Start 1",
      report: { ...concluded("Settled"), acted: { action, error: new Error("no") } },
    },
    {
      says: "error Status not written hall unwritten 1",
      report: { ...base, ending: { is: "unwritten", error: new Error("no role") } },
    },
    {
      says: "error Pass failed hall failed Unreachable 1",
      report: {
        ...concluded("Settled"),
        ending: {
          is: "concluded",
          outcome: { is: "failed", reason: "Unreachable", message: "", error: new Error("no") },
        },
      },
    },
  ];
  for (const { says, report } of table)
    it(`S3: ${says}`, () => {
      const lines: string[] = [];
      logPasses(kept(lines, ["name", "ending", "reason", "action", "upid", "ms", "error"]))(report);
      expect(lines.join("|")).to.equal(says);
    });
});
