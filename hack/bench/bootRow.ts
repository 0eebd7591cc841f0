import { Container, Homelab, HomelabLayer, ProxmoxCluster } from "../../controller/api/index.ts";
import { containersOf } from "../demo/demoManifests.ts";
import type { Stage } from "../demo/stage.ts";
import { lossesOf, type Losses } from "./bootLosses.ts";
import { guestBoots, pathGuest, pathLayer, type GuestBoot, type TaskRecord } from "./bootTruth.ts";
import { criticalPath, type CriticalPath } from "./criticalPath.ts";
import { declared } from "./declared.ts";
import { layeredLab } from "./labs.ts";
import { withLab, type LabOptions, type LiveLab } from "./liveLab.ts";
import type { Row, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals, type Table } from "./table.ts";

/** Seconds until each guest's services listen: like life, only shorter. Those that are not named take 2 to 8. */
const bootSeconds: Readonly<Record<string, number>> = {
  omada21: 8,
  "twingate-connector": 2,
  monitoring30: 5,
  dbempleosdelatlantico: 4,
  nodebb: 6,
  "devops-lab": 3,
  "web-lab22": 3,
  ollamaserver: 7,
  ridemotohub: 4,
  casaosmedia105: 4,
  homeassistant119: 8,
  nvr69: 5,
};
const DEADLINE_SECONDS = 400;

interface BootRun {
  readonly ratio: number;
  readonly wallMs: number;
  readonly path: Omit<CriticalPath, "steps">;
  readonly boots: readonly GuestBoot[];
  readonly losses: Losses;
}

interface Lab {
  readonly name: string;
  readonly about: string;
  readonly title: string;
  readonly remade: NonNullable<LabOptions["remade"]>;
}

export const bootRow = rowFor({
  name: "boot",
  about: "boot efficiency of the seed's lab: release to last healthy guest ÷ critical path (aim ≤ 1.05)",
  title: "the seed's lab",
  remade: (lab) => lab,
});

export const largeBootRow = rowFor({
  name: "boot-200",
  about: "the same for 200 guests in 8 layers",
  title: "200 guests in 8 layers",
  remade: (lab) => layeredLab(lab, 200, 8),
});

function rowFor({ name, about, title, remade }: Lab): Row {
  return {
    ...{ name, about },
    async run(context) {
      const runs: BootRun[] = [];
      for (let number = 1; number <= context.runs; number++) {
        context.say(`${name}: run ${String(number)} of ${String(context.runs)} …`);
        runs.push(await withLab(context, { remade }, bootOnce));
        context.say(`${name}: ratio ${decimals(runs.at(-1)?.ratio, 3)}`);
      }
      return resultOf(name, title, runs);
    },
  };
}

async function bootOnce(lab: LiveLab): Promise<BootRun> {
  const { stage, observer } = lab;
  const seenAt = new Map<string, number>();
  observer.onItem((collection, name, item) => {
    const status = collection === "containers" ? (item as Container | undefined)?.status : undefined;
    if (status?.powerState === "Running" && status.health === "Healthy" && !seenAt.has(name))
      seenAt.set(name, Date.now());
  });
  await slowDown(stage);
  await lab.startController();
  await lab.applyLab();
  const count = containersOf(stage.lab).length;
  await lab.until("all guests healthy", () => seenAt.size === count, DEADLINE_SECONDS);
  return measure(lab, seenAt);
}

/** The stage's guests boot in the demo's time; here they take longer. */
async function slowDown({ simulator, lab }: Stage): Promise<void> {
  for (const { metadata, spec } of containersOf(lab))
    await simulator.admin("PATCH", `/guests/${String(spec.vmid)}`, {
      behaviour: { bootSeconds: bootSeconds[metadata.name] ?? 2 + ((spec.vmid * 5) % 7) },
    });
}

async function measure({ stage, witness }: LiveLab, seenAt: ReadonlyMap<string, number>): Promise<BootRun> {
  const [containers, layers, [homelab], [cluster]] = await Promise.all([
    declared(stage.controlPlane, Container),
    declared(stage.controlPlane, HomelabLayer),
    declared(stage.controlPlane, Homelab),
    declared(stage.controlPlane, ProxmoxCluster),
  ]);
  const releasedAt = Date.parse(homelab?.status?.lastBoot?.startTime ?? "");
  const tasks = (await stage.simulator.admin("GET", "/tasks")) as readonly TaskRecord[];
  const record = { calls: await witness.calls(), insides: await witness.insides(), tasks };
  const boots = guestBoots(containers, record, releasedAt);
  const members = Map.groupBy(containers, (container) => container.spec.layerRef.name);
  const { ms, path } = criticalPath({
    layers: layers.map((layer) => pathLayer(layer, members.get(layer.metadata.name)?.length ?? 0)),
    guests: boots.map(pathGuest),
    tasksPerNode: cluster?.spec.maxConcurrentTasks ?? NaN,
  });
  const wallMs = Math.max(...seenAt.values()) - releasedAt;
  const losses = lossesOf({
    releasedAt,
    boots,
    below: new Map(layers.map(({ metadata, spec }) => [metadata.name, (spec.dependsOn ?? []).map(({ name }) => name)])),
    healthyAt: new Map(
      containers.map(({ metadata, status }) => [metadata.name, Date.parse(status?.lastStart?.healthyTime ?? "")]),
    ),
    seenAt,
  });
  return { ratio: wallMs / ms, wallMs, path: { ms, path }, boots, losses };
}

function resultOf(name: string, lab: string, runs: readonly BootRun[]): RowResult {
  const ratio = spreadOf(runs.map((run) => run.ratio));
  const wall = spreadOf(runs.map((run) => run.wallMs));
  const ideal = spreadOf(runs.map((run) => run.path.ms));
  const line = (
    figure: string,
    spread: ReturnType<typeof spreadOf>,
    scale: number,
    digits: number,
  ): readonly string[] => [
    figure,
    ...[spread?.median, spread?.min, spread?.max].map((value) =>
      decimals(value === undefined ? value : value / scale, digits),
    ),
  ];
  const figures: Table = {
    title: `Boot of ${lab} (${String(runs.length)} ${runs.length === 1 ? "run" : "runs"})`,
    columns: ["", "median", "min", "max"],
    rows: [
      line("wall time ÷ critical path", ratio, 1, 3),
      line("release to last healthy, s", wall, 1000, 2),
      line("critical path, s", ideal, 1000, 2),
    ],
  };
  return {
    row: name,
    tables: [figures, lossTable(runs)],
    data: { aim: 1.05, ratio, wallMs: wall, criticalMs: ideal, runs },
  };
}

const delays: readonly (readonly [keyof Losses, string])[] = [
  ["releaseToCall", "release → first start call"],
  ["servingToHealthy", "service listens → healthy"],
  ["gateToCall", "layer healthy → start call above"],
  ["healthyToSeen", "healthy → seen in the API"],
];

function lossTable(runs: readonly BootRun[]): Table {
  return {
    title: "Single delays, ms",
    columns: ["", "count", "median", "p90", "max"],
    rows: delays.map(([key, name]) => {
      const spread = spreadOf(runs.flatMap((run) => run.losses[key]));
      return [
        name,
        String(spread?.count ?? 0),
        ...[spread?.median, spread?.p90, spread?.max].map((value) => decimals(value, 0)),
      ];
    }),
  };
}
