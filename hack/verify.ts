import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { closingLine, type Totals } from "../test/reporter/totals.ts";
import { run } from "./command.ts";

interface Check {
  readonly says: string;
  readonly command: readonly string[];
}

/** What must hold before anything is tested; the long ones first, because two run at a time. */
const checks: readonly Check[] = [
  { says: "ESLint has no complaint", command: ["eslint", ".", "--max-warnings=0"] },
  { says: "the compiler has no complaint", command: ["tsc", "--noEmit"] },
  { says: "the API server accepts CRDs and manifests", command: ["node", "hack/acceptance.ts"] },
  { says: "every file has its format", command: ["prettier", "--check", "--log-level=warn", "."] },
  { says: "generated files are what the declarations give", command: ["node", "hack/generate.ts", "--check"] },
  { says: "no dead code, no package without use", command: ["knip", "--no-progress"] },
  { says: "rooms import only whom they may", command: ["depcruise", "controller", "hack", "test"] },
];
const AT_A_TIME = 2;

async function verify(): Promise<Totals> {
  const waiting = [...checks];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { ok, output, seconds } = await run(check.command);
      process.stdout.write(`  ${ok ? "✔" : "✖"} ${check.says} (${seconds.toFixed(1)} s)\n`);
      if (ok) continue;
      failed += 1;
      process.stdout.write(`    ${check.command.join(" ")}\n${output.trimEnd().replaceAll(/^/gm, "    ")}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return { passed: checks.length - failed, failed, skipped: 0 };
}

const { values } = parseArgs({ options: { totals: { type: "string" } } });
const totals = await verify();
if (values.totals === undefined) process.stdout.write(`${closingLine(totals)}\n`);
else writeFileSync(values.totals, JSON.stringify(totals));
process.exitCode = totals.failed === 0 ? 0 : 1;
