import { writeFile } from "node:fs/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootRow, largeBootRow } from "./bench/bootRow.ts";
import { convergenceRow } from "./bench/convergenceRow.ts";
import { detectionRow } from "./bench/detectionRow.ts";
import { failoverRow } from "./bench/failoverRow.ts";
import { helpText, parseWish, rowText, type BenchOptions } from "./bench/options.ts";
import { terminal } from "./bench/progress.ts";
import { nodesRow } from "./bench/nodesRow.ts";
import { omadaRow } from "./bench/omadaRow.ts";
import { releaseRow } from "./bench/releaseRow.ts";
import type { Row, RowContext, RowResult } from "./bench/row.ts";
import { silenceRow } from "./bench/silenceRow.ts";
import { startRow } from "./bench/startRow.ts";
import { steadyRow } from "./bench/steadyRow.ts";
import { tableText } from "./bench/table.ts";
import { bundle } from "./bundle.ts";
import { inkFor } from "./demo/ink.ts";

const INTERRUPTED = 130;
const rows: readonly Row[] = [
  bootRow,
  largeBootRow,
  detectionRow,
  failoverRow,
  silenceRow,
  startRow,
  convergenceRow,
  steadyRow,
  nodesRow,
  omadaRow,
  releaseRow,
];

/** Exit codes: 0 measured, 1 something did not work, 2 the command line is wrong, 130 interrupted. */
async function main(): Promise<number> {
  const wish = parseWish(
    process.argv.slice(2),
    rows.map((row) => row.name),
  );
  switch (wish.is) {
    case "help":
      process.stdout.write(wish.rows.length === 0 ? helpText(rows) : chosen(wish.rows).map(rowText).join("\n"));
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
  const folder = mkdtempSync(join(tmpdir(), "homelab-controller-bench-"));
  const program = join(folder, "homelab-controller.mjs");
  const { say, progress, end } = terminal(process.stderr);
  const results: RowResult[] = [];
  try {
    await bundle(program, "warning");
    for (const row of chosen(options.rows)) {
      const result = await row.run(contextOf(row, options, { program, say, progress, signal }));
      results.push(result);
      end();
      if (!options.json) print(result);
    }
    await keep(options, results);
    return 0;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    end();
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    clearInterval(alive);
    rmSync(folder, { recursive: true, force: true });
  }
}

function chosen(names: readonly string[]): readonly Row[] {
  return names.flatMap((name) => rows.find((row) => row.name === name) ?? []);
}

type Surroundings = Pick<RowContext, "program" | "say" | "progress" | "signal">;

function contextOf(row: Row, { runs, sizes, windowSeconds }: BenchOptions, around: Surroundings): RowContext {
  return {
    ...around,
    runs,
    sizes: sizes ?? row.sizes ?? [],
    windowSeconds: windowSeconds ?? row.windowSeconds ?? 0,
  };
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
