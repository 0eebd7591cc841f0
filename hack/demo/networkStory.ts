import type { NetworkDevice } from "../../controller/api/index.ts";
import { kubectlOrThrow } from "../kubectl.ts";
import { NAMESPACE } from "./demoManifests.ts";
import { Unmet, type Play, type Step } from "./play.ts";
import { readyOf } from "./ready.ts";
import { objectsIn, type Scene } from "./scene.ts";
import { OMADA_VMID } from "./simulatedSite.ts";
import { doubled, type SiteWitness } from "./siteWitness.ts";

/** What of the network is deleted and applied again; the segment of the guests stays. */
const networkKinds = [
  "OmadaController",
  "NetworkDevice",
  "NetworkSegment",
  "WirelessNetwork",
  "AccessRule",
  "ClientGroup",
];
const DECLARED = { device: "Cerebro", port: 24 };
const ELSEWHERE = { device: "Cerebro", port: 3 };
/** Controller, two segments, three devices, two SSIDs, a rule, three client groups. */
const OBJECTS = 12;
/** By the SSID that they use; Omada itself is a wired client. */
const CLIENTS: Readonly<Record<string, number>> = { wired: 8, nosotros: 6, "nosotros-camaras": 4 };

const reached: Step = {
  id: "omada-reached",
  title: "Omada, which runs in CT 101, is reached once that is up",
  play: async ({ scene, until, witness }) => {
    const controller = await until("the OmadaController settled", 30, () => {
      const found = scene().network.controller;
      const ready = readyOf(found);
      return ready.reason === "Settled" && found !== undefined ? found : new Unmet(ready.message);
    });
    expectQuiet(scene(), 0);
    const up = (await witness.happened("serves", OMADA_VMID)) ?? Number.NaN;
    const { version = "", summary } = controller.status ?? {};
    const seconds = ((Date.now() - up) / 1000).toFixed(1);
    return `${version}, devices ${summary?.devices ?? ""}, after ${seconds} s; no alarm before`;
  },
};

const converged: Step = {
  id: "network-converged",
  title: "Segments, ports, SSIDs and rules become as declared",
  play: async (play) => {
    await allSettled(play, 60);
    const { until, site } = play;
    await until("every client there", 20, async () => {
      const clients = await site.clients();
      const missing = Object.entries(CLIENTS).filter(([place, count]) => clients.get(place) !== count);
      return missing.length === 0
        ? true
        : new Unmet(`not all are there: ${missing.map(([place]) => place).join(", ")}`);
    });
    const writes = await site.writes();
    const twice = doubled(writes);
    if (twice.length > 0) throw new Error(`sent twice: ${twice.join("; ")}`);
    const made = writes.filter(({ method }) => method === "POST").length;
    await site.settle();
    return `${String(made)} made, ${String(writes.length - made)} settings written, each once`;
  },
};

const cableMoved: Step = {
  id: "cable-moved",
  title: "The cable of Antenitas is moved, and it is said",
  play: async ({ scene, site, until }) => {
    await site.moveCable(DECLARED, ELSEWHERE);
    return await until("the wiring differs", 25, () => {
      const ready = readyOf(deviceIn(scene(), "antenitas"));
      return ready.reason === "WiringDiffers" ? sentence(ready.message) : new Unmet(ready.message);
    });
  },
};

const cableBack: Step = {
  id: "cable-back",
  title: "The cable is put back",
  play: async ({ scene, site, until }) => {
    await site.moveCable(ELSEWHERE, DECLARED);
    return await until("the wiring as declared", 25, () => {
      const device = deviceIn(scene(), "antenitas");
      const ready = readyOf(device);
      return ready.reason === "Settled" ? `seen at ${device?.status?.summary?.uplink ?? ""}` : new Unmet(ready.message);
    });
  },
};

const wanLost: Step = {
  id: "wan-lost",
  title: "Starlink is lost, and it is said",
  play: async ({ scene, site, until }) => {
    await site.setInternet(false);
    return await until("the gateway Degraded", 25, () => {
      const ready = readyOf(deviceIn(scene(), "er605"));
      return ready.reason === "Degraded" ? sentence(ready.message) : new Unmet(ready.message);
    });
  },
};

const wanBack: Step = {
  id: "wan-back",
  title: "Starlink is back",
  play: async ({ scene, site, until }) => {
    await site.setInternet(true);
    return await until("the gateway settled", 25, () => {
      const device = deviceIn(scene(), "er605");
      const ready = readyOf(device);
      return ready.reason === "Settled"
        ? `er605 at ${device?.status?.summary?.uplink ?? ""}`
        : new Unmet(ready.message);
    });
  },
};

const foundAgain: Step = {
  id: "network-found-again",
  title: "The network is deleted from Kubernetes and applied again",
  play: async (play) => {
    const { applyLab, controlPlane, site } = play;
    const gone = objectsIn(play.scene().network).filter(({ metadata }) => metadata.name !== "lan");
    const remove = (...what: readonly string[]): Promise<string> =>
      kubectlOrThrow(controlPlane, ["delete", "-n", NAMESPACE, ...what]);
    await remove("hdev,hwlan,hacl,hclients,homada", "--all");
    await remove("hnet", "cameras");
    await applyLab((kind) => networkKinds.includes(kind));
    await allSettled(play, 30, new Set(gone.map(({ metadata }) => metadata.uid)));
    await expectRest(site);
    return `${String(gone.length)} objects found what they declare, nothing written`;
  },
};

/** From when CT 101 is up. */
export const networkComesUp: readonly Step[] = [reached, converged];

/** In a network that is as declared. */
export const networkIsKept: readonly Step[] = [cableMoved, cableBack, wanLost, wanBack, foundAgain];

/** All of them Ready, and none of those with these uids, which may still be in sight. */
async function allSettled(
  { scene, until }: Play,
  seconds: number,
  gone: ReadonlySet<string> = new Set(),
): Promise<void> {
  await until("every object of the network settled", seconds, () => {
    const objects = objectsIn(scene().network);
    if (objects.length < OBJECTS) return new Unmet(`${String(objects.length)} objects are there`);
    const late = objects.find((one) => readyOf(one).reason !== "Settled" || gone.has(one.metadata.uid));
    return late === undefined ? true : new Unmet(`${late.kind} ${late.metadata.name}: ${readyOf(late).message}`);
  });
}

/** Throws with what was written to Omada although all was as declared. */
export async function expectRest(site: SiteWitness): Promise<void> {
  const writes = await site.writesAtRest();
  if (writes.length > 0)
    throw new Error(`written to Omada: ${writes.map(({ method, path }) => `${method} ${path}`).join("; ")}`);
}

/** Throws with the warnings about the network since then: with its guest down or not up yet, Omada's absence is none. */
export function expectQuiet({ happenings }: Scene, sinceMs: number): void {
  const alarms = happenings.filter(
    ({ type, regarding, eventTime = "" }) =>
      type === "Warning" && networkKinds.includes(regarding.kind) && Date.parse(eventTime) >= sinceMs,
  );
  if (alarms.length > 0)
    throw new Error(`alarmed: ${alarms.map(({ reason, note }) => `${reason} ${note ?? ""}`).join("; ")}`);
}

function deviceIn({ network }: Scene, name: string): NetworkDevice | undefined {
  return network.devices.find(({ metadata }) => metadata.name === name);
}

/** What is; without what to do. */
function sentence(message: string): string {
  return message.split("; ")[0] ?? message;
}
