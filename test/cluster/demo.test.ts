import { expect } from "chai";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { text } from "node:stream/consumers";
import type { Report } from "../../hack/demo/report.ts";

type Demo = ChildProcessByStdio<null, Readable, Readable>;

const STORY_SECONDS = 110;
const TEST_MS = 240_000;
const LEAVE_MS = 3_000;
const demo = join(import.meta.dirname, "..", "..", "hack", "demo.ts");

function start(flags: readonly string[], env: NodeJS.ProcessEnv = {}): Demo {
  return spawn(process.execPath, [demo, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
}

/** Process ids of the children of `pid`, their children, and so on, by /proc. */
function descendantsOf(pid: number): readonly number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(file)
    ? readFileSync(file, "utf8")
        .split(" ")
        .filter((word) => word !== "")
        .map(Number)
    : [];
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** A zombie has ended; that nobody has asked for its exit code is another matter. */
function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) [ZX] /.test(readFileSync(file, "utf8"));
}

/** Those of `programs` that are still there after some seconds: a killed one takes a moment to go. */
async function leftOf(programs: readonly number[]): Promise<readonly number[]> {
  const deadline = performance.now() + LEAVE_MS;
  while (programs.some(isAlive) && performance.now() < deadline) await delay(20);
  return programs.filter(isAlive);
}

async function reportOf(flags: readonly string[]): Promise<Report> {
  const child = start(["--exit", "--json", ...flags]);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  if (stdout === "") throw new Error(`no report:\n${stderr}`);
  const report = JSON.parse(stdout) as Report;
  const missed = report.steps.filter((step) => step.state !== "seen").map((step) => `${step.title}: ${step.detail}`);
  expect(missed, stderr.slice(-4_000)).to.deep.equal([]);
  expect(code).to.equal(0);
  return report;
}

function expectTold(report: Report): void {
  const { boot, recovery, calls, storySeconds, ok } = report;
  expect(ok).to.equal(true);
  expect(storySeconds).to.be.below(STORY_SECONDS);
  expect(boot?.cause).to.equal("FirstStart");
  const layers = ["infra-base", "core", "apps", "user-media"];
  const names = boot?.steps?.map((step) => step.name) ?? [];
  expect(names).to.include.members(layers.flatMap((layer) => [`${layer} started`, `${layer} healthy`]));
  expect(boot?.criticalPath?.map((link) => link.split(":")[0])).to.deep.equal(layers);
  expect(boot?.slowestProbe).to.match(/^omada21\/web /);
  expectRecovered(recovery);
  expectNetworkTold(report);
  const verbs = (verb: string): number =>
    calls.byKind.find(({ call }) => call.startsWith("POST") && call.endsWith(`/status/${verb}`))?.count ?? 0;
  expect({ starts: verbs("start"), shutdowns: verbs("shutdown"), stops: verbs("stop") }).to.deep.equal({
    starts: 13,
    shutdowns: 11,
    stops: 0,
  });
}

/** By the site's own log: all is made once, and from then on nothing is written. */
function expectNetworkTold({ site }: Report): void {
  const prefix = "/openapi/v#/{omadacId}/sites/{id}";
  const writes = site.writes.map(({ call, count }) => `${String(count)} ${call.replace(/\/v\d\//, "/v#/")}`);
  expect(writes).to.have.members([
    `1 POST ${prefix}/lan-networks`,
    `2 POST ${prefix}/wireless-network/wlans/{id}/ssids`,
    `1 POST ${prefix}/acls/osg-acls`,
    `3 PATCH ${prefix}/switches/{mac}/ports/{port}`,
  ]);
  expect(site).to.deep.include({ doubled: [], writesAtRest: 0, failed: 0 });
}

function expectRecovered(recovery: Report["recovery"]): void {
  expect(recovery).to.include({ cause: "Crashed", guest: "dbempleosdelatlantico" });
  // What is measured is never shorter than what the host itself saw, and longer by a poll at most.
  const { witnessedSeconds, mttrSeconds } = recovery ?? {};
  expect(mttrSeconds).to.be.within(witnessedSeconds ?? NaN, (witnessedSeconds ?? NaN) + 12);
}

describe("npm run demo", function () {
  this.timeout(TEST_MS);

  it("tells the whole story on existing containers and sees every step of it", async () => {
    const report = await reportOf([]);
    expectTold(report);
    expect(report.emptyHost).to.equal(false);
    expect(report.calls.byKind.map(({ call }) => call)).not.to.include("POST /nodes/{node}/lxc");
  });

  it("tells the same story on an empty host, where the twelve are created first", async () => {
    const report = await reportOf(["--empty-host"]);
    expectTold(report);
    expect(report.calls.byKind).to.deep.include({ call: "POST /nodes/{node}/lxc", count: 12 });
  });

  it("interrupted in the middle it leaves no process and no directory behind", async () => {
    const room = mkdtempSync(join(tmpdir(), "homelab-demo-test-"));
    const child = start([], { TMPDIR: room });
    const said = createInterface(child.stdout);
    for await (const line of said) if (line.includes("omada21: Starting (Running")) break;
    const programs = descendantsOf(child.pid ?? 0);
    expect(programs.length).to.be.greaterThan(4);
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code).to.equal(130);
    expect(readdirSync(room)).to.deep.equal([]);
    expect(await leftOf(programs)).to.deep.equal([]);
    rmSync(room, { recursive: true });
  });

  it("refuses what it does not know, with its help", async () => {
    const child = start(["--fast"]);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit") as Promise<[number | null]>]);
    expect(code).to.equal(2);
    expect(stderr).to.contain("--fast").and.contain("--empty-host");
  });
});
