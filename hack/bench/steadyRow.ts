import { setTimeout as delay } from "node:timers/promises";
import { controllerUser } from "../controlplane/credentials.ts";
import { containersOf } from "../demo/demoManifests.ts";
import type { Call } from "../demo/witness.ts";
import { readAudit, writesOf } from "./audit.ts";
import { largeLab } from "./largeLab.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import type { Row, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

const SIZES = [12, 100];
/** After the last guest has settled, before anything is counted. */
const REST_SECONDS = 15;
const WINDOW_SECONDS = 120;
const DEADLINE_SECONDS = 300;

interface Rest {
  readonly guests: number;
  /** Requests to Proxmox in a minute. */
  readonly requestsPerMinute: number;
  /** Requests of one look at everything. */
  readonly requestsPerPoll: number;
  /** Requests to Proxmox that were not a GET, in the whole window. */
  readonly mutations: number;
  /** Writes to the API server in the whole window, without those to the Lease. */
  readonly writes: number;
}

export const steadyRow: Row = {
  name: "steady",
  about: `a settled lab of ${SIZES.join(" and ")} guests for two minutes: requests to Proxmox, and silence otherwise`,
  async run(context) {
    const rests: Rest[] = [];
    for (const guests of SIZES)
      for (let number = 1; number <= context.runs; number++) {
        context.say(`steady: ${String(guests)} guests, run ${String(number)} of ${String(context.runs)} …`);
        const remade: Parameters<typeof withLab>[0]["remade"] = (lab) => largeLab(lab, guests);
        rests.push(await withLab({ signal: context.signal, audit: true, remade }, (lab) => rest(lab, guests)));
      }
    return resultOf(rests);
  },
};

/** Every guest runs before the lab is declared, so that nothing is to be done but to adopt them. */
async function rest(lab: LiveLab, guests: number): Promise<Rest> {
  const { stage, witness, observer, signal } = lab;
  for (const { spec } of containersOf(stage.lab))
    await stage.simulator.admin("POST", `/guests/${String(spec.vmid)}/start`, { user: "root@pam" });
  await stage.applyLab();
  const isSettled = (): boolean => {
    const { containers, homelab } = observer.scene;
    const ready = homelab?.status?.conditions?.find((condition) => condition.type === "Ready");
    return containers.length === guests && ready?.reason === "Settled";
  };
  await lab.until("the lab settled", isSettled, DEADLINE_SECONDS);
  await delay(REST_SECONDS * 1000, undefined, { signal });
  const begun = Date.now();
  await delay(WINDOW_SECONDS * 1000, undefined, { signal });
  const inWindow = ({ time }: { readonly time: number }): boolean =>
    time >= begun && time < begun + WINDOW_SECONDS * 1000;
  const calls = (await witness.calls()).filter(inWindow);
  const writes = writesOf(await readAudit(stage.controlPlane.auditLogPath), controllerUser.user).filter(inWindow);
  return {
    guests,
    requestsPerMinute: (calls.length * 60) / WINDOW_SECONDS,
    requestsPerPoll: calls.length / Math.max(1, polls(calls)),
    mutations: calls.filter((call) => call.method !== "GET").length,
    writes: writes.length,
  };
}

function polls(calls: readonly Call[]): number {
  return calls.filter((call) => call.path === "/cluster/resources").length;
}

function resultOf(rests: readonly Rest[]): RowResult {
  const of = (guests: number, figure: keyof Rest): number | undefined =>
    spreadOf(rests.filter((each) => each.guests === guests).map((each) => each[figure]))?.median;
  const figures: readonly (readonly [keyof Rest, string, number])[] = [
    ["requestsPerMinute", "requests to Proxmox a minute", 1],
    ["requestsPerPoll", "requests a poll", 2],
    ["mutations", `mutations in ${String(WINDOW_SECONDS)} s`, 0],
    ["writes", `writes to the API server in ${String(WINDOW_SECONDS)} s`, 0],
  ];
  const table = {
    title: "At rest, medians",
    columns: ["guests", ...SIZES.map(String)],
    rows: figures.map(([figure, name, digits]) => [name, ...SIZES.map((size) => decimals(of(size, figure), digits))]),
  };
  return { row: "steady", tables: [table], data: { windowSeconds: WINDOW_SECONDS, rests } };
}
