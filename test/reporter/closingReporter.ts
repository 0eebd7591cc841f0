import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import { closingLine, type Totals } from "./totals.ts";

/**
 * Mocha's own report, then one line "N passed, N failed" alone: the form that machines read. With
 * `--reporter-option totals=FILE` the numbers go to that file as JSON instead, for whoever adds up several runs.
 */
class ClosingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = (options.reporterOptions as { readonly totals?: string } | undefined)?.totals;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      const totals: Totals = { passed, failed, skipped };
      if (file === undefined) process.stdout.write(`${closingLine(totals)}\n`);
      else writeFileSync(file, JSON.stringify(totals));
      setTimeout(sayWhatStays, STAYS_MS).unref();
    });
  }
}

const STAYS_MS = 8_000;

/** Runs only while something keeps the process alive after its tests: a leak, which is named here. */
function sayWhatStays(): void {
  process.stderr.write(
    `still alive ${String(STAYS_MS / 1000)} s after the last test: ${process.getActiveResourcesInfo().join(", ")}\n`,
  );
}

// Mocha requires its reporter, and require() of a module answers what is exported under this name.
export { ClosingReporter as "module.exports" };
