import { expect } from "chai";
import { Writable } from "node:stream";
import { winstonLog, type LogOptions } from "../../controller/base/winston.ts";
import type { Log } from "../../controller/base/log.ts";
import { FakeClock } from "../fakes/clock.ts";

function logTo(lines: string[], more: Partial<LogOptions> = {}): Log {
  const to = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString().trimEnd());
      done();
    },
  });
  return winstonLog({ level: "info", format: "json", clock: new FakeClock(), to, ...more });
}

describe("winstonLog", () => {
  it("S3: writes one JSON object a line: constant message, variable fields", () => {
    const lines: string[] = [];
    logTo(lines).with({ kind: "Container" }).info("Action executed", { name: "web", ms: 12 });
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal([
      {
        time: "2026-01-01T00:00:00.000Z",
        level: "info",
        message: "Action executed",
        kind: "Container",
        name: "web",
        ms: 12,
      },
    ]);
  });

  it("says nothing below its level", () => {
    const lines: string[] = [];
    const log = logTo(lines, { level: "warn" });
    log.debug("no");
    log.info("no");
    log.warn("yes");
    expect(lines.length).to.equal(1);
  });

  it("S3: never writes a secret, however deep it lies", () => {
    const lines: string[] = [];
    const hidden = { tokenSecret: "geheim", headers: { Authorization: "geheim", list: [{ password: "geheim" }] } };
    logTo(lines, { level: "debug" }).debug("Request", { request: hidden, user: "root" });
    expect(lines.join()).not.to.contain("geheim");
    expect(lines.join()).to.contain("root");
  });

  it("writes an error's message and stack, and anything else that was thrown as text", () => {
    const lines: string[] = [];
    logTo(lines).error("Pass failed", new Error("broken"));
    logTo(lines).error("Pass failed", "odd");
    const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, string>);
    expect(first?.["error"]).to.equal("broken");
    expect(first?.["stack"]).to.contain("winston.test.ts");
    expect(second?.["error"]).to.equal("odd");
  });

  it("survives what cannot be written as JSON as it is", () => {
    const lines: string[] = [];
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    logTo(lines).info("Odd", { loop, cause: new Error("inner"), nothing: undefined });
    expect(lines[0]).to.contain("(deeper)").and.to.contain("inner");
  });

  it("is short for a person", () => {
    const lines: string[] = [];
    logTo(lines, { format: "pretty" }).warn("Lease lost", { identity: "pod-1", because: "no answer" });
    expect(lines).to.deep.equal(['00:00:00.000 WARN  Lease lost identity=pod-1 because="no answer"']);
  });
});
