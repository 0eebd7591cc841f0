import { expect } from "chai";
import type { FakeLab } from "../../fakes/lab.ts";
import { FAKE, WLAN_GROUP } from "../../fakes/omadaSite.ts";
import { apply, condition, omadaLab, segment, writes } from "./omadaLab.ts";

const PATIO = "1C:61:B4:22:50:0E";

const is =
  (lab: FakeLab, name: string, reason = "Settled") =>
  (): boolean =>
    lab.reason("WirelessNetwork", name) === reason;

const placed = (lab: FakeLab, mac: string): string | undefined => lab.omada.device(mac).wlanGroupId;

/** A site with two access points, and a WLAN group beside the primary one. */
function twoPoints(): { readonly lab: FakeLab; readonly garden: string } {
  const lab = omadaLab();
  lab.omada.addDevice({ mac: PATIO, role: "AccessPoint", name: "Patio", uplink: { mac: FAKE.switch, port: 23 } });
  for (const [name, mac] of [
    ["antenitas", FAKE.ap],
    ["patio", PATIO],
  ] as const)
    apply(lab, "NetworkDevice", name, { mac, role: "AccessPoint" });
  return { lab, garden: lab.omada.addWlanGroup("Garden") };
}

const open = { ssid: "garden", wlanGroup: "Garden", security: { mode: "Open" } };

