import { startOmadaSimulator } from "../simulators/omada/startOmadaSimulator.ts";
import type { Profile } from "../simulators/omada/profile.ts";
import { connectTo, connectWithoutWeb } from "./omada/simulated.ts";
import type { OmadaLab } from "./omadaLab.ts";
import { omadaNetworkSuite } from "./omadaNetworkSuite.ts";
import { omadaSuite } from "./omadaSuite.ts";
import { until } from "./proxmox/simulated.ts";

/** The real adapter, over real HTTPS, against a simulator in a process of its own, twenty times faster than life. */
async function simulatedLab(profile: Profile, web: boolean): Promise<OmadaLab> {
  const simulator = await startOmadaSimulator({ profile, speed: 20 });
  const admin = async (method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body: object = {}): Promise<void> => {
    await simulator.admin(method, path, body);
  };
  const portVlans = profile === "5.15" ? "profile" : "port";
  const cable = { device: "Cerebro", port: 24 };
  return {
    open: (allowed) => {
      const guard = allowed === undefined ? {} : { allowed };
      const pace = { pollIntervalSeconds: 0.3 };
      return web ? connectTo(simulator, pace, guard) : connectWithoutWeb(simulator, pace, guard);
    },
    portVlans,
    readsPorts: web || portVlans === "profile",
    readsPassphrases: web,
    personRemovesNetwork: (name) => admin("DELETE", `/objects/networks/${name}`),
    power: (device, online) => admin("PATCH", `/devices/${device}`, { online }),
    moveCable: (port) => admin("POST", "/cables/move", { from: cable, to: { device: "Cerebro", port } }),
    wan: (internet) => admin("PATCH", "/devices/ER605/wans/1", { internet }),
    emptyNetworks: (count) =>
      admin("POST", "/faults", { method: "GET", path: "lan-networks$", count, effect: { kind: "emptyList" } }),
    client: "02:00:00:00:07:01",
    clientLeaves: () => admin("PATCH", "/clients/02-00-00-00-07-01", { on: false }),
    busy: (busy) => admin("PUT", "/busy", { busy }),
    personMakesWlanGroup: (name) => admin("POST", "/objects/wlans", { name }),
    personSwitchesSsid: (ssid, on) => admin("PUT", `/devices/Antenitas/ssids/${ssid}`, { on }),
    until,
    close: () => simulator.stop(),
  };
}

describe("the Omada adapter", function () {
  this.timeout(60_000);
  omadaSuite("on the simulator, 6.2", () => simulatedLab("6.2", true));
  omadaSuite("on the simulator, 5.15", () => simulatedLab("5.15", false));
  omadaNetworkSuite("on the simulator, 6.3 without a web session", () => simulatedLab("6.3", false));
});
