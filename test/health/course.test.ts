import { expect } from "chai";
import fc from "fast-check";
import { begin, heard, seenOf, startupEnded, type Course, type Heard } from "../../controller/health/course.ts";
import type { HealthSeen, Probe, Target } from "../../controller/health/port.ts";

const web: Probe = { name: "web", tcpSocket: { port: 80 } };
const db: Probe = { name: "db", tcpSocket: { port: 5432 }, successThreshold: 2, failureThreshold: 2 };

function target(probes: readonly Probe[], resume?: "Healthy" | "Unhealthy"): Target {
  const base = { probes, startID: "1", addresses: () => ["10.0.0.5"], startupTimeoutSeconds: 300 };
  return resume === undefined ? base : { ...base, resume };
}

const ok: Heard = { ok: true };
const no: Heard = { ok: false, refused: false, message: "no answer" };

/** Plays a line like "web+ db- web0 over": success, failure, no address, end of the startup timeout; one a second. */
function play(start: Course, line: string): Course {
  const probes = new Map([web, db].map((probe) => [probe.name, probe]));
  return line
    .split(" ")
    .filter((word) => word !== "")
    .reduce((course, word, index) => {
      if (word === "over") return startupEnded(course, index * 1_000);
      const probe = probes.get(word.slice(0, -1)) ?? web;
      const sign = word.slice(-1);
      const what = sign === "+" ? ok : sign === "-" ? no : "noAddress";
      return heard(course, probe, what, { wall: 1_000_000 + index * 1_000, monotonic: index * 1_000 });
    }, start);
}

function played(probes: readonly Probe[], line: string, resume?: "Healthy" | "Unhealthy"): HealthSeen {
  return seenOf(play(begin(target(probes, resume), false, 0), line));
}

