import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Rows to run, in the order of the command line. */
  readonly rows: readonly string[];
  readonly runs: number;
  /** File that gets everything measured as JSON. */
  readonly out?: string;
  /** JSON on standard output instead of tables. */
  readonly json: boolean;
}

export type Wish =
  | { readonly is: "run"; readonly options: BenchOptions }
  | { readonly is: "help" }
  | { readonly is: "error"; readonly line: string };

const MAX_RUNS = 100;

export function helpText(rows: readonly { readonly name: string; readonly about: string }[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return `What the controller costs and how fast it is, on a real Kubernetes API and a simulated Proxmox host.

  npm run bench -- [rows] [options]

${rows.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join("\n")}

Without rows: all of them.

  --runs N     how often each row is measured; tables show medians (default 1)
  --out FILE   write everything measured as JSON
  --json       JSON on standard output instead of tables
  --help       this text

Exit codes: 0 measured, 1 something did not work, 2 the command line is wrong, 130 interrupted.
No figure is a pass mark: ratios compare things of one run, on one machine.
`;
}

/** Reads the command line; pure. */
export function parseWish(argv: readonly string[], known: readonly string[]): Wish {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        runs: { type: "string", default: "1" },
        out: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { is: "help" };
    const stranger = positionals.find((name) => !known.includes(name));
    if (stranger !== undefined) return wrong(`"${stranger}" is no row; there are ${known.join(", ")}`);
    const runs = /^\d+$/.test(values.runs) ? Number(values.runs) : 0;
    if (runs < 1 || runs > MAX_RUNS) return wrong(`--runs: "${values.runs}" is not a whole number from 1 to 100`);
    if (values.out === "") return wrong("--out: needs the name of a file");
    const rows = positionals.length === 0 ? known : [...new Set(positionals)];
    const out = values.out === undefined ? {} : { out: values.out };
    return { is: "run", options: { rows, runs, json: values.json, ...out } };
  } catch (error) {
    return wrong(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

function wrong(line: string): Wish {
  return { is: "error", line };
}
