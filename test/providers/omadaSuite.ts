import { expect } from "chai";
import type { OmadaLab } from "./omadaLab.ts";
import { MAC, OmadaBench } from "./omadaLab.ts";
import { omadaNetworkSuite } from "./omadaNetworkSuite.ts";
import { omadaRuleSuite } from "./omadaRuleSuite.ts";

/** Looks, the same for every implementation of `OmadaPort`. */
function lookSuite(name: string, build: () => Promise<OmadaLab>): void {
  describe(`what an Omada connection sees (${name})`, () => {
    const bench = new OmadaBench();
    beforeEach(() => bench.build(build));
    afterEach(() => bench.close());

    it("sees site, devices with uplink and WAN, and the default network", async () => {
      expect(bench.port.reach().is).to.equal("connecting");
      await bench.ready();
      expect(bench.port.reach().is).to.equal("reachable");
      expect(bench.seen).to.include({ siteName: "Default" });
      expect(bench.seen.abilities).to.include({ portVlans: bench.lab.portVlans, gateway: true });
      expect(bench.seen.abilities.readsPorts).to.equal(bench.lab.readsPorts);
      expect(bench.device(MAC.switch)).to.include({
        role: "Switch",
        name: "Cerebro",
        model: "SG3428",
        state: "Connected",
      });
      expect(bench.device(MAC.ap).uplink).to.deep.equal({ mac: MAC.switch, name: "Cerebro", port: 24 });
      expect(bench.device(MAC.gateway).wan?.[0]).to.include({ online: true, linkUp: true });
      expect(bench.primary).to.include({ purpose: "Interface", vlan: 1, gatewaySubnet: "192.168.0.1/24" });
      expect(bench.primary.dhcp?.ranges).to.deep.equal([{ start: "192.168.0.100", end: "192.168.0.199" }]);
    });

    it("sees ports, radios, built-in profiles and groups, the WLAN group and clients", async () => {
      await bench.ready();
      expect(bench.device(MAC.switch).ports).to.have.length(28);
      expect(bench.switchPort(24)).to.include({ enabled: true });
      expect(bench.device(MAC.ap).radios?.map((radio) => radio.band)).to.deep.equal(["2.4GHz", "5GHz"]);
      const all = bench.seen.profiles?.find((profile) => profile.name === "All");
      expect(all).to.include({ builtIn: true });
      expect(bench.switchPort(24).profileId).to.equal(all?.id);
      expect(bench.seen.wlanGroups).to.have.length(1);
      expect(bench.seen.wlanGroups?.[0]).to.include({ primary: true });
      expect(bench.seen.groups?.find((group) => group.name === "IPGroup_Any")).to.include({
        builtIn: true,
        type: "ip",
      });
      expect(bench.seen.clients?.find((client) => client.mac === bench.lab.client)).to.include({
        wireless: false,
        deviceMac: MAC.switch,
      });
    });

    it("O2: what is seen has a smaller sequence than a mark taken later, and looks go on", async () => {
      await bench.ready();
      const mark = bench.port.mark();
      expect(bench.seen.sequence).to.be.below(mark);
      bench.port.hurry();
      await bench.lab.until("a newer look", () => bench.seen.sequence >= mark);
    });

    it("reads only parts that somebody wants", async () => {
      await bench.ready();
      bench.port.want("suite", new Set(["groups"]));
      const mark = bench.port.mark();
      await bench.lab.until("a newer look", () => bench.seen.sequence >= mark);
      expect(bench.seen).to.not.have.any.keys("networks", "profiles", "wlans", "acls", "reservations", "clients");
      expect(bench.seen.groups).to.not.equal(undefined);
      expect(bench.device(MAC.switch).ports).to.equal(undefined);
    });

    it("sees a device that loses its power, and one whose cable was moved", async () => {
      await bench.ready();
      await bench.lab.moveCable(3);
      await bench.sees("the new port", () => bench.device(MAC.ap).uplink?.port === 3);
      await bench.lab.power("Antenitas", false);
      await bench.sees("it is away", () => !["Connected", "Configuring"].includes(bench.device(MAC.ap).state));
      await bench.lab.power("Antenitas", true);
      await bench.sees("it is back", () => bench.device(MAC.ap).state === "Connected");
    });

    it("sees the WAN go and come back", async () => {
      await bench.ready();
      await bench.lab.wan(false);
      await bench.sees("no Internet", () => bench.device(MAC.gateway).wan?.[0]?.online === false);
      await bench.lab.wan(true);
      await bench.sees("Internet", () => bench.device(MAC.gateway).wan?.[0]?.online === true);
    });

    it("sees a client leave", async () => {
      await bench.ready();
      await bench.lab.clientLeaves();
      await bench.sees("it left", ({ clients }) => clients?.some((one) => one.mac === bench.lab.client) === false);
    });

    it("N1: an empty list that does not repeat is not believed", async () => {
      await bench.ready();
      const made = await bench.makeNetwork("iot", 50);
      let lost = false;
      bench.port.onChange(() => {
        lost ||= bench.seen.networks?.some((network) => network.id === made.id) !== true;
      });
      await bench.lab.emptyNetworks(1);
      for (let looks = 0; looks < 2; looks += 1) {
        const mark = bench.port.mark();
        await bench.lab.until("a newer look", () => bench.seen.sequence >= mark);
      }
      expect(lost).to.equal(false);
    });

    it("N1: what a person removed is gone once the list says so again", async () => {
      await bench.ready();
      await bench.makeNetwork("iot", 50);
      await bench.lab.personRemovesNetwork("iot");
      await bench.sees("it is gone", () => bench.network("iot") === undefined);
    });

    it("tells listeners of each look until they leave", async () => {
      let told = 0;
      const leave = bench.port.onChange(() => (told += 1));
      await bench.ready();
      expect(told).to.be.at.least(1);
      leave();
      const before = told;
      const mark = bench.port.mark();
      await bench.lab.until("a newer look", () => bench.seen.sequence >= mark);
      expect(told).to.equal(before);
    });
  });
}

/** All of the port. */
export function omadaSuite(name: string, build: () => Promise<OmadaLab>): void {
  lookSuite(name, build);
  omadaNetworkSuite(name, build);
  omadaRuleSuite(name, build);
}
