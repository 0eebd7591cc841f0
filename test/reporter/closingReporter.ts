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
    });
  }
}

// Mocha requires its reporter, and require() of a module answers what is exported under this name.
export { ClosingReporter as "module.exports" };
