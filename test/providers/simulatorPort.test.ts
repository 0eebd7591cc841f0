import { startProxmoxSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";
import type { VmLab } from "./portLab.ts";
import { portImageSuite } from "./portImageSuite.ts";
import { portSuite } from "./portSuite.ts";
import { IMAGE, portVmSuite } from "./portVmSuite.ts";
import { connectTo, until } from "./proxmox/simulated.ts";

const TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

const NET = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,rate=10,type=veth";

/** The real adapter, over real HTTPS, against a simulator in a process of its own, twenty times faster than life. */
async function simulatedLab(): Promise<VmLab> {
  const simulator = await startProxmoxSimulator({ speed: 20, templates: [TEMPLATE, IMAGE] });
  const guest = (vmid: number): string => `/guests/${String(vmid)}`;
  const act = async (method: "POST" | "PATCH" | "DELETE", path: string, body: object = {}): Promise<void> => {
    await simulator.admin(method, path, body);
  };
  return {
    node: "pve1",
    storage: "local-zfs",
    template: TEMPLATE,
    person: "root@pam",
    open: (allowed) => connectTo(simulator, {}, allowed === undefined ? {} : { allowed }),
    addGuest: ({ vmid, name, running }) => act("POST", "/guests", { vmid, name, running, config: { net0: NET } }),
    addVm: ({ vmid, name, running }) =>
      act("POST", "/guests", {
        type: "qemu",
        vmid,
        name,
        running,
        config: {
          memory: "1024",
          cores: 1,
          agent: null,
          scsihw: "virtio-scsi-single",
          scsi0: `local-zfs:vm-${String(vmid)}-disk-0,cache=writeback,size=8G`,
          net0: "virtio=BC:24:11:00:00:02,bridge=vmbr0,rate=10",
        },
      }),
    personStarts: (vmid) => act("POST", `${guest(vmid)}/start`),
    personShutsDown: (vmid) => act("POST", `${guest(vmid)}/shutdown`),
    personRetags: (vmid, tags) => act("PATCH", guest(vmid), { config: { tags: tags.join(";") } }),
    personDestroys: (vmid) => act("DELETE", guest(vmid)),
    lock: (vmid, word) => act("PATCH", guest(vmid), { lock: word }),
    until,
    close: () => simulator.stop(),
  };
}

describe("the Proxmox adapter", function () {
  this.timeout(30_000);
  portSuite("on the simulator", simulatedLab);
  portVmSuite("on the simulator", simulatedLab);
  portImageSuite("on the simulator", simulatedLab);
});
