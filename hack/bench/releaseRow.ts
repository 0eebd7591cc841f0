import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { controllerUser } from "../controlplane/credentials.ts";
import { containersOf } from "../demo/demoManifests.ts";
import { readAudit } from "./audit.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import { processUse } from "./processUse.ts";
import type { Row, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

const DEADLINE_SECONDS = 120;
const REST_SECONDS = 30;

interface Release {
  /** From the start of the process to its first request at the API server. */
  readonly firstRequestMs: number;
  /** To its first good answer at /readyz: its caches are synced. */
  readonly readyMs: number;
  /** With the seed's lab, half a minute after it has settled. */
  readonly rssMiB: number;
}

export const releaseRow: Row = {
  name: "release",
  about: "the release's one file: start (aim < 0.5 s) and memory with the seed's lab (aim ≤ 110 MiB)",
  async run(context) {
    const releases: Release[] = [];
    for (let number = 1; number <= context.runs; number++) {
      context.say(`release: run ${String(number)} of ${String(context.runs)} …`);
      releases.push(await withLab(context, { audit: true }, release));
    }
    return resultOf(releases, statSync(context.program).size);
  },
};

async function release(lab: LiveLab): Promise<Release> {
  const { stage, signal } = lab;
  const begun = Date.now();
  const controller = await lab.startController();
  const readyMs = (await whenReady(controller.metricsUrl.replace("/metrics", "/readyz"), signal)) - begun;
  await lab.applyLab();
  await lab.untilSettled(containersOf(stage.lab).length, DEADLINE_SECONDS);
  await delay(REST_SECONDS * 1000, undefined, { signal });
  const audit = await readAudit(stage.controlPlane.auditLogPath);
  const first = audit.find(({ user, time }) => user === controllerUser.user && time >= begun)?.time ?? NaN;
  return { firstRequestMs: first - begun, readyMs, rssMiB: processUse(controller.pid).rssMiB };
}

async function whenReady(url: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    const answer = await fetch(url, { signal }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return Date.now();
    await delay(10, undefined, { signal });
  }
}

function resultOf(releases: readonly Release[], bytes: number): RowResult {
  const line = (name: string, of: (one: Release) => number): readonly string[] => {
    const spread = spreadOf(releases.map(of));
    return [name, decimals(spread?.median, 0), decimals(spread?.max, 0)];
  };
  const table = {
    title: "The release",
    columns: ["", "median", "max"],
    rows: [
      line("start → first request to the API server, ms", ({ firstRequestMs }) => firstRequestMs),
      line("start → ready, ms", ({ readyMs }) => readyMs),
      line("resident memory with the seed's lab, MiB", ({ rssMiB }) => rssMiB),
      ["size, MiB", decimals(bytes / 2 ** 20, 1), ""],
    ],
  };
  return { row: "release", tables: [table], data: { bytes, releases } };
}
