import type { Container } from "../../controller/api/index.ts";
import { kubectlOrThrow } from "../kubectl.ts";
import { NAMESPACE } from "./demoManifests.ts";
import { expectQuiet, expectRest, networkComesUp, networkIsKept } from "./networkStory.ts";
import type { Scene } from "./scene.ts";
import { layersInOrder, membersOf, startGapMs, stopOrderBroken } from "./order.ts";
import { Unmet, type Step } from "./play.ts";
import { readyOf } from "./ready.ts";

export const DATABASE = { name: "dbempleosdelatlantico", vmid: 159 };
export const HOME_ASSISTANT = { name: "homeassistant119", vmid: 200 };
export const PERSON = "root@pam";
const BOOT_SECONDS = 60;
const RESPECT_SECONDS = 4;

/** The steps of the demo, in order. */
export function storyOf(emptyHost: boolean): readonly Step[] {
  const beginning = emptyHost ? [hostEmpty, created] : [allDown];
  return [
    ...beginning,
    ...layersInOrder.map(layerComesUp).flatMap((step, index) => (index === 0 ? [step, ...networkComesUp] : [step])),
    settled,
    ...networkIsKept,
    killed,
    recovered,
    stoppedByHand,
    respected,
    shutDown,
  ];
}

const allDown: Step = {
  id: "host-booted",
  title: "The host has just booted; all twelve containers are down",
  play: async ({ witness, applyLab }) => {
    const guests = await witness.guests();
    const running = guests.filter((guest) => guest.running).length;
    if (guests.length !== 12 || running > 0)
      throw new Error(`${String(guests.length)} containers, ${String(running)} running`);
    const up = (Date.now() - (await witness.upSince())) / 1000;
    await applyLab();
    return `up for ${up.toFixed(0)} s; lab applied`;
  },
};

const hostEmpty: Step = {
  id: "host-empty",
  title: "The host has just booted and holds no container",
  play: async ({ witness, applyLab }) => {
    const guests = await witness.guests();
    if (guests.length > 0) throw new Error(`${String(guests.length)} containers exist`);
    await applyLab();
    return "lab applied";
  },
};

const created: Step = {
  id: "created",
  title: "Twelve containers are created from the template, each with its mark",
  play: ({ witness, until }) =>
    until("twelve marked containers", BOOT_SECONDS, async () => {
      const guests = await witness.guests();
      const marked = guests.filter((guest) => guest.config["tags"]?.includes(`hl.${NAMESPACE}.`) === true);
      return marked.length === 12 ? "12 created" : new Unmet(`${String(marked.length)} are there`);
    }),
};

function layerComesUp(layer: string, index: number): Step {
  const lower = layersInOrder[index - 1];
  return {
    id: `layer-${String(index + 1)}`,
    title: `Layer ${String(index + 1)}, ${layer}, comes up${lower === undefined ? "" : ` after ${lower}`}`,
    play: async ({ scene, until, witness }) => {
      await until(`${layer} ready`, BOOT_SECONDS, () => {
        const ready = readyOf(scene().layers.find((each) => each.metadata.name === layer));
        return ready.status === "True" ? true : new Unmet(ready.message);
      });
      const count = String(membersOf(scene(), layer).length);
      if (lower === undefined) return `${count} of ${count} healthy`;
      const gap = await startGapMs(lower, layer, { scene, witness });
      if (!(gap >= 0)) throw new Error(`${layer} was started before all of ${lower} was up (${String(gap)} ms)`);
      return `${count} of ${count} healthy; began ${(gap / 1000).toFixed(1)} s after all of ${lower} was up`;
    },
  };
}

const settled: Step = {
  id: "booted",
  title: "The lab is up",
  play: ({ scene, until }) =>
    until("the Homelab settled and its boot finished", 20, () => {
      const { homelab } = scene();
      const ready = readyOf(homelab);
      const boot = homelab?.status?.lastBoot;
      if (ready.reason !== "Settled") return new Unmet(ready.message);
      if (boot?.durationSeconds === undefined) return new Unmet("lastBoot is not finished");
      return `all healthy ${boot.durationSeconds.toFixed(1)} s after the boot began`;
    }),
};

