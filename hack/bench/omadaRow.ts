import { setTimeout as delay } from "node:timers/promises";
import { containersOf } from "../demo/demoManifests.ts";
import { readyOf } from "../demo/ready.ts";
import { SiteWitness, type SiteCall } from "../demo/siteWitness.ts";
import type { Rendered } from "../manifests.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import { watchFor } from "./rest.ts";
import type { Row, RowContext, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

/** After the last segment has settled, before anything is counted. */
const REST_SECONDS = 20;
const DEADLINE_SECONDS = 300;
/** Each look at a site asks for its devices once. */
const DEVICES = "/devices";
const FIRST_VLAN = 100;

interface SiteRest {
  readonly segments: number;
  /** From the first object applied until the last segment had settled. */
  readonly seconds: number;
  /** Requests to Omada in a minute at rest, without those for a token. */
  readonly requestsPerMinute: number;
  readonly requestsPerPoll: number;
  /** Requests to Omada that may change something, in the whole window. */
  readonly mutations: number;
  /** Requests to Proxmox in a minute: segments have a side there too. */
  readonly proxmoxPerMinute: number;
  /** Writes to the API server in the whole window, without those to the Lease. */
  readonly writes: number;
}

export const omadaRow: Row = {
  name: "omada",
  about: "a settled Omada site of so many segments at rest: requests a poll (aim flat), mutations (aim none)",
  sizes: [1, 10, 100],
  windowSeconds: 60,
  async run(context) {
    const rests: SiteRest[] = [];
    for (const segments of context.sizes)
      for (let number = 1; number <= context.runs; number++) {
        context.say(`omada: ${String(segments)} segments, run ${String(number)} of ${String(context.runs)} …`);
        const remade = (lab: readonly Rendered[]): readonly Rendered[] => segmentedLab(lab, segments);
        const options = { audit: true, network: true, running: true, remade };
        rests.push(await withLab(context, options, (lab) => rest(lab, segments, context)));
      }
    return resultOf(rests, context);
  },
};

/** The seed's guests and Omada controller, its own network, and further ones that are to be made. */
function segmentedLab(lab: readonly Rendered[], segments: number): readonly Rendered[] {
  const left = new Set(["NetworkDevice", "WirelessNetwork", "AccessRule", "ClientGroup", "NetworkSegment"]);
  const own = lab.filter(({ kind, metadata }) => kind === "NetworkSegment" && metadata.name === "lan");
  const [model] = own;
  if (model === undefined) return lab;
  const further = Array.from({ length: segments - own.length }, (_, at): Rendered => {
    const vlan = FIRST_VLAN + at;
    const net = `10.20.${String(at)}`;
    return {
      ...model,
      metadata: { ...model.metadata, name: `net-${String(vlan)}` },
      spec: {
        ...{ vlan, cidr: `${net}.0/24`, gateway: `${net}.1`, purpose: "Interface", omada: {} },
        proxmox: model.spec?.["proxmox"],
      },
    };
  });
  return [...own, ...further, ...lab.filter(({ kind }) => !left.has(kind))];
}

async function rest(lab: LiveLab, segments: number, { windowSeconds, progress }: RowContext): Promise<SiteRest> {
  const { site, lab: declared } = lab.stage;
  if (site === undefined) throw new Error("the lab has no Omada site");
  const witness = new SiteWitness(site);
  await lab.startController();
  const begun = Date.now();
  await lab.applyLab();
  await lab.untilSettled(containersOf(declared).length, DEADLINE_SECONDS);
  const isSettled = (): boolean => {
    const settled = lab.observer.scene.network.segments.filter((one) => readyOf(one).reason === "Settled").length;
    progress(`${String(settled)} of ${String(segments)} segments settled`);
    return settled === segments;
  };
  await lab.until("every segment settled", isSettled, DEADLINE_SECONDS + 5 * segments);
  const seconds = (Date.now() - begun) / 1000;
  await delay(REST_SECONDS * 1000, undefined, { signal: lab.signal });
  const since = (await witness.calls()).at(-1)?.sequence ?? 0;
  const seen = await watchFor(lab, windowSeconds);
  const calls = (await witness.calls()).filter((call) => call.sequence > since && !isLogin(call));
  const polls = calls.filter(({ method, path }) => method === "GET" && path.endsWith(DEVICES)).length;
  return {
    segments,
    seconds,
    requestsPerMinute: (calls.length * 60) / seen.seconds,
    requestsPerPoll: calls.length / Math.max(1, polls),
    mutations: calls.filter(({ write }) => write).length,
    proxmoxPerMinute: (seen.calls.length * 60) / seen.seconds,
    writes: seen.writes.length,
  };
}

function isLogin({ path }: SiteCall): boolean {
  return /\/(token|login|logout)$/.test(path);
}

function resultOf(rests: readonly SiteRest[], { sizes, windowSeconds }: RowContext): RowResult {
  const of = (segments: number, figure: keyof SiteRest): number | undefined =>
    spreadOf(rests.filter((each) => each.segments === segments).map((each) => each[figure]))?.median;
  const window = `in ${String(windowSeconds)} s`;
  const figures: readonly (readonly [keyof SiteRest, string, number])[] = [
    ["seconds", "from the first applied to the last settled, s", 1],
    ["requestsPerMinute", "requests to Omada a minute", 1],
    ["requestsPerPoll", "requests a poll", 2],
    ["mutations", `mutations ${window}`, 0],
    ["proxmoxPerMinute", "requests to Proxmox a minute", 1],
    ["writes", `writes to the API server ${window}`, 0],
  ];
  const table = {
    title: "An Omada site at rest, medians",
    columns: ["segments", ...sizes.map(String)],
    rows: figures.map(([figure, name, digits]) => [name, ...sizes.map((size) => decimals(of(size, figure), digits))]),
  };
  return { row: "omada", tables: [table], data: { windowSeconds, rests } };
}