describe("the access points of a wireless network", () => {
  it("are moved into its WLAN group, one after the other, and the others stay", async () => {
    const { lab, garden } = twoPoints();
    apply(lab, "WirelessNetwork", "garden", { ...open, deviceRefs: ["patio"] });
    lab.start();
    await lab.until("it is as declared", is(lab, "garden"));
    expect(writes(lab)).to.deep.equal(["createWlan", "setWlanGroup"]);
    expect([placed(lab, PATIO), placed(lab, FAKE.ap)]).to.deep.equal([garden, WLAN_GROUP]);
    lab.omada.device(PATIO).wlanGroupId = WLAN_GROUP;
    await lab.until("it is put back", () => placed(lab, PATIO) === garden);
    apply(lab, "WirelessNetwork", "garden", { ...open, deviceRefs: ["patio", "antenitas"] });
    await lab.until("both are in it", () => placed(lab, FAKE.ap) === garden && is(lab, "garden")());
    await lab.seconds(60);
    expect(writes(lab)).to.deep.equal(["createWlan", "setWlanGroup", "setWlanGroup", "setWlanGroup"]);
  });

  it("without deviceRefs nothing is asked of them and nothing moved (A11, O1)", async () => {
    const { lab, garden } = twoPoints();
    apply(lab, "WirelessNetwork", "garden", open);
    lab.start();
    await lab.until("it is there", is(lab, "garden"));
    expect(writes(lab)).to.deep.equal(["createWlan"]);
    await lab.seconds(60);
    const passes = lab.reports.length;
    lab.omada.device(PATIO).wlanGroupId = garden;
    await lab.seconds(30);
    expect(lab.reports.slice(passes)).to.deep.equal([]);
  });

  it("of an adopted SSID are only compared, until driftPolicy says otherwise (I4)", async () => {
    const { lab, garden } = twoPoints();
    const ssid = { ssid: "garden", bands: ["5GHz"], hidden: false, security: "Open", guest: false } as const;
    lab.omada.wlans.add("w1", { id: "w1", groupId: garden, ...ssid });
    const spec = { ...open, adoption: "Adopt", deviceRefs: ["patio"] };
    apply(lab, "WirelessNetwork", "garden", spec);
    lab.start();
    await lab.until("it is adopted", is(lab, "garden"));
    await lab.seconds(30);
    expect(writes(lab)).to.deep.equal([]);
    expect(condition(lab, "WirelessNetwork", "garden", "ConfigInSync")).to.equal(
      "False/Drifted: deviceRefs[Patio] is in WLAN group Default, declared in WLAN group Garden",
    );
    apply(lab, "WirelessNetwork", "garden", { ...spec, driftPolicy: "Correct" });
    await lab.until("it is moved", () => placed(lab, PATIO) === garden);
  });

  it("that broadcast it and are not named, or have it switched off, are said with what to do, and left", async () => {
    const { lab } = twoPoints();
    apply(lab, "WirelessNetwork", "home", { ssid: "home", security: { mode: "Open" }, deviceRefs: ["antenitas"] });
    lab.start();
    await lab.until("it is said", is(lab, "home", "BroadcastDiffers"));
    expect(lab.message("WirelessNetwork", "home")).to.match(
      /^Patio broadcasts SSID home too, for it is in WLAN group Default; in Omada open the device/,
    );
    lab.omada.switchSsid("Patio", "home", false);
    await lab.until("it is alone", is(lab, "home"));
    lab.omada.switchSsid("Antenitas", "home", false);
    await lab.until("nobody has it", is(lab, "home", "BroadcastDiffers"));
    expect(lab.message("WirelessNetwork", "home")).to.include(
      "Antenitas has SSID home switched off by an override of its own",
    );
    expect(writes(lab)).to.deep.equal(["createWlan"]);
  });

  it("are not moved under a host of the path that is connected through one (N2)", async () => {
    const { lab } = twoPoints();
    lab.omada.addClient({
      mac: "02:00:00:00:00:10",
      name: "omada21",
      ip: "192.168.0.2",
      wireless: true,
      deviceMac: PATIO,
    });
    apply(lab, "WirelessNetwork", "garden", { ...open, deviceRefs: ["patio"] });
    lab.start();
    await lab.until("it is refused", is(lab, "garden", "WouldLockOut"));
    expect(lab.message("WirelessNetwork", "garden")).to.include("(192.168.0.2) is connected through Patio");
    expect(placed(lab, PATIO)).to.equal(WLAN_GROUP);
  });

  it("get the SSID only when its VLAN reaches each one that is named (N2)", async () => {
    const { lab } = twoPoints();
    segment(lab, "iot", 30);
    const lan = "net-default";
    for (const port of lab.omada.device(FAKE.switch).ports)
      if (port.number === 23) port.vlans = { nativeNetworkId: lan, taggedNetworkIds: [] };
    apply(lab, "WirelessNetwork", "garden", {
      ...open,
      segmentRef: { name: "iot" },
      deviceRefs: ["antenitas", "patio"],
    });
    lab.start();
    await lab.until("it waits", is(lab, "garden", "VlanNotCarried"));
    expect(lab.message("WirelessNetwork", "garden")).to.include("port 23 of Cerebro does not carry it");
  });

  it("are in one WLAN group: the younger of two that want one in two is told, and nothing goes to and fro", async () => {
    const { lab, garden } = twoPoints();
    apply(lab, "WirelessNetwork", "garden", { ...open, deviceRefs: ["patio"] });
    lab.start();
    await lab.until("it is as declared", is(lab, "garden"));
    apply(lab, "WirelessNetwork", "home", { ssid: "home", security: { mode: "Open" }, deviceRefs: ["patio"] });
    apply(lab, "WirelessNetwork", "camp", { ...open, ssid: "camp", deviceRefs: ["antenitas"] });
    await lab.until(
      "both are told",
      () => is(lab, "home", "BroadcastDiffers")() && is(lab, "camp", "BroadcastDiffers")(),
    );
    expect(lab.message("WirelessNetwork", "home")).to.include("has patio in Garden, not Default");
    expect(lab.message("WirelessNetwork", "camp")).to.include("write the same deviceRefs here, or another wlanGroup");
    await lab.seconds(60);
    expect(placed(lab, PATIO)).to.equal(garden);
    expect(writes(lab)).to.deep.equal(["createWlan", "setWlanGroup"]);
  });

  it("that do not exist are waited for, and one that is no access point is told", async () => {
    const { lab } = twoPoints();
    apply(lab, "NetworkDevice", "cerebro", { mac: FAKE.switch, role: "Switch" });
    apply(lab, "WirelessNetwork", "garden", { ...open, deviceRefs: ["attic"] });
    apply(lab, "WirelessNetwork", "home", { ssid: "home", security: { mode: "Open" }, deviceRefs: ["cerebro"] });
    lab.start();
    await lab.until("it waits", is(lab, "garden", "DependencyMissing"));
    await lab.until("it is told", is(lab, "home", "SpecInvalid"));
    apply(lab, "NetworkDevice", "attic", { mac: "1C-61-B4-22-50-0F", role: "AccessPoint" });
    await lab.until("it is not adopted", is(lab, "garden", "DeviceMissing"));
  });

  it("that are away are not known, and nothing is done to them (O3)", async () => {
    const { lab } = twoPoints();
    lab.omada.unplug("Patio");
    apply(lab, "WirelessNetwork", "garden", { ...open, deviceRefs: ["patio"] });
    lab.start();
    await lab.until("it is there", is(lab, "garden"));
    expect(lab.message("WirelessNetwork", "garden")).to.include(
      "what Patio (Disconnected) broadcasts is not known now",
    );
    lab.omada.plugIn("Patio");
    await lab.until("it is moved", () => placed(lab, PATIO) !== WLAN_GROUP);
  });
});