describe("course of health", () => {
  it("a guest without probes is healthy as soon as it runs", () => {
    expect(played([], "")).to.include({ state: "Healthy", judged: true, wasHealthy: true });
  });

  const lines: readonly [string, readonly Probe[], string, HealthSeen["state"]][] = [
    ["H2: a new start is Starting", [web], "", "Starting"],
    ["H2: failures while Starting don't count", [web], "web- web- web- web- web- web-", "Starting"],
    ["one success makes it Healthy", [web], "web- web+", "Healthy"],
    ["every probe has to succeed", [web, db], "web+ web+ db+", "Starting"],
    ["successThreshold in a row makes a probe succeed", [web, db], "web+ db+ db+", "Healthy"],
    ["a failure between begins the count anew", [web, db], "web+ db+ db- db+", "Starting"],
    ["fewer failures than failureThreshold change nothing", [web], "web+ web- web-", "Healthy"],
    ["failureThreshold in a row makes it Unhealthy", [web], "web+ web- web- web-", "Unhealthy"],
    ["a success between begins the count anew", [web], "web+ web- web- web+ web- web-", "Healthy"],
    ["one failing probe is enough to be Unhealthy", [web, db], "web+ db+ db+ db- db-", "Unhealthy"],
    ["it recovers by successThreshold", [web, db], "web+ db+ db+ db- db- db+ db+", "Healthy"],
    ["H2: after the startup timeout failures count", [web], "web- web- over web- web- web-", "Unhealthy"],
    ["H2: those before the startup timeout don't", [web], "web- web- over web- web-", "Starting"],
    ["H2: failures count once every probe has succeeded once", [web, db], "web+ db+ db- db-", "Unhealthy"],
    ["H2: and not while another has not", [web, db], "web+ web- web- web-", "Starting"],
    ["H2: a probe that fails again while Starting holds Healthy back", [web, db], "web+ web- db+ db+", "Starting"],
  ];
  for (const [name, probes, line, state] of lines)
    it(name, () => {
      expect(played(probes, line).state).to.equal(state);
    });

  const resumed: readonly [string, "Healthy" | "Unhealthy", string, HealthSeen["state"], boolean][] = [
    ["L10: the last written state stands at first", "Healthy", "", "Healthy", false],
    ["L10: it stands until every probe is judged", "Healthy", "web- web- web-", "Healthy", false],
    ["L10: the first full verdict replaces it", "Healthy", "web- web- web- db+ db+", "Unhealthy", true],
    ["L10: a full good verdict confirms it", "Healthy", "web+ db+ db+", "Healthy", true],
    ["L10: Unhealthy stands as well", "Unhealthy", "web+ db+", "Unhealthy", false],
    ["L10: and ends with the first full verdict", "Unhealthy", "web+ db+ db+", "Healthy", true],
  ];
  for (const [name, resume, line, state, judged] of resumed)
    it(name, () => {
      expect(played([web, db], line, resume)).to.include({ state, judged });
    });

  it("H3: a resumed Healthy is not yet healthy under the eyes of this process", () => {
    expect(played([web], "", "Healthy").wasHealthy).to.equal(false);
    expect(played([web], "web+", "Healthy").wasHealthy).to.equal(true);
    expect(played([web], "web+ web- web- web-").wasHealthy).to.equal(true);
    expect(played([web], "web- over web- web- web-").wasHealthy).to.equal(false);
  });

  it("H1: NoAddress needs the startup timeout and nothing but missing addresses", () => {
    expect(played([web], "web0 web0").noAddress).to.equal(false);
    expect(played([web], "web0 over").noAddress).to.equal(true);
    expect(played([web], "over web0").noAddress).to.equal(true);
    expect(played([web], "over").noAddress).to.equal(false);
    expect(played([web], "web0 web- over").noAddress).to.equal(false);
    expect(played([web], "web0 over web-").noAddress).to.equal(false);
  });

  it("shows message and time of each probe's last change", () => {
    expect(played([web], "web+ web- web- web-").probes).to.deep.equal([
      { name: "web", state: "Failing", message: "no answer", transitionTime: 1_003_000 },
    ]);
    expect(played([web], "web- web-").probes).to.deep.equal([{ name: "web", state: "Unknown", message: "no answer" }]);
    expect(played([web], "web- web+").probes).to.deep.equal([
      { name: "web", state: "Succeeding", message: "", transitionTime: 1_001_000 },
    ]);
  });

  it("S1: a message does not flicker: another one has to come failureThreshold times in a row", () => {
    const other: Heard = { ok: false, refused: true, message: "connection refused" };
    const at = { wall: 0, monotonic: 0 };
    let course = play(begin(target([web]), false, 0), "web+ web- web- web-");
    const message = (): string | undefined => seenOf(course).probes[0]?.message;
    for (const what of [other, other, no, other, other]) {
      course = heard(course, web, what, at);
      expect(message()).to.equal("no answer");
    }
    course = heard(course, web, other, at);
    expect(message()).to.equal("connection refused");
  });

  it("`since` moves with the state only", () => {
    const healthy = play(begin(target([web]), false, 0), "web- web+ web- web+ web-");
    expect(seenOf(healthy)).to.include({ state: "Healthy", since: 1_000 });
  });

  const words = fc.array(fc.constantFrom("web+", "web-", "web0", "db+", "db-", "db0"), { maxLength: 60 });

  it("no change of state without a threshold reached in a row", () => {
    fc.assert(
      fc.property(words, (line) => {
        let course = begin(target([web, db]), false, 0);
        const run = new Map<string, { sign: boolean; length: number }>();
        for (const word of line) {
          const name = word.slice(0, -1);
          const sign = word.endsWith("+");
          const before = run.get(name);
          const length = before?.sign === sign ? before.length + 1 : 1;
          run.set(name, { sign, length });
          const next = play(course, word);
          if (next.state !== course.state) {
            const probe = name === "web" ? web : db;
            expect(next.state).to.equal(sign ? "Healthy" : "Unhealthy");
            expect(length).to.be.at.least((sign ? probe.successThreshold : probe.failureThreshold) ?? (sign ? 1 : 3));
          }
          course = next;
        }
      }),
    );
  });

  it("Healthy means every probe succeeds, Unhealthy that one fails, and Starting never comes back", () => {
    fc.assert(
      fc.property(words, fc.nat(60), (line, over) => {
        let course = begin(target([web, db]), false, 0);
        let left = false;
        for (const word of [...line.slice(0, over), "over", ...line.slice(over)]) {
          course = play(course, word);
          const { state, probes } = seenOf(course);
          const states = new Set(probes.map((probe) => probe.state));
          if (states.has("Failing")) expect(state).to.equal("Unhealthy");
          if (states.size === 1 && states.has("Succeeding")) expect(state).to.equal("Healthy");
          if (left) expect(state).to.not.equal("Starting");
          left ||= state !== "Starting";
        }
      }),
    );
  });

  it("L10: a resumed state never changes before every probe is judged", () => {
    fc.assert(
      fc.property(words, fc.constantFrom("Healthy" as const, "Unhealthy" as const), (line, resume) => {
        let course = begin(target([web, db], resume), false, 0);
        for (const word of line) {
          course = play(course, word);
          if (!course.judged) expect(course.state).to.equal(resume);
          else expect(seenOf(course).probes.every(({ state }) => state !== "Unknown")).to.equal(true);
        }
      }),
    );
  });
});
