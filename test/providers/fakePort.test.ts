import { silentLog } from "../../controller/base/log.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeProxmox, PERSON } from "../fakes/proxmox.ts";
import type { VmLab } from "./portLab.ts";
import { portImageSuite } from "./portImageSuite.ts";
import { portSuite } from "./portSuite.ts";
import { IMAGE, portVmSuite } from "./portVmSuite.ts";

const NET = {
  key: "net0",
  name: "eth0",
  bridge: "vmbr0",
  mac: "BC:24:11:00:00:01",
  ipv4: "dhcp",
  other: { rate: "10" },
};

function fakeLab(): Promise<VmLab> {
  const clock = new FakeClock();
  const world = new FakeProxmox(clock);
  world.storages = new Set(["local", "local-zfs"]);
  world.images.files = new Set();
  world.images.disks.set(IMAGE, "");
  return Promise.resolve({
    node: "pve1",
    storage: "local-zfs",
    template: "local:vztmpl/debian-12.tar.zst",
    person: PERSON,
    open: (allowed) => world.port({ log: silentLog, ...(allowed === undefined ? {} : { allowed }) }),
    addGuest: ({ vmid, name, running }) => {
      world.add({ vmid, name, power: running ? "Running" : "Stopped", networks: [NET] });
      return Promise.resolve();
    },
    addVm: ({ vmid, name, running }) => {
      const disk = {
        key: "scsi0",
        volume: `local-zfs:vm-${String(vmid)}-disk-0`,
        sizeMiB: 8192,
        other: { cache: "writeback" },
      };
      const card = { ...NET, name: "net0", model: "virtio", mac: "BC:24:11:00:00:02" };
      const { ipv4: _, ...net0 } = card;
      world.add({
        type: "qemu",
        vmid,
        name,
        power: running ? "Running" : "Stopped",
        memoryMiB: 1024,
        networks: [net0],
        vm: { disks: [disk], hostDevices: {} },
      });
      return Promise.resolve();
    },
    personStarts: (vmid) => Promise.resolve(void world.start(vmid)),
    personShutsDown: (vmid) => Promise.resolve(void world.shutdown(vmid, { timeoutSeconds: 60, force: true })),
    personRetags: (vmid, tags) => {
      world.guest(vmid).tags = [...tags];
      return Promise.resolve();
    },
    personDestroys: (vmid) => Promise.resolve(void world.destroy(vmid)),
    lock: (vmid, word) => {
      world.guest(vmid).lock = word;
      return Promise.resolve();
    },
    until: async (what, condition) => {
      for (let waited = 0; waited <= 60_000; waited += 250) {
        if (await condition()) return;
        await clock.advance(250);
      }
      throw new Error(`not within a minute: ${what}`);
    },
    close: () => Promise.resolve(),
  });
}

portSuite("in memory", fakeLab);
portVmSuite("in memory", fakeLab);
portImageSuite("in memory", fakeLab);
