import Mocha from "mocha";
import { portSuite } from "../../test/providers/portSuite.ts";
import type { Host } from "./host.ts";

/** A test that cannot be run at this address, and why. */
export interface LeftOut {
  /** A part of its title. */
  readonly title: string;
  readonly reason: string;
}

export interface Outcome {
  readonly passed: number;
  readonly failures: readonly { readonly title: string; readonly message: string }[];
  readonly leftOut: readonly LeftOut[];
}

/** On a real host one test makes two containers, and starts, changes and removes them. */
const TEST_MS = 600_000;

/** Runs the suites of the port at the host. `say` hears a line for each test. Ends early, and soon, when interrupted. */
export async function runSuites(
  host: Host,
  leftOut: readonly LeftOut[],
  say: (line: string) => void,
  interrupted: AbortSignal,
): Promise<Outcome> {
  const mocha = new Mocha({ timeout: TEST_MS, reporter: Mocha.reporters.Base });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  portSuite("at this address", () => Promise.resolve(host.lab()));
  const out = remove(mocha.suite, leftOut);
  const failures: { title: string; message: string }[] = [];
  let passed = 0;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => {
      resolve();
    });
    runner.on("pass", (test) => {
      passed += 1;
      say(`  ✔ ${test.title}`);
    });
    runner.on("fail", (test, error: unknown) => {
      if (interrupted.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      failures.push({ title: test.fullTitle(), message });
      say(`  ✘ ${test.title}: ${message}`);
    });
    interrupted.addEventListener("abort", () => {
      runner.abort();
    });
  });
  return { passed, failures, leftOut: out };
}

/** Takes tests out; throws where there is none, so that the list stays true. */
function remove(suite: Mocha.Suite, leftOut: readonly LeftOut[]): readonly LeftOut[] {
  return leftOut.flatMap(({ title, reason }) => {
    const found = take(suite, title);
    if (found.length === 0) throw new Error(`there is no test with "${title}" in its title`);
    return found.map((name) => ({ title: name, reason }));
  });
}

function take(suite: Mocha.Suite, title: string): readonly string[] {
  const found = suite.tests.filter((each) => each.title.includes(title));
  suite.tests = suite.tests.filter((each) => !found.includes(each));
  return [...found.map((each) => each.title), ...suite.suites.flatMap((inner) => take(inner, title))];
}
