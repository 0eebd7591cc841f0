import type { Container } from "../../controller/api/index.ts";
import { containersOf } from "../demo/demoManifests.ts";
import type { Observer } from "../demo/observer.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import type { Row, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

const DEADLINE_SECONDS = 120;

/** One guest's crash and what followed; milliseconds since it crashed. */
interface Crash {
  readonly guest: string;
  /** Something of it is probed, so that a refused connection can tell of the crash. */
  readonly isProbed: boolean;
  readonly toEvent: number;
  readonly toStart: number;
  readonly toHealthy: number;
  /** Its own part of that: from the start call until it served. */
  readonly ownBoot: number;
}

export const detectionRow: Row = {
  name: "detection",
  about: "every guest crashes once: crash to event, to start call, and recovery beyond the guest's own boot",
  async run(context) {
    const crashes: Crash[] = [];
    for (let number = 1; number <= context.runs; number++) {
      context.say(`detection: run ${String(number)} of ${String(context.runs)} …`);
      crashes.push(...(await withLab(context, {}, crashAll)));
    }
    return resultOf(crashes);
  },
};

async function crashAll(lab: LiveLab): Promise<readonly Crash[]> {
  const { stage, observer } = lab;
  const heard = firstHeard(observer);
  await lab.startController();
  await lab.applyLab();
  await lab.untilSettled(containersOf(stage.lab).length, DEADLINE_SECONDS);
  const crashes: Crash[] = [];
  for (const container of containersOf(stage.lab)) crashes.push(await crashOne(lab, container, heard));
  return crashes;
}

/** When each guest's Warning that it crashed first came over the watch, by the guest's name. */
function firstHeard(observer: Observer): ReadonlyMap<string, number> {
  const heard = new Map<string, number>();
  observer.onChange(() => {
    for (const { type, reason, regarding } of observer.scene.happenings)
      if (type === "Warning" && reason === "Crashed" && !heard.has(regarding.name))
        heard.set(regarding.name, Date.now());
  });
  return heard;
}

async function crashOne(
  lab: LiveLab,
  { metadata, spec }: Container,
  heard: ReadonlyMap<string, number>,
): Promise<Crash> {
  const { witness, observer } = lab;
  const { name } = metadata;
  const begun = Date.now();
  await witness.crash(spec.vmid);
  const recovered = (): boolean => {
    const status = observer.scene.containers.find((other) => other.metadata.name === name)?.status;
    return heard.has(name) && status?.lastIncident?.recoverTime !== undefined;
  };
  await lab.until(`${name} recovered`, recovered, DEADLINE_SECONDS);
  const healthy = Date.now();
  const isProbed = (spec.probes ?? []).length > 0;
  const crashed = (await witness.happened("crashed", spec.vmid, begun)) ?? NaN;
  const asked = (await witness.asked("start", spec.vmid, crashed)) ?? NaN;
  const served = (await witness.happened(isProbed ? "serves" : "started", spec.vmid, crashed)) ?? NaN;
  return {
    ...{ guest: name, isProbed },
    toEvent: (heard.get(name) ?? NaN) - crashed,
    toStart: asked - crashed,
    toHealthy: healthy - crashed,
    ownBoot: served - asked,
  };
}

function resultOf(crashes: readonly Crash[]): RowResult {
  const figures: readonly (readonly [string, (crash: Crash) => number])[] = [
    ["crash → Warning event, s", (crash) => crash.toEvent],
    ["crash → start call, s", (crash) => crash.toStart],
    ["recovery beyond the own boot, s", (crash) => crash.toHealthy - crash.ownBoot],
  ];
  const lines = figures.flatMap(([name, of]) =>
    [true, false].map((isProbed) => {
      const spread = spreadOf(crashes.filter((crash) => crash.isProbed === isProbed).map((crash) => of(crash) / 1000));
      const cells = [spread?.median, spread?.p90, spread?.max].map((value) => decimals(value, 2));
      return [`${name}${isProbed ? "" : " (no probe)"}`, String(spread?.count ?? 0), ...cells];
    }),
  );
  const table = { title: "A guest crashes", columns: ["", "count", "median", "p90", "max"], rows: lines };
  return { row: "detection", tables: [table], data: { crashes } };
}
