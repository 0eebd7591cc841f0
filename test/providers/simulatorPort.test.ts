import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../controller/base/clock.ts";
import { silentLog } from "../../controller/base/log.ts";
import { connectProxmox } from "../../controller/providers/proxmox/connect.ts";
import { startProxmoxSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";
import type { PortLab } from "./portLab.ts";
import { portSuite } from "./portSuite.ts";

const TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
const LONGEST_MS = 20_000;

/** The real adapter, over real HTTPS, against a simulator in a process of its own, twenty times faster than life. */
async function simulatedLab(): Promise<PortLab> {
  const simulator = await startProxmoxSimulator({ speed: 20, templates: [TEMPLATE] });
  const guest = (vmid: number): string => `/guests/${String(vmid)}`;
  const act = async (method: "POST" | "PATCH" | "DELETE", path: string, body: object = {}): Promise<void> => {
    await simulator.admin(method, path, body);
  };
  return {
    node: "pve1",
    storage: "local-zfs",
    template: TEMPLATE,
    person: "root@pam",
    open: (allowed = () => undefined) =>
      connectProxmox(
        {
          name: "lab",
          endpoints: [simulator.url],
          tokenId: simulator.tokenId,
          tokenSecret: simulator.tokenSecret,
          tls: { ca: simulator.ca },
          pollIntervalSeconds: 1,
        },
        { clock: systemClock, log: silentLog, allowed },
      ),
    addGuest: ({ vmid, name, running }) =>
      act("POST", "/guests", { vmid, name, running, config: { net0: "name=eth0,bridge=vmbr0,ip=dhcp" } }),
    personStarts: (vmid) => act("POST", `${guest(vmid)}/start`),
    personShutsDown: (vmid) => act("POST", `${guest(vmid)}/shutdown`),
    personRetags: (vmid, tags) => act("PATCH", guest(vmid), { config: { tags: tags.join(";") } }),
    personDestroys: (vmid) => act("DELETE", guest(vmid)),
    lock: (vmid, word) => act("PATCH", guest(vmid), { lock: word }),
    until: async (what, condition) => {
      const end = systemClock.monotonic() + LONGEST_MS;
      while (!(await condition())) {
        if (systemClock.monotonic() > end) throw new Error(`not within ${String(LONGEST_MS)} ms: ${what}`);
        await sleep(20);
      }
    },
    close: () => simulator.stop(),
  };
}

describe("the Proxmox adapter", function () {
  this.timeout(30_000);
  portSuite("on the simulator", simulatedLab);
});
