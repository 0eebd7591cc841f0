import Mocha from "mocha";
import { type Answer, type Order, type Seen } from "./messages.ts";

/** Runs the tests given as arguments against one planted bug after the other, as its parent says. */

/** The bug that is awake from the start: one in code that runs when its module is loaded. */
const first = process.env["MUTANT"] === undefined ? -1 : Number(process.env["MUTANT"]);
let awake = first;
let cpuLimitMs = Infinity;
let cpuStart = process.cpuUsage();
let hits = 0;
let seen: Set<number> | undefined = new Set<number>();
const LOOK_AT_CPU_EVERY = 5000;

function usedMs(): number {
  const { user, system } = process.cpuUsage(cpuStart);
  return (user + system) / 1000;
}

function mutant(number: number): boolean {
  seen?.add(number);
  hits += 1;
  if (hits % LOOK_AT_CPU_EVERY === 0 && usedMs() > cpuLimitMs) throw new Error("it never ends");
  return number === awake;
}
Object.assign(globalThis, { $mutant: mutant });

// What a dead lab still had in flight says nothing about the next bug.
for (const event of ["unhandledRejection", "uncaughtException"]) process.on(event, () => {});

interface Run {
  readonly tests: Seen[];
  readonly failed: { readonly title: string; readonly why: string }[];
}

function watched(runner: Mocha.Runner): Run {
  const run: Run = { tests: [], failed: [] };
  runner.on("test", () => (seen = seen === undefined ? undefined : new Set()));
  runner.on("pass", (test) =>
    run.tests.push({ title: test.fullTitle(), ms: test.duration ?? 0, mutants: [...(seen ?? [])] }),
  );
  runner.on("fail", (test, error: unknown) =>
    run.failed.push({ title: test.fullTitle(), why: error instanceof Error ? error.message : String(error) }),
  );
  return run;
}

const mocha = new Mocha({ reporter: Mocha.reporters.Base, timeout: 60_000 });
mocha.cleanReferencesAfterRun(false);
for (const file of process.argv.slice(2)) mocha.addFile(file);
let testMs = 60_000;
mocha.suite.beforeEach(function (this: Mocha.Context) {
  this.currentTest?.timeout(testMs);
});

function setBail(suite: Mocha.Suite, bail: boolean): void {
  suite.bail(bail);
  for (const child of suite.suites) setBail(child, bail);
}

function escaped(title: string): string {
  return title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

async function runTests(bail: boolean, titles: readonly string[] | undefined): Promise<Run> {
  setBail(mocha.suite, bail);
  mocha.grep(titles === undefined ? /^/ : new RegExp(`^(?:${titles.map(escaped).join("|")})$`));
  return await new Promise((resolve) => {
    const run: Run = watched(mocha.run(() => resolve(run)));
  });
}

async function learn(atLoad: readonly number[]): Promise<Answer> {
  seen = new Set();
  const { tests, failed } = await runTests(false, undefined);
  seen = undefined;
  return { is: "learnt", tests, failed: failed.map(({ title, why }) => `${title}: ${why}`), atLoad };
}

async function tryOut(order: Order & { is: "try" }): Promise<Answer> {
  seen = undefined;
  cpuLimitMs = order.cpuMs;
  cpuStart = process.cpuUsage();
  testMs = order.testMs;
  awake = order.mutant;
  const { failed } = await runTests(true, order.tests);
  awake = first;
  const killer = failed[0];
  return killer === undefined ? { is: "tried" } : { is: "tried", killedBy: killer.title, why: killer.why };
}

function send(message: Answer): void {
  process.send?.(message);
}

let loadFailure: string | undefined;
try {
  await mocha.loadFilesAsync();
} catch (error) {
  loadFailure = error instanceof Error ? error.message : String(error);
}
const atLoad = [...seen];
process.on("message", (order: Order) => {
  if (loadFailure !== undefined) send({ is: "tried", killedBy: "the loading of the tests", why: loadFailure });
  else void (order.is === "learn" ? learn(atLoad) : tryOut(order)).then(send);
});
process.on("disconnect", () => process.exit());
send({ is: "ready" });
