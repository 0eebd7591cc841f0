import { silentLog } from "../../controller/base/log.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeOmada } from "../fakes/omada.ts";
import { FAKE, type FakeSiteOptions } from "../fakes/omadaSite.ts";
import type { OmadaLab } from "./omadaLab.ts";
import { omadaSuite } from "./omadaSuite.ts";

const CLIENT = "02:00:00:00:07:01";

function fakeLab(options: FakeSiteOptions): OmadaLab {
  const clock = new FakeClock();
  const world = new FakeOmada(clock, options);
  world.addClient({ mac: CLIENT, name: "wired-1", wireless: false, deviceMac: FAKE.switch, port: 5 });
  const networkNamed = (name: string): string => world.networks.find((network) => network.name === name)?.id ?? "";
  const done = Promise.resolve();
  return {
    open: (allowed) => world.port({ log: silentLog, ...(allowed === undefined ? {} : { allowed }) }),
    portVlans: world.portVlans,
    readsPorts: world.readsPorts,
    readsPassphrases: world.web,
    personRemovesNetwork: (name) => (world.networks.delete(networkNamed(name)), done),
    power: (device, on) => (on ? world.plugIn(device) : world.unplug(device), done),
    moveCable: (port) => (world.plugIn("Antenitas", { mac: FAKE.switch, port }), done),
    wan: (online) => (online ? world.wanUp() : world.wanDown(), done),
    emptyNetworks: () => (world.shrinkOnce("networks"), done),
    client: CLIENT,
    clientLeaves: () => (world.clientLeaves(CLIENT), done),
    busy: (on) => ((world.busy = on), done),
    personMakesWlanGroup: (name) => (world.addWlanGroup(name), done),
    personSwitchesSsid: (ssid, on) => (world.switchSsid("Antenitas", ssid, on), done),
    until: async (what, condition) => {
      for (let waited = 0; waited <= 60_000; waited += 250) {
        if (await condition()) return;
        await clock.advance(250);
      }
      throw new Error(`not within a minute: ${what}`);
    },
    close: () => done,
  };
}

omadaSuite("in memory, 6.2", () => Promise.resolve(fakeLab({ version: "6.2.10.17" })));
omadaSuite("in memory, 5.15", () => Promise.resolve(fakeLab({ version: "5.15.8.12", web: false })));
omadaSuite("in memory, 6.2 without a web session", () =>
  Promise.resolve(fakeLab({ version: "6.2.10.17", web: false })),
);
