import { HOST } from "../demo/demoManifests.ts";
import { atRest, restFigures, type RestUse } from "./atRest.ts";
import { converge, optionsFor, type Converged } from "./convergenceRow.ts";
import { spreadLab } from "./labs.ts";
import { withLab, type LabOptions } from "./liveLab.ts";
import type { Row, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

const NODES = [HOST, ...Array.from({ length: 15 }, (_, at) => `node-${String(at + 2)}`)];

type Measured = Converged & RestUse;

export const nodesRow: Row = {
  name: "nodes",
  about:
    "a cluster of sixteen nodes: containers that run on all of them adopted at once, then rest (aim ≤ 1 + 3 requests a node and poll)",
  sizes: [2000],
  windowSeconds: 60,
  async run(context) {
    const all: Measured[] = [];
    const { progress, windowSeconds } = context;
    for (const guests of context.sizes)
      for (let number = 1; number <= context.runs; number++) {
        context.say(`nodes: ${String(guests)} guests, run ${String(number)} of ${String(context.runs)} …`);
        const measured = await withLab(context, clustered(guests), async (lab) => {
          const controller = await lab.startController();
          const converged = await converge(lab, controller, { how: "adopted", guests, progress });
          return { ...converged, ...(await atRest(lab, controller.pid, windowSeconds)) };
        });
        all.push(measured);
      }
    return resultOf(all, context);
  },
};

/** As in the row `convergence`, on sixteen nodes, and without a probe: what is measured is the poll. */
function clustered(guests: number): LabOptions {
  const { remade, host, ...options } = optionsFor("adopted", guests, false);
  return {
    ...options,
    host: { ...host, nodes: NODES },
    remade: (lab) => spreadLab(remade?.(lab) ?? lab, NODES),
  };
}

function resultOf(
  all: readonly Measured[],
  { sizes, windowSeconds }: { readonly sizes: readonly number[]; readonly windowSeconds: number },
): RowResult {
  const of = (guests: number, figure: Exclude<keyof Measured, "how">): number | undefined =>
    spreadOf(all.filter((one) => one.guests === guests).map((one) => one[figure]))?.median;
  const figures = [
    ["seconds", "from the first applied to the last settled, s", 1],
    ["applySeconds", "of it until the last was applied, s", 1],
    ["passes", "passes each", 2],
    ["statusWrites", "status writes each", 2],
    ...restFigures(windowSeconds),
  ] as const;
  const table = {
    title: `${String(NODES.length)} nodes, medians`,
    columns: ["guests adopted", ...sizes.map(String)],
    rows: figures.map(([figure, name, digits]) => [name, ...sizes.map((size) => decimals(of(size, figure), digits))]),
  };
  return { row: "nodes", tables: [table], data: { nodes: NODES.length, windowSeconds, all } };
}
