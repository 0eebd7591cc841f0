import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { OmadaLab } from "./omadaLab.ts";
import { MAC, OmadaBench, signal } from "./omadaLab.ts";
import { refusalOf } from "./portLab.ts";

/** Networks, profiles, ports and devices, the same for every implementation of `OmadaPort`. */
export function omadaNetworkSuite(name: string, build: () => Promise<OmadaLab>): void {
  describe(`what an Omada connection does to networks and devices (${name})`, () => {
    const bench = new OmadaBench();
    beforeEach(() => bench.build(build));
    afterEach(() => bench.close());

    it("makes a VLAN-only network, and Omada a profile of its name", async () => {
      await bench.ready();
      const made = await bench.makeNetwork("cameras", 30);
      expect(made).to.include({ purpose: "VLAN", vlan: 30, primary: false });
      expect(made).to.not.have.property("gatewaySubnet");
      await bench.sees("its profile", ({ profiles }) => profiles?.some((one) => one.name === "cameras") === true);
      const profile = bench.seen.profiles?.find((one) => one.name === "cameras");
      expect(profile).to.include({ builtIn: true, nativeNetworkId: made.id });
    });

    it("makes a network with gateway and DHCP, and changes only what it is told to", async () => {
      await bench.ready();
      const dhcp = {
        enabled: true,
        ranges: [{ start: "192.168.50.100", end: "192.168.50.200" }],
        leaseSeconds: 86_400,
        dns: ["192.168.50.1", "8.8.8.8"],
      };
      const wish = { name: "iot", purpose: "Interface", vlan: 50, gatewaySubnet: "192.168.50.1/24", dhcp } as const;
      await bench.port.createNetwork({ ...wish, domain: "iot.lan" }, signal);
      await bench.sees("the network", () => bench.network("iot") !== undefined);
      // 5.x does not tell whether a network is isolated.
      const told = bench.lab.portVlans === "port";
      expect(bench.network("iot")).to.deep.include({ ...wish, domain: "iot.lan" });
      expect(bench.network("iot")?.isolated).to.equal(told ? false : undefined);
      const { id = "" } = bench.network("iot") ?? {};
      await bench.port.updateNetwork(id, { isolated: true, dhcp: { leaseSeconds: 7_200 } }, signal);
      await bench.sees("its lease", () => bench.network("iot")?.dhcp?.leaseSeconds === 7_200);
      expect(bench.network("iot")?.isolated).to.equal(told ? true : undefined);
      expect(bench.network("iot")).to.deep.include({
        ...wish,
        id,
        domain: "iot.lan",
        dhcp: { ...dhcp, leaseSeconds: 7_200 },
      });
    });

    it("changes a VLAN and a name, and removes the network at once from what is seen", async () => {
      await bench.ready();
      const { id } = await bench.makeNetwork("cameras", 30);
      await bench.port.updateNetwork(id, { name: "cams", vlan: 31 }, signal);
      await bench.sees("its new name", () => bench.network("cams") !== undefined);
      expect(bench.network("cams")).to.include({ id, vlan: 31, purpose: "VLAN" });
      await bench.port.deleteNetwork(id, signal);
      const mark = bench.port.mark();
      bench.port.hurry();
      await bench.lab.until("the next look", () => bench.seen.sequence >= mark);
      expect(bench.network("cams")).to.equal(undefined);
    });

    it("turns DHCP of a network off and back to the gateway as name server", async () => {
      await bench.ready();
      const { id } = await bench.makeNetwork("iot", 50, "Interface");
      const ranges = [{ start: "192.168.50.10", end: "192.168.50.20" }];
      await bench.port.updateNetwork(id, { dhcp: { enabled: true, ranges, dns: ["1.1.1.1"] } }, signal);
      await bench.sees("DHCP", () => bench.network("iot")?.dhcp?.enabled === true);
      expect(bench.network("iot")?.dhcp).to.deep.include({ ranges, dns: ["1.1.1.1"] });
      await bench.port.updateNetwork(id, { dhcp: { dns: [] } }, signal);
      await bench.sees("no name server", () => bench.network("iot")?.dhcp?.dns.length === 0);
      await bench.port.updateNetwork(id, { dhcp: { enabled: false } }, signal);
      await bench.sees("no DHCP", () => bench.network("iot")?.dhcp?.enabled === false);
    });

    it("A7: refusals are classed: a name that exists, the default network, one that is gone", async () => {
      await bench.ready();
      await bench.makeNetwork("cameras", 30);
      const twice = bench.port.createNetwork({ name: "cameras", purpose: "VLAN", vlan: 32 }, signal);
      expect(await refusalOf(twice)).to.include({ kind: "conflict" });
      expect(await refusalOf(bench.port.deleteNetwork(bench.primary.id, signal))).to.include({ kind: "spec" });
      const gone = "65f0000000000000000000aa";
      expect(await refusalOf(bench.port.deleteNetwork(gone, signal))).to.include({ kind: "missing" });
      expect(await refusalOf(bench.port.updateNetwork(gone, { vlan: 9 }, signal))).to.include({ kind: "missing" });
      const subnetless = bench.port.createNetwork({ name: "iot", purpose: "Interface", vlan: 50 }, signal);
      expect(await refusalOf(subnetless)).to.include({ kind: "spec" });
    });

    it("A7: a site that is busy refuses writes as `busy`, and nothing is done", async () => {
      await bench.ready();
      await bench.lab.busy(true);
      const refused = bench.port.createNetwork({ name: "cameras", purpose: "VLAN", vlan: 30 }, signal);
      expect(await refusalOf(refused)).to.include({ kind: "overloaded" });
      await bench.lab.busy(false);
      await bench.makeNetwork("cameras", 30);
    });

    it("makes, changes and removes a profile", async () => {
      await bench.ready();
      const cameras = await bench.makeNetwork("cameras", 30);
      const iot = await bench.makeNetwork("iot", 50);
      const wish = { name: "trunk", nativeNetworkId: bench.primary.id, taggedNetworkIds: [cameras.id] };
      await bench.port.createProfile(wish, signal);
      const profile = () => bench.seen.profiles?.find((one) => one.name === "trunk");
      await bench.sees("the profile", () => profile() !== undefined);
      expect(profile()).to.deep.include({ builtIn: false, ...wish });
      const { id = "" } = profile() ?? {};
      await bench.port.updateProfile(id, { ...wish, taggedNetworkIds: [cameras.id, iot.id] }, signal);
      await bench.sees("two tagged networks", () => profile()?.taggedNetworkIds.length === 2);
      await bench.port.deleteProfile(id, signal);
      await bench.sees("it is gone", () => profile() === undefined);
      expect(await refusalOf(bench.port.deleteProfile(id, signal))).to.include({ kind: "missing" });
    });

    it("sets the networks of a port as this version can, and leaves the rest of the port alone", async () => {
      await bench.ready();
      const cameras = await bench.makeNetwork("cameras", 30);
      const vlans = { nativeNetworkId: cameras.id, taggedNetworkIds: [] };
      if (bench.lab.portVlans === "port") await bench.port.setPort(MAC.switch, 7, { vlans }, signal);
      else {
        const both = bench.port.setPort(MAC.switch, 7, { vlans, name: "no" }, signal);
        expect(await refusalOf(both)).to.include({ kind: "spec" });
        await bench.sees("its profile", ({ profiles }) => profiles?.some((one) => one.name === "cameras") === true);
        const profileId = bench.seen.profiles?.find((one) => one.name === "cameras")?.id ?? "";
        await bench.port.setPort(MAC.switch, 7, { profileId }, signal);
        await bench.sees("the profile at the port", () => bench.switchPort(7).profileId === profileId);
      }
      if (bench.lab.readsPorts) {
        await bench.sees("the network at the port", () => bench.switchPort(7).nativeNetworkId === cameras.id);
        expect(bench.switchPort(7).taggedNetworkIds).to.deep.equal([]);
        expect(await refusalOf(bench.port.deleteNetwork(cameras.id, signal))).to.include({ kind: "conflict" });
      }
      await bench.port.setPort(MAC.switch, 7, { name: "camera 7" }, signal);
      await bench.sees("the name", () => bench.switchPort(7).name === "camera 7");
      if (bench.lab.readsPorts) expect(bench.switchPort(7).nativeNetworkId).to.equal(cameras.id);
      await bench.port.setPort(MAC.switch, 7, { enabled: false }, signal);
      await bench.sees("it is off", () => bench.switchPort(7).enabled === false);
      expect(bench.switchPort(7).name).to.equal("camera 7");
      expect(await refusalOf(bench.port.setPort(MAC.switch, 99, { name: "x" }, signal))).to.include({
        kind: "missing",
      });
    });

    it("names devices and sets radios", async () => {
      await bench.ready();
      await bench.port.renameDevice(MAC.ap, "Patio", signal);
      await bench.sees("the name", () => bench.device(MAC.ap).name === "Patio");
      const radio = () => bench.device(MAC.ap).radios?.find((one) => one.band === "2.4GHz");
      await bench.port.setRadio(MAC.ap, { band: "2.4GHz", channel: 11, power: "Low" }, signal);
      await bench.sees("channel 11", () => radio()?.setChannel === 11);
      expect(radio()).to.include({ power: "Low", enabled: true });
      await bench.port.setRadio(MAC.ap, { band: "2.4GHz", enabled: false }, signal);
      await bench.sees("the radio is off", () => radio()?.enabled === false);
      const none = bench.port.setRadio(MAC.ap, { band: "6GHz", enabled: true }, signal);
      expect(["missing", "spec"]).to.include((await refusalOf(none)).kind);
    });

    it("tells what an access point broadcasts, and moves it to another WLAN group", async () => {
      await bench.ready();
      const [first] = bench.seen.wlanGroups ?? [];
      const wish = { ssid: "nosotros", bands: ["2.4GHz", "5GHz"], security: "Open" } as const;
      await bench.port.createWlan(first?.id ?? "", wish, signal);
      await bench.lab.personMakesWlanGroup("Patio");
      await bench.sees("both", ({ wlanGroups, wlans }) => wlanGroups?.length === 2 && wlans?.length === 1);
      expect(bench.device(MAC.ap)).to.deep.include({ wlanGroupId: first?.id, ssidsOff: [] });
      expect(bench.device(MAC.switch)).to.not.have.property("wlanGroupId");
      await bench.lab.personSwitchesSsid("nosotros", false);
      const off = [bench.seen.wlans?.[0]?.id];
      await bench.sees("it is off there", () => bench.device(MAC.ap).ssidsOff?.length === 1);
      expect(bench.device(MAC.ap).ssidsOff).to.deep.equal(off);
      const patio = bench.seen.wlanGroups?.find((one) => one.name === "Patio")?.id ?? "";
      await bench.port.setWlanGroup(MAC.ap, patio, signal);
      await bench.sees("it moved", () => bench.device(MAC.ap).wlanGroupId === patio);
      await bench.port.setWlanGroup(MAC.ap, patio, signal);
      expect(bench.device(MAC.ap).ssidsOff).to.deep.equal([]);
      expect((await refusalOf(bench.port.setWlanGroup(MAC.ap, "none", signal))).kind).to.be.oneOf(["missing", "spec"]);
      expect((await refusalOf(bench.port.setWlanGroup(MAC.switch, patio, signal))).kind).to.be.oneOf([
        "missing",
        "spec",
      ]);
    });

    it("tells the longest frame that a switch passes", async () => {
      await bench.ready();
      expect(bench.device(MAC.switch).maxFrameBytes).to.equal(1_518);
      expect(bench.device(MAC.ap)).to.not.have.property("maxFrameBytes");
    });

    it("N4: writes of one connection go one after the other", async () => {
      await bench.ready();
      const wishes = [61, 62, 63, 64, 65, 66, 67].map((vlan) => ({ name: `v${vlan}`, purpose: "VLAN", vlan }) as const);
      await Promise.all(wishes.map((wish) => bench.port.createNetwork(wish, signal)));
      await bench.sees("all of them", () => wishes.every((wish) => bench.network(wish.name) !== undefined));
    });

    it("P1: without the lease nothing is written, looks go on", async () => {
      bench.reopen(() => {
        throw new ProviderError("unreachable", "the lease is not held");
      });
      await bench.ready();
      const refused = bench.port.createNetwork({ name: "cameras", purpose: "VLAN", vlan: 30 }, signal);
      expect(await refusalOf(refused)).to.include({ kind: "unreachable", message: "the lease is not held" });
      const mark = bench.port.mark();
      await bench.lab.until("a newer look", () => bench.seen.sequence >= mark);
      expect(bench.network("cameras")).to.equal(undefined);
    });
  });
}
