import { setTimeout as delay } from "node:timers/promises";
import type { StorageOptions } from "../../test/simulators/proxmox/options.ts";
import type { ControllerProcess } from "../demo/controllerProcess.ts";
import { containersOf } from "../demo/demoManifests.ts";
import type { Rendered } from "../manifests.ts";
import { applyMany } from "./applyMany.ts";
import { largeLab } from "./labs.ts";
import { withLab, type LabOptions, type LiveLab } from "./liveLab.ts";
import { seenSince } from "./rest.ts";
import type { Row, RowContext, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

const hows = ["created", "adopted"] as const;
type How = (typeof hows)[number];
type Figure = Exclude<keyof Converged, "how" | "guests">;

interface Asked {
  readonly how: How;
  readonly guests: number;
}

const SLOTS = 64;
/** Seconds after the last is settled in which what follows from it is still counted. */
const AFTER_SECONDS = 5;

export interface Converged extends Asked {
  /** From the first applied to the last settled. */
  readonly seconds: number;
  /** Of it until the last was applied: the API server takes its time. */
  readonly applySeconds: number;
  /** Status writes of containers, by object. */
  readonly statusWrites: number;
  /** As the controller counts them: nobody else sees a pass. */
  readonly passes: number;
  /** Requests to Proxmox, by object. */
  readonly requests: number;
}

export const convergenceRow: Row = {
  name: "convergence",
  about:
    "many Containers applied at once, on an instant host: throughput, passes (aim ≤ 8) and status writes (≤ 7) of each",
  sizes: [100, 1000],
  async run(context) {
    const all: Converged[] = [];
    for (const guests of context.sizes)
      for (const how of hows)
        for (let number = 1; number <= context.runs; number++) {
          context.say(`convergence: ${String(guests)} ${how}, run ${String(number)} of ${String(context.runs)} …`);
          const measured = await withLab(context, optionsFor(how, guests), async (lab) =>
            converge(lab, await lab.startController(), { how, guests, progress: context.progress }),
          );
          all.push(measured);
          context.say(`convergence: ${decimals(measured.seconds, 1)} s`);
        }
    return resultOf(all, context.sizes);
  },
};

/** A thousand times faster than life, and with room for all; those that are adopted run already. */
export function optionsFor(how: How, guests: number, probed = true): LabOptions {
  const running = how === "adopted";
  const further = { probed, adoption: running ? "Adopt" : "Refuse" } as const;
  const slots = (object: Rendered): Rendered =>
    object.kind === "ProxmoxCluster" ? { ...object, spec: { ...object.spec, maxConcurrentTasks: SLOTS } } : object;
  return {
    ...{ audit: true, running, emptyHost: !running },
    host: { speed: 1000, storages: roomyStorages },
    remade: (lab) => largeLab(lab, containersOf(lab).length + guests, further).map(slots),
  };
}

const roomyStorages: readonly StorageOptions[] = [
  { storage: "local", type: "dir", content: "vztmpl,iso,backup" },
  { storage: "local-zfs", type: "zfspool", content: "rootdir,images", totalBytes: 2 ** 50 },
];

/** The seed's lab is settled first, so that only the further guests are counted. */
export async function converge(
  lab: LiveLab,
  controller: ControllerProcess,
  { how, guests, progress }: Asked & Pick<RowContext, "progress">,
): Promise<Converged> {
  const { stage, signal } = lab;
  const isFurther = ({ metadata }: Rendered): boolean => metadata.name.startsWith("guest-");
  const seed = containersOf(stage.lab).length - guests;
  await lab.applyLab((object) => !isFurther(object));
  await lab.untilSettled(seed, 120);
  const passesBefore = await passesOf(controller);
  const begun = Date.now();
  await applyMany(stage.controlPlane.kubeconfigPath, stage.pointedLab.filter(isFurther), progress);
  const applied = Date.now();
  await lab.untilSettled(seed + guests, 120 + guests / 2);
  const ended = Date.now();
  await delay(AFTER_SECONDS * 1000, undefined, { signal });
  const { calls, writes } = await seenSince(lab, begun);
  return {
    ...{ how, guests },
    seconds: (ended - begun) / 1000,
    applySeconds: (applied - begun) / 1000,
    statusWrites: writes.filter(({ resource }) => resource === "containers/status").length / guests,
    passes: ((await passesOf(controller)) - passesBefore) / guests,
    requests: calls.length / guests,
  };
}

/** Passes over containers so far. */
async function passesOf({ metricsUrl }: ControllerProcess): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const lines = text.matchAll(/^controller_runtime_reconcile_total\{[^}]*controller="container"[^}]*\} (\S+)$/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

function resultOf(all: readonly Converged[], sizes: readonly number[]): RowResult {
  const columns = sizes.flatMap((guests) => hows.map((how) => ({ guests, how })));
  const of = ({ guests, how }: Asked, figure: Figure): number | undefined =>
    spreadOf(all.filter((one) => one.guests === guests && one.how === how).map((one) => one[figure]))?.median;
  const figures: readonly (readonly [Figure, string, number])[] = [
    ["seconds", "from the first applied to the last settled, s", 1],
    ["applySeconds", "of it until the last was applied, s", 1],
    ["passes", "passes each", 2],
    ["statusWrites", "status writes each", 2],
    ["requests", "requests to Proxmox each", 2],
  ];
  const table = {
    title: "Applied at once, medians",
    columns: ["", ...columns.map(({ guests, how }) => `${String(guests)} ${how}`)],
    rows: figures.map(([figure, name, digits]) => [name, ...columns.map((one) => decimals(of(one, figure), digits))]),
  };
  return { row: "convergence", tables: [table], data: { slots: SLOTS, all } };
}
