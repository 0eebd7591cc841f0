import { parseArgs } from "node:util";
import type { Row } from "./row.ts";

export interface BenchOptions {
  /** Rows to run, in the order of the command line. */
  readonly rows: readonly string[];
  readonly runs: number;
  /** Absent: each row's own. */
  readonly sizes?: readonly number[];
  /** Absent: each row's own. */
  readonly windowSeconds?: number;
  /** File that gets everything measured as JSON. */
  readonly out?: string;
  /** JSON on standard output instead of tables. */
  readonly json: boolean;
}

export type Wish =
  | { readonly is: "run"; readonly options: BenchOptions }
  /** About these rows; none: about all. */
  | { readonly is: "help"; readonly rows: readonly string[] }
  | { readonly is: "error"; readonly line: string };

type About = Pick<Row, "name" | "about" | "sizes" | "windowSeconds">;

const MAX_RUNS = 100;
/** As many as the seed's lab has: smaller ones are no lab. */
const MIN_SIZE = 12;
const MAX_SIZE = 10_000;
const MAX_WINDOW_SECONDS = 3_600;

export function helpText(rows: readonly About[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return `What the controller costs and how fast it is, on a real Kubernetes API and a simulated Proxmox host.

  npm run bench -- [rows] [options]

${rows.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join("\n")}

Without rows: all of them, in this order. ROW --help tells about one.

  --runs N          how often each row is measured; tables show medians (default 1)
  --sizes N[,N…]    numbers of guests (omada: of segments), 12 to 10000, for rows that have sizes
  --window SECONDS  how long rest is watched, for rows that watch it
  --out FILE        write everything measured as JSON
  --json            JSON on standard output instead of tables
  --help            this text

Exit codes: 0 measured, 1 something did not work, 2 the command line is wrong, 130 interrupted.
No figure is a pass mark: ratios compare things of one run, on one machine. docs/benchmarks.md explains each row.
`;
}

/** What there is to say about one row. */
export function rowText({ name, about, sizes, windowSeconds }: About): string {
  const options = [
    ...(sizes === undefined ? [] : [`  --sizes N[,N…]    numbers of guests (default ${sizes.join(",")})`]),
    ...(windowSeconds === undefined ? [] : [`  --window SECONDS  how long (default ${String(windowSeconds)})`]),
    "  --runs N          how often (default 1)",
  ];
  return `${name}: ${about}\n\n${options.join("\n")}\n`;
}

/** Reads the command line; pure. */
export function parseWish(argv: readonly string[], known: readonly string[]): Wish {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        runs: { type: "string", default: "1" },
        sizes: { type: "string" },
        window: { type: "string" },
        out: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { is: "help", rows: positionals.filter((name) => known.includes(name)) };
    const stranger = positionals.find((name) => !known.includes(name));
    if (stranger !== undefined) return wrong(`"${stranger}" is no row; there are ${known.join(", ")}`);
    if (values.out === "") return wrong("--out: needs the name of a file");
    return run(values, positionals.length === 0 ? known : [...new Set(positionals)]);
  } catch (error) {
    return wrong(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

interface Given {
  readonly runs: string;
  readonly sizes?: string | undefined;
  readonly window?: string | undefined;
  readonly out?: string | undefined;
  readonly json: boolean;
}

function run({ runs, sizes, window, out, json }: Given, rows: readonly string[]): Wish {
  const times = wholes("--runs", [runs], [1, MAX_RUNS]);
  const counted = wholes("--sizes", sizes?.split(",") ?? [], [MIN_SIZE, MAX_SIZE]);
  const seconds = wholes("--window", window === undefined ? [] : [window], [1, MAX_WINDOW_SECONDS]);
  for (const { problem } of [times, counted, seconds]) if (problem !== undefined) return wrong(problem);
  const [windowSeconds] = seconds.values;
  const optional = {
    ...(sizes === undefined ? {} : { sizes: counted.values }),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...(out === undefined ? {} : { out }),
  };
  return { is: "run", options: { rows, runs: times.values[0] ?? 1, json, ...optional } };
}

/** The words as whole numbers within the limits, or what is wrong with one. */
function wholes(
  option: string,
  words: readonly string[],
  [from, to]: readonly [number, number],
): { readonly values: readonly number[]; readonly problem?: string } {
  const values = words.map((word) => (/^\d+$/.test(word) ? Number(word) : NaN));
  const bad = words.find((_, at) => !((values[at] ?? NaN) >= from && (values[at] ?? NaN) <= to));
  if (bad === undefined) return { values };
  return { values, problem: `${option}: "${bad}" is not a whole number from ${String(from)} to ${String(to)}` };
}

function wrong(line: string): Wish {
  return { is: "error", line };
}
