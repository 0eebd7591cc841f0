import { writeFile } from "node:fs/promises";
import { bootRow } from "./bench/bootRow.ts";
import { detectionRow } from "./bench/detectionRow.ts";
import { helpText, parseWish, type BenchOptions } from "./bench/options.ts";
import type { Row, RowResult } from "./bench/row.ts";
import { steadyRow } from "./bench/steadyRow.ts";
import { tableText } from "./bench/table.ts";
import { inkFor } from "./demo/ink.ts";

const INTERRUPTED = 130;
const rows: readonly Row[] = [bootRow, steadyRow, detectionRow];

/** Exit codes: 0 measured, 1 something did not work, 2 the command line is wrong, 130 interrupted. */
async function main(): Promise<number> {
  const wish = parseWish(
    process.argv.slice(2),
    rows.map((row) => row.name),
  );
  switch (wish.is) {
    case "help":
      process.stdout.write(helpText(rows));
      return 0;
    case "error":
      process.stderr.write(`bench: ${wish.line}\n\n${helpText(rows)}`);
      return 2;
    case "run":
      return await measure(wish.options);
  }
}

async function measure(options: BenchOptions): Promise<number> {
  const signal = untilInterrupted();
  // Neither children nor signal handlers keep a process alive.
  const alive = setInterval(() => undefined, 60_000);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const results: RowResult[] = [];
  try {
    for (const row of options.rows.flatMap((name) => rows.find((one) => one.name === name) ?? [])) {
      const result = await row.run({ runs: options.runs, say, signal });
      results.push(result);
      if (!options.json) print(result);
    }
    await keep(options, results);
    return 0;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    clearInterval(alive);
  }
}

function print(result: RowResult): void {
  const ink = inkFor(process.stdout.isTTY, process.env);
  process.stdout.write(result.tables.map((table) => `\n${tableText(table, ink)}`).join(""));
}

async function keep({ out, json }: BenchOptions, results: readonly RowResult[]): Promise<void> {
  const data = Object.fromEntries(results.map((result) => [result.row, result.data]));
  const text = `${JSON.stringify({ node: process.version, cpus: navigator.hardwareConcurrency, rows: data }, null, 2)}\n`;
  if (out !== undefined) await writeFile(out, text);
  if (json) process.stdout.write(text);
}

/** The first Ctrl-C cleans up; after a second one nothing is waited for. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      if (interrupted.signal.aborted) process.exit(INTERRUPTED);
      interrupted.abort(new Error("interrupted"));
    });
  return interrupted.signal;
}

process.exitCode = await main();
