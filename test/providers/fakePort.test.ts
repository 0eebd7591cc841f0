import { silentLog } from "../../controller/base/log.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeProxmox, PERSON } from "../fakes/proxmox.ts";
import type { PortLab } from "./portLab.ts";
import { portSuite } from "./portSuite.ts";

const NET = {
  key: "net0",
  name: "eth0",
  bridge: "vmbr0",
  mac: "BC:24:11:00:00:01",
  ipv4: "dhcp",
  other: { rate: "10" },
};

function fakeLab(): Promise<PortLab> {
  const clock = new FakeClock();
  const world = new FakeProxmox(clock);
  world.storages = new Set(["local-zfs"]);
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
