import { atRest, restFigures, type RestUse } from "./atRest.ts";
import { largeLab } from "./labs.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import type { Row, RowContext, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

interface Rest extends RestUse {
  readonly guests: number;
  readonly probed: boolean;
}

export const steadyRow: Row = {
  name: "steady",
  about: "a settled lab at rest: requests to Proxmox (aim ≤ 4 a poll, flat), silence otherwise, memory and CPU",
  sizes: [12, 100, 1000],
  windowSeconds: 60,
  async run(context) {
    const rests: Rest[] = [];
    for (const scene of scenesOf(context.sizes))
      for (let number = 1; number <= context.runs; number++) {
        context.say(`steady: ${titleOf(scene)} guests, run ${String(number)} of ${String(context.runs)} …`);
        const seconds = context.windowSeconds;
        const options = { audit: true, running: true, remade: (lab: Rendereds) => largeLab(lab, scene.guests, scene) };
        rests.push(await withLab(context, options, (lab) => rest(lab, scene, seconds)));
      }
    return resultOf(rests, context);
  },
};

type Rendereds = Parameters<typeof largeLab>[0];
type Scene = Pick<Rest, "guests" | "probed">;

/** Every size with guests that are up when they run, and the largest up to a thousand with a probe each. */
function scenesOf(sizes: readonly number[]): readonly Scene[] {
  const probed = sizes.filter((size) => size > 12 && size <= 1000).at(-1);
  return [
    ...sizes.map((guests) => ({ guests, probed: false })),
    ...(probed === undefined ? [] : [{ guests: probed, probed: true }]),
  ];
}

function titleOf({ guests, probed }: Scene): string {
  return probed ? `${String(guests)} probed` : String(guests);
}

/** Every guest runs before the lab is declared, so that nothing is to be done but to adopt them. */
async function rest(lab: LiveLab, { guests, probed }: Scene, seconds: number): Promise<Rest> {
  const { pid } = await lab.startController();
  await lab.applyLab();
  await lab.untilSettled(guests, 120 + guests / 2);
  return { guests, probed, ...(await atRest(lab, pid, seconds)) };
}

function resultOf(rests: readonly Rest[], { sizes, windowSeconds }: RowContext): RowResult {
  const scenes = scenesOf(sizes);
  const of = ({ guests, probed }: Scene, figure: keyof RestUse): number | undefined =>
    spreadOf(rests.filter((each) => each.guests === guests && each.probed === probed).map((each) => each[figure]))
      ?.median;
  const table = {
    title: "At rest, medians",
    columns: ["guests", ...scenes.map(titleOf)],
    rows: restFigures(windowSeconds).map(([figure, name, digits]) => [
      name,
      ...scenes.map((scene) => decimals(of(scene, figure), digits)),
    ]),
  };
  return { row: "steady", tables: [table], data: { windowSeconds, rests } };
}
