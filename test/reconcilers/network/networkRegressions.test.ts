import { expect } from "chai";
import type { AclSeen } from "../../../controller/providers/omadaSeen.ts";
import { NAMESPACE, type FakeLab } from "../../fakes/lab.ts";
import { WLAN_GROUP } from "../../fakes/omadaSite.ts";
import { refused } from "../../fakes/omadaWrites.ts";
import { apply, omadaLab, segment, writes } from "./omadaLab.ts";

const is =
  (lab: FakeLab, kind: string, name: string, reason = "Settled") =>
  (): boolean =>
    lab.reason(kind, name) === reason;

const theirs = { groupId: WLAN_GROUP, hidden: false, guest: false, security: "WPA2", bands: ["5GHz"] } as const;
const open = { ssid: "iot", security: { mode: "Open" }, driftPolicy: "Correct" };

/** What random histories of the network found. */
describe("the network, as it once went wrong", () => {
  it("I4, I9: what is not adopted is not bound either while something else stands in the way", async () => {
    const lab = omadaLab();
    lab.omada.wlans.add("w1", { id: "w1", ssid: "iot", ...theirs });
    apply(lab, "WirelessNetwork", "iot", { ...open, segmentRef: { name: "things" } });
    lab.start();
    await lab.until("it waits", is(lab, "WirelessNetwork", "iot", "SegmentMissing"));
    segment(lab, "things", 30);
    await lab.until("it is refused", is(lab, "WirelessNetwork", "iot", "NetworkNotOwned"));
    await lab.seconds(60);
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
    expect(lab.status("WirelessNetwork", "iot")).to.not.have.property("omada");
  });

  it("N3: a change of an SSID carries the passphrase, without which Omada takes none where there is no web session", async () => {
    const lab = omadaLab();
    lab.omada.web = false;
    lab.kube.putSecret(NAMESPACE, "wifi", { passphrase: "correct horse battery" });
    const home = { ssid: "home", security: { mode: "WPA2", passphraseRef: { name: "wifi", key: "passphrase" } } };
    apply(lab, "WirelessNetwork", "home", home);
    lab.start();
    await lab.until("it is there", is(lab, "WirelessNetwork", "home"));
    apply(lab, "WirelessNetwork", "home", { ...home, hidden: true });
    await lab.until("it is hidden", () => lab.omada.wlans.all()[0]?.hidden === true);
    expect(lab.omada.mutations.map(({ call, done }) => `${call} ${String(done)}`)).to.deep.equal([
      "createWlan true",
      "updateWlan true",
    ]);
  });

  it("I4: what vanished is not made again because an obstacle came and went meanwhile", async () => {
    const lab = omadaLab();
    lab.omada.wlans.add("w1", { id: "w1", ssid: "iot", ...theirs });
    segment(lab, "things", 30);
    const adopting = { ...open, driftPolicy: "Report", adoption: "Adopt", segmentRef: { name: "things" } };
    apply(lab, "WirelessNetwork", "iot", adopting);
    lab.start();
    await lab.until("it is adopted", is(lab, "WirelessNetwork", "iot"));
    lab.kube.delete(lab.key("NetworkSegment", "things"));
    await lab.until("it waits", is(lab, "WirelessNetwork", "iot", "SegmentMissing"));
    lab.omada.wlans.delete("w1");
    await lab.seconds(60);
    segment(lab, "things", 30, { adoption: "Adopt" });
    await lab.until("it has vanished", is(lab, "WirelessNetwork", "iot", "NetworkVanished"));
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });

  it("I9: a network that a person gave another name and VLAN is that person's, and the message says what it became", async () => {
    const lab = omadaLab();
    segment(lab, "things", 30, { purpose: "VLAN", driftPolicy: "Report" });
    lab.start();
    await lab.until("it is made", is(lab, "NetworkSegment", "things"));
    const [made] = lab.omada.networks.all().filter(({ vlan }) => vlan === 30);
    lab.omada.networks.change(made?.id ?? "", { name: "people", vlan: 77 });
    await lab.until("it has vanished", is(lab, "NetworkSegment", "things", "NetworkVanished"), 120);
    expect(lab.message("NetworkSegment", "things")).to.include("is called people (VLAN 77) there now");
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });

  it("N4: a segment that is another's by its VLAN does not keep the site for itself", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { suspend: true });
    lab.start();
    await lab.until("the elder is suspended", is(lab, "NetworkSegment", "servers", "Suspended"));
    await lab.seconds(2);
    segment(lab, "twin", 20);
    await lab.until("it is told", is(lab, "NetworkSegment", "twin", "VlanTaken"));
    segment(lab, "cameras", 30);
    await lab.until("the site is free", is(lab, "NetworkSegment", "cameras"));
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });

  it("N4: a create whose answer is lost before an obstacle comes is disproved all the same, and the others go on", async () => {
    const lab = omadaLab();
    const rule = { from: { cidr: "10.8.0.0/24" }, to: { cidr: "10.9.0.0/24" }, action: "Deny" };
    lab.start();
    await lab.until("the site is seen", is(lab, "OmadaController", "omada"));
    await lab.seconds(10);
    apply(lab, "AccessRule", "first", rule);
    await lab.until("a create is on record", () => lab.status("AccessRule", "first")["creating"] !== undefined);
    apply(lab, "AccessRule", "first", { ...rule, from: { segmentRef: { name: "nowhere" } } });
    apply(lab, "AccessRule", "second", { ...rule, to: { cidr: "10.7.0.0/24" } });
    await lab.until("the second is made", is(lab, "AccessRule", "second"), 120);
    expect(lab.reason("AccessRule", "first")).to.equal("SegmentMissing");
  });

  it("N4: what an object made that is renamed before any list shows it is waited for under the new name", async () => {
    const lab = omadaLab();
    lab.omada.lagMs = 20_000;
    lab.start();
    await lab.until("the site is seen", is(lab, "OmadaController", "omada"));
    await lab.seconds(10);
    const rule = { from: { cidr: "10.8.0.0/24" }, to: { cidr: "10.9.0.0/24" }, action: "Deny" };
    apply(lab, "AccessRule", "before", rule);
    await lab.until("a group is made", () => writes(lab).length === 1);
    await lab.seconds(2);
    lab.kube.delete(lab.key("AccessRule", "before"));
    apply(lab, "AccessRule", "after", rule);
    const waits = "what AccessRule before creates was not seen yet";
    await lab.until("it is told", () => lab.message("AccessRule", "after").includes(waits));
    await lab.seconds(5);
    expect(writes(lab)).to.deep.equal(["createGroup"]);
    await lab.until("it is made", is(lab, "AccessRule", "after"), 120);
  });

  it("N4: an object that is deleted while nobody leads leaves the site free", async () => {
    const lab = omadaLab();
    lab.start();
    await lab.until("the site is seen", is(lab, "OmadaController", "omada"));
    lab.loseLease();
    segment(lab, "servers", 20);
    await lab.seconds(30);
    lab.kube.delete(lab.key("NetworkSegment", "servers"));
    segment(lab, "cameras", 30);
    await lab.seconds(5);
    lab.takeLease();
    await lab.until("the other is made", is(lab, "NetworkSegment", "cameras"));
  });

  it("O1: parts of the site are read only while an object that lives goes by them", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { deletionPolicy: "Delete" });
    lab.start();
    await lab.until("it is there", is(lab, "NetworkSegment", "servers"));
    lab.kube.delete(lab.key("NetworkSegment", "servers"));
    await lab.until("it is gone", () => lab.read("NetworkSegment", "servers") === undefined);
    apply(lab, "NetworkDevice", "er605", { mac: "1C:61:B4:2C:1B:E3", role: "Gateway" });
    await lab.until("the device is seen", is(lab, "NetworkDevice", "er605"));
    await lab.seconds(60);
    // Whatever is set in what nobody goes by, nobody is woken by it.
    const passes = lab.reports.length;
    lab.omada.acls.add("t1", {
      ...{ id: "t1", index: 1, table: "switch", description: "theirs", enabled: true, action: "Deny" },
      ...{ protocols: [6], source: { type: "other", ids: [] }, destination: { type: "other", ids: [] } },
    });
    await lab.seconds(30);
    const woken = lab.reports.slice(passes).filter(({ key }) => key.kind === "NetworkDevice");
    expect(woken).to.deep.equal([]);
  });

  it("L8: what waits for the guest that hosts Omada goes on when it is healthy, although Omada answered before", async () => {
    const lab = omadaLab({ hostedBy: { kind: "Container", name: "omada21" } });
    lab.layer("base");
    lab.proxmox.add({ vmid: 101, type: "lxc", name: "omada21" });
    lab.guest("omada21", { vmid: 101, layer: "base" });
    lab.bootSeconds.set(101, 40);
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it waits", is(lab, "NetworkSegment", "servers", "ControllerGuestDown"));
    await lab.until("it is made", is(lab, "NetworkSegment", "servers"));
  });

  it("A7: what Omada refuses is not sent again before the spec or the site is otherwise", async () => {
    const lab = omadaLab();
    for (let n = 0; n < 9; n++) lab.omada.calls.fault("createNetwork", "before", refused(-1001));
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it is refused", is(lab, "NetworkSegment", "servers", "RefusedByProvider"));
    await lab.seconds(1_200);
    expect(lab.omada.calls.counts.get("createNetwork")).to.equal(1);
    lab.omada.networks.change("net-default", { domain: "people.example" });
    await lab.until("it is tried again", () => lab.omada.calls.counts.get("createNetwork") === 2);
    lab.omada.calls.faults.length = 0;
    lab.kube.annotate(lab.key("NetworkSegment", "servers"), {
      "homelab.neuralcodelab.com/reconcile-requested-at": "now",
    });
    await lab.until("it is made", is(lab, "NetworkSegment", "servers"));
  });

  it("N1: nothing is made, and no deletion is over, because the first list a process reads is empty", async () => {
    const lab = omadaLab();
    lab.kube.putSecret(NAMESPACE, "wifi", { passphrase: "correct horse battery" });
    segment(lab, "cameras", 30);
    apply(lab, "AccessRule", "apart", {
      from: { segmentRef: { name: "cameras" } },
      to: { cidr: "10.0.0.0/8" },
      action: "Deny",
      deletionPolicy: "Delete",
    });
    lab.start();
    await lab.until("it is there", is(lab, "AccessRule", "apart"));
    const before = writes(lab);
    lab.kill();
    for (const part of ["acls", "groups", "networks"] as const) lab.omada.shrinkOnce(part);
    lab.start();
    await lab.seconds(60);
    expect(writes(lab)).to.deep.equal(before);
    lab.kube.delete(lab.key("AccessRule", "apart"));
    lab.kill();
    for (const part of ["acls", "groups"] as const) lab.omada.shrinkOnce(part);
    lab.start();
    await lab.until("it is gone", () => lab.read("AccessRule", "apart") === undefined);
    expect(lab.omada.acls.all()).to.deep.equal([]);
  });

  const toLan = { from: { segmentRef: { name: "cameras" } }, to: { cidr: "10.0.0.0/8" }, action: "Deny" };
  const withPorts = { ...toLan, protocol: "TCP", ports: ["22"] };

  /** Each ends with one rule, which is as declared. */
  async function endsWithPorts(lab: FakeLab): Promise<void> {
    const acl = (): AclSeen | undefined => lab.omada.acls.all()[0];
    await lab.until("it has the ports", () => acl()?.destination.type === "ipPortGroup");
    await lab.until("it is settled", is(lab, "AccessRule", "apart"));
    expect(lab.omada.acls.all()).to.have.length(1);
    expect(lab.omada.groups.get(acl()?.destination.ids[0] ?? "")).to.deep.include({ ports: ["22"] });
    expect(lab.omada.mutations.every(({ done }) => done)).to.equal(true);
    expect(lab.status("AccessRule", "apart")["omada"]).to.include({ created: true });
  }

  it("A7: a rule gets ports, and loses them again: a group of the other type has another name", async () => {
    const lab = omadaLab();
    segment(lab, "cameras", 30);
    apply(lab, "AccessRule", "apart", toLan);
    lab.start();
    await lab.until("it is there", is(lab, "AccessRule", "apart"));
    apply(lab, "AccessRule", "apart", withPorts);
    await endsWithPorts(lab);
    apply(lab, "AccessRule", "apart", { ...toLan, deletionPolicy: "Delete" });
    await lab.until("it has none", () => lab.omada.acls.all()[0]?.destination.type === "ipGroup");
    await lab.until("it is settled", is(lab, "AccessRule", "apart"));
    lab.kube.delete(lab.key("AccessRule", "apart"));
    await lab.until("it is gone", () => lab.read("AccessRule", "apart") === undefined);
    expect(lab.omada.groups.all().every(({ builtIn }) => builtIn)).to.equal(true);
  });

  it("N4: a rule that is edited before Omada lists it is not made twice, and stays this object's own", async () => {
    const lab = omadaLab();
    lab.omada.lagMs = 15_000;
    segment(lab, "cameras", 30);
    apply(lab, "AccessRule", "apart", toLan);
    lab.start();
    await lab.until("it was sent", () => writes(lab).includes("createAcl"));
    apply(lab, "AccessRule", "apart", withPorts);
    await endsWithPorts(lab);
    expect(writes(lab).filter((call) => call === "createAcl")).to.have.length(1);
  });
});