const killed: Step = {
  id: "database-killed",
  title: "The database is killed, and it is noticed",
  play: async ({ scene, until, witness }) => {
    const before = Date.now();
    await witness.crash(DATABASE.vmid);
    return await until("an incident of the database", 25, () => {
      const incident = container(scene(), DATABASE.name)?.status?.lastIncident;
      if (incident?.cause !== "Crashed") return new Unmet(`its last incident is ${incident?.cause ?? "none"}`);
      return `${incident.cause}, noticed after ${((Date.parse(incident.detectTime) - before) / 1000).toFixed(1)} s`;
    });
  },
};

const recovered: Step = {
  id: "database-recovered",
  title: "The database is started again and healthy",
  play: async ({ scene, until, witness }) => {
    const crash = (await witness.happened("crashed", DATABASE.vmid)) ?? 0;
    const start = await until("a start call for the database", 25, async () => {
      return (await witness.asked("start", DATABASE.vmid, crash)) ?? new Unmet("none yet");
    });
    return await until("the database healthy again", 30, () => {
      const status = container(scene(), DATABASE.name)?.status;
      const incident = status?.lastIncident;
      if (incident?.recoverTime === undefined || status?.health !== "Healthy")
        return new Unmet(`it is ${status?.health ?? "unknown"}`);
      const down = (Date.parse(incident.recoverTime) - crash) / 1000;
      return `down for ${down.toFixed(1)} s, start called ${((start - crash) / 1000).toFixed(1)} s after the crash`;
    });
  },
};

const stoppedByHand: Step = {
  id: "stopped-by-hand",
  title: `${PERSON} stops Home Assistant in Proxmox, and it is known who did`,
  play: async ({ scene, until, witness }) => {
    await witness.stopByHand(HOME_ASSISTANT.vmid, PERSON);
    return await until("a hold that names the person", 25, () => {
      const status = container(scene(), HOME_ASSISTANT.name)?.status;
      if (status?.hold?.by !== PERSON) return new Unmet(`hold: ${JSON.stringify(status?.hold ?? null)}`);
      const ready = readyOf(container(scene(), HOME_ASSISTANT.name));
      return ready.reason === "StoppedByHand" ? `StoppedByHand, held for ${status.hold.by}` : new Unmet(ready.message);
    });
  },
};

const respected: Step = {
  id: "respected",
  title: "It stays stopped, and the lab is not called sick for it",
  play: async ({ scene, site, watchFor, witness }) => {
    const stop = (await witness.happened("stopped by a task", HOME_ASSISTANT.vmid)) ?? Date.now();
    await watchFor(RESPECT_SECONDS);
    if ((await witness.asked("start", HOME_ASSISTANT.vmid, stop)) !== undefined)
      throw new Error("it was started again");
    const lab = readyOf(scene().homelab);
    if (lab.status !== "True") throw new Error(`the lab is ${lab.reason}: ${lab.message}`);
    await expectRest(site);
    return `no start call in ${((Date.now() - stop) / 1000).toFixed(0)} s; lab ${lab.reason}`;
  },
};

const shutDown: Step = {
  id: "shut-down",
  title: "powerState: Stopped shuts the lab down, top layer first",
  play: async ({ controlPlane, scene, until, witness }) => {
    const begun = Date.now();
    const patch = [
      "patch",
      "hl",
      "nosotros",
      "-n",
      NAMESPACE,
      "--type=merge",
      "-p",
      '{"spec":{"powerState":"Stopped"}}',
    ];
    await kubectlOrThrow(controlPlane, patch);
    await until("the Homelab stopped", 60, () => {
      const { homelab } = scene();
      const ready = readyOf(homelab);
      const current = homelab?.status?.observedGeneration === homelab?.metadata.generation;
      return current && ready.reason === "Stopped" ? true : new Unmet(ready.message);
    });
    const running = (await witness.guests()).filter((guest) => guest.running);
    if (running.length > 0) throw new Error(`still running: ${running.map((guest) => guest.vmid).join(", ")}`);
    const broken = await stopOrderBroken(begun, { scene, witness });
    if (broken !== undefined) throw new Error(broken);
    expectQuiet(scene(), begun);
    return `11 containers in ${((Date.now() - begun) / 1000).toFixed(1)} s, in reverse order`;
  },
};

export function container(scene: Scene, name: string): Container | undefined {
  return scene.containers.find((each) => each.metadata.name === name);
}
