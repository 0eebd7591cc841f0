import { expect } from "chai";
import type { AclWish } from "../../controller/providers/omadaPort.ts";
import type { AclSeen } from "../../controller/providers/omadaSeen.ts";
import type { OmadaLab } from "./omadaLab.ts";
import { OmadaBench, signal } from "./omadaLab.ts";
import { refusalOf } from "./portLab.ts";

/** WLANs, rules, groups, reservations and clients, the same for every implementation of `OmadaPort`. */
export function omadaRuleSuite(name: string, build: () => Promise<OmadaLab>): void {
  describe(`what an Omada connection does to WLANs, rules and clients (${name})`, () => {
    const bench = new OmadaBench();
    beforeEach(() => bench.build(build));
    afterEach(() => bench.close());

    const wlan = (ssid: string) => bench.seen.wlans?.find((one) => one.ssid === ssid);
    const acls = (table: AclSeen["table"]): readonly AclSeen[] =>
      (bench.seen.acls ?? []).filter((one) => one.table === table).toSorted((a, b) => a.index - b.index);
    const group = (named: string) => bench.seen.groups?.find((one) => one.name === named);

    const rule = (description: string, table: AclWish["table"] = "switch"): AclWish => ({
      table,
      description,
      enabled: true,
      action: "Deny",
      protocols: [256],
      source: { type: "network", ids: [bench.network("iot")?.id ?? ""] },
      destination: { type: "network", ids: [bench.primary.id] },
      ...(table === "gateway" ? { direction: "LanToLan" as const } : {}),
    });

    it("N3: makes an SSID, changes it, without its passphrase where that can be read, and removes it", async () => {
      await bench.ready();
      const groupId = bench.seen.wlanGroups?.[0]?.id ?? "";
      const wish = { ssid: "nosotros", bands: ["2.4GHz", "5GHz"], security: "WPA2", vlan: 30 } as const;
      await bench.port.createWlan(groupId, { ...wish, passphrase: "correct horse" }, signal);
      await bench.sees("the SSID", () => wlan("nosotros") !== undefined);
      expect(wlan("nosotros")).to.deep.include({ ...wish, hidden: false, guest: false, groupId });
      const id = wlan("nosotros")?.id ?? "";
      const change = { hidden: true, vlan: 31 };
      const kept = bench.port.updateWlan({ groupId, id }, change, signal);
      if (bench.lab.readsPassphrases) await kept;
      else {
        expect(await refusalOf(kept)).to.include({ kind: "spec" });
        await bench.port.updateWlan({ groupId, id }, { ...change, passphrase: "correct horse" }, signal);
      }
      await bench.sees("it is hidden", () => wlan("nosotros")?.hidden === true);
      expect(wlan("nosotros")).to.deep.include({ ...wish, vlan: 31, hidden: true, groupId, id });
      await bench.port.updateWlan({ groupId, id }, { passphrase: "another horse", security: "WPA2/WPA3" }, signal);
      await bench.sees(
        "its security",
        () => wlan("nosotros")?.security === "WPA2/WPA3" || wlan("nosotros")?.security === "WPA3",
      );
      await bench.port.deleteWlan({ groupId, id }, signal);
      await bench.sees("it is gone", () => wlan("nosotros") === undefined);
    });

    it("A7: an SSID that exists is a conflict, one without a passphrase an error of the spec", async () => {
      await bench.ready();
      const groupId = bench.seen.wlanGroups?.[0]?.id ?? "";
      const wish = { ssid: "nosotros", bands: ["5GHz"], security: "WPA2", passphrase: "correct horse" } as const;
      await bench.port.createWlan(groupId, wish, signal);
      await bench.sees("the SSID", () => wlan("nosotros") !== undefined);
      expect(await refusalOf(bench.port.createWlan(groupId, wish, signal))).to.include({ kind: "conflict" });
      const short = bench.port.createWlan(groupId, { ...wish, ssid: "other", passphrase: "short" }, signal);
      expect(await refusalOf(short)).to.include({ kind: "spec" });
    });

    it("makes rules in order, changes one and puts them in another order", async () => {
      await bench.ready();
      await bench.makeNetwork("iot", 50, "Interface");
      for (const description of ["first", "second", "third"]) await bench.port.createAcl(rule(description), signal);
      await bench.sees("three rules", () => acls("switch").length === 3);
      expect(acls("switch").map((one) => one.description)).to.deep.equal(["first", "second", "third"]);
      const [first, second, third] = acls("switch");
      expect(first).to.deep.include(rule("first"));
      await bench.port.updateAcl(second?.id ?? "", { ...rule("second"), action: "Allow", protocols: [6, 17] }, signal);
      await bench.sees("it allows", () => acls("switch")[1]?.action === "Allow");
      expect(acls("switch")[1]).to.deep.include({ protocols: [6, 17], description: "second" });
      await bench.port.orderAcls("switch", [third?.id ?? ""], signal);
      await bench.sees("the new order", () => acls("switch")[0]?.id === third?.id);
      expect(acls("switch").map((one) => one.description)).to.deep.equal(["third", "first", "second"]);
      await bench.port.deleteAcl(first?.id ?? "", signal);
      await bench.sees("two rules", () => acls("switch").length === 2);
    });

    it("makes a rule of the gateway with its direction", async () => {
      await bench.ready();
      await bench.makeNetwork("iot", 50, "Interface");
      await bench.port.createAcl(rule("no iot to lan", "gateway"), signal);
      await bench.sees("the rule", () => acls("gateway").length === 1);
      expect(acls("gateway")[0]).to.deep.include(rule("no iot to lan", "gateway"));
      const unknown = {
        ...rule("x", "gateway"),
        source: { type: "network", ids: ["65f0000000000000000000aa"] },
      } as const;
      expect(await refusalOf(bench.port.createAcl(unknown, signal))).to.include({ kind: "spec" });
      const gone = bench.port.updateAcl("65f0000000000000000000aa", rule("y"), signal);
      expect(await refusalOf(gone)).to.include({ kind: "missing" });
    });

    it("makes, changes and removes groups; one that a rule uses stays", async () => {
      await bench.ready();
      await bench.makeNetwork("iot", 50, "Interface");
      const wish = {
        name: "cams",
        type: "ip",
        cidrs: ["192.168.0.70/32"],
        ports: [],
        description: "[hl:lab/cams]",
      } as const;
      await bench.port.createGroup(wish, signal);
      await bench.sees("the group", () => group("cams") !== undefined);
      expect(group("cams")).to.deep.include({ type: "ip", cidrs: wish.cidrs, builtIn: false });
      expect(group("cams")?.descriptions[0]).to.equal("[hl:lab/cams]");
      const { id = "" } = group("cams") ?? {};
      const more = { ...wish, cidrs: ["192.168.0.70/32", "192.168.0.71/32"] };
      await bench.port.updateGroup(id, more, signal);
      await bench.sees("two addresses", () => group("cams")?.cidrs.length === 2);
      await bench.port.createAcl({ ...rule("cams"), source: { type: "ipGroup", ids: [id] } }, signal);
      await bench.sees("the rule", () => acls("switch").length === 1);
      expect(await refusalOf(bench.port.deleteGroup({ id, type: "ip" }, signal))).to.include({ kind: "conflict" });
      await bench.port.deleteAcl(acls("switch")[0]?.id ?? "", signal);
      await bench.port.deleteGroup({ id, type: "ip" }, signal);
      await bench.sees("it is gone", () => group("cams") === undefined);
    });

    it("makes a group with ports", async () => {
      await bench.ready();
      const wish = { name: "web", type: "ipPort", cidrs: ["192.168.0.0/24"], ports: ["80", "8000-8100"] } as const;
      await bench.port.createGroup({ ...wish, description: "[hl:lab/web]" }, signal);
      await bench.sees("the group", () => group("web") !== undefined);
      expect(group("web")).to.deep.include({ type: "ipPort", cidrs: wish.cidrs, ports: wish.ports });
    });

    it("reserves an address, changes it and lets it go", async () => {
      await bench.ready();
      const mac = "02:00:00:00:99:01";
      const wish = { mac, networkId: bench.primary.id, ip: "192.168.0.50", enabled: true, description: "[hl:lab/tv]" };
      const seen = () => bench.seen.reservations?.find((one) => one.mac === mac);
      await bench.port.setReservation(wish, false, signal);
      await bench.sees("the reservation", () => seen() !== undefined);
      expect(seen()).to.deep.equal(wish);
      await bench.port.setReservation({ ...wish, ip: "192.168.0.51" }, true, signal);
      await bench.sees("another address", () => seen()?.ip === "192.168.0.51");
      const clash = bench.port.setReservation({ ...wish, mac: "02:00:00:00:99:02", ip: "192.168.0.51" }, false, signal);
      expect(await refusalOf(clash)).to.include({ kind: "conflict" });
      const outside = bench.port.setReservation({ ...wish, ip: "10.9.9.9" }, true, signal);
      expect(await refusalOf(outside)).to.include({ kind: "spec" });
      await bench.port.deleteReservation(mac, signal);
      await bench.sees("it is gone", () => seen() === undefined);
      expect(await refusalOf(bench.port.deleteReservation(mac, signal))).to.include({ kind: "missing" });
    });

    it("names a client", async () => {
      await bench.ready();
      await bench.port.renameClient(bench.lab.client, "printer", signal);
      const named = () => bench.seen.clients?.find((one) => one.mac === bench.lab.client)?.name;
      await bench.sees("its name", () => named() === "printer");
    });
  });
}
