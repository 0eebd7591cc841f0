import { expect } from "chai";
import { FINALIZER } from "../../../controller/api/meta.ts";
import { ProviderError } from "../../../controller/base/outcome.ts";
import { NAMESPACE, type FakeLab } from "../../fakes/lab.ts";
import { FAKE, WLAN_GROUP } from "../../fakes/omadaSite.ts";
import { apply, condition, omadaLab, segment, writes } from "./omadaLab.ts";

const is =
  (lab: FakeLab, kind: string, name: string, reason = "Settled") =>
  (): boolean =>
    lab.reason(kind, name) === reason;

function secret(lab: FakeLab, passphrase: string): void {
  lab.kube.putSecret(NAMESPACE, "wifi", { passphrase });
}

const home = { ssid: "home", security: { mode: "WPA2", passphraseRef: { name: "wifi", key: "passphrase" } } };

describe("a wireless network", () => {
  it("waits for its VLAN, is created with the passphrase, which then is in no status, event or log (N2, S3)", async () => {
    const lab = omadaLab();
    secret(lab, "correct horse battery");
    apply(lab, "WirelessNetwork", "home", { ...home, segmentRef: { name: "iot" } });
    lab.start();
    await lab.until("it waits", is(lab, "WirelessNetwork", "home", "SegmentMissing"));
    segment(lab, "iot", 30);
    await lab.until("it is there", is(lab, "WirelessNetwork", "home"));
    expect(writes(lab)).to.deep.equal(["createNetwork", "createWlan"]);
    const [wlan] = lab.omada.wlans.all();
    expect(wlan).to.include({ ssid: "home", vlan: 30, security: "WPA2" });
    expect(lab.omada.passphrases.get(wlan?.id ?? "")).to.equal("correct horse battery");
    const told = JSON.stringify([lab.kube.all(), lab.kube.events, lab.reports]);
    expect(told).to.not.include("correct horse");
  });

  it("sends the passphrase again when the Secret changes, and only then (N3)", async () => {
    const lab = omadaLab();
    secret(lab, "correct horse battery");
    apply(lab, "WirelessNetwork", "home", home);
    lab.start();
    await lab.until("it is there", is(lab, "WirelessNetwork", "home"));
    await lab.seconds(150);
    expect(writes(lab)).to.deep.equal(["createWlan"]);
    secret(lab, "another staple");
    await lab.until("it was sent", () => writes(lab).length === 2);
    await lab.seconds(150);
    expect(writes(lab)).to.deep.equal(["createWlan", "updateWlan"]);
    expect([...lab.omada.passphrases.values()]).to.deep.equal(["another staple"]);
  });

  it("sends it once more when the call that carried it failed (N3)", async () => {
    const lab = omadaLab();
    secret(lab, "correct horse battery");
    apply(lab, "WirelessNetwork", "home", home);
    lab.start();
    await lab.until("it is there", is(lab, "WirelessNetwork", "home"));
    lab.omada.calls.fault("updateWlan", "before", new ProviderError("outcomeUnknown", "the connection was reset"));
    secret(lab, "another staple");
    await lab.until("it was sent", () => [...lab.omada.passphrases.values()].includes("another staple"));
  });

  it("that exists is adopted without a write, its passphrase too (I4)", async () => {
    const lab = omadaLab();
    secret(lab, "correct horse battery");
    lab.omada.wlans.add("w1", {
      id: "w1",
      groupId: WLAN_GROUP,
      ssid: "home",
      bands: ["5GHz"],
      hidden: false,
      security: "WPA2",
      guest: false,
    });
    apply(lab, "WirelessNetwork", "home", { ...home, adoption: "Adopt", bands: ["2.4GHz", "5GHz"] });
    lab.start();
    await lab.until("it is adopted", is(lab, "WirelessNetwork", "home"));
    await lab.seconds(120);
    expect(writes(lab)).to.deep.equal([]);
    expect(condition(lab, "WirelessNetwork", "home", "ConfigInSync")).to.include("bands is 5GHz, declared 2.4GHz,5GHz");
  });

  it("goes back to the default network when its segment is the untagged one; without a segment it stays (A11, N2)", async () => {
    const lab = omadaLab();
    secret(lab, "correct horse battery");
    const untagged = { vlan: undefined, cidr: "192.168.0.0/24", gateway: "192.168.0.1" };
    segment(lab, "lan", 0, { ...untagged, adoption: "Adopt", omada: { networkName: "Default" } });
    segment(lab, "iot", 30, { deletionPolicy: "Delete" });
    apply(lab, "WirelessNetwork", "home", { ...home, segmentRef: { name: "iot" } });
    lab.start();
    const vlan = (): number | undefined => lab.omada.wlans.all()[0]?.vlan;
    await lab.until("it is in the VLAN", () => vlan() === 30 && is(lab, "WirelessNetwork", "home")());
    apply(lab, "WirelessNetwork", "home", home);
    await lab.seconds(60);
    expect(vlan()).to.equal(30);
    lab.kube.delete(lab.key("NetworkSegment", "iot"));
    await lab.until("its network is in use", is(lab, "NetworkSegment", "iot", "NetworkInUse"));
    expect(lab.message("NetworkSegment", "iot")).to.include("SSID home");
    apply(lab, "WirelessNetwork", "home", { ...home, segmentRef: { name: "lan" } });
    await lab.until("it is back", () => vlan() === undefined && is(lab, "WirelessNetwork", "home")());
    await lab.until("the network goes", () => lab.read("NetworkSegment", "iot") === undefined);
    expect(writes(lab).slice(-2)).to.deep.equal(["updateWlan", "deleteNetwork"]);
  });

  it("without a passphrase in the Secret says so, and heals (A7)", async () => {
    const lab = omadaLab();
    apply(lab, "WirelessNetwork", "home", home);
    lab.start();
    await lab.until("it is missing", is(lab, "WirelessNetwork", "home", "SecretMissing"));
    secret(lab, "correct horse battery");
    await lab.until("it is there", is(lab, "WirelessNetwork", "home"));
  });
});

/** Keeps the cameras from the lab; the lab is where Omada is. */
const apart = { from: { segmentRef: { name: "cameras" } }, to: { segmentRef: { name: "servers" } }, action: "Deny" };

describe("an access rule", () => {
  it("waits for its networks, is created with its mark, and is found again by it after Kubernetes was rebuilt (I9)", async () => {
    const lab = omadaLab();
    apply(lab, "AccessRule", "apart", apart);
    lab.start();
    await lab.until("it waits", is(lab, "AccessRule", "apart", "SegmentMissing"));
    segment(lab, "cameras", 30);
    segment(lab, "servers", 20);
    await lab.until("it is there", is(lab, "AccessRule", "apart"));
    const [acl] = lab.omada.acls.all();
    expect(acl).to.include({ description: "[hl:lab/apart]", action: "Deny", table: "gateway", enabled: true });
    lab.kill();
    lab.rebuildKubernetes();
    lab.cluster();
    lab.homelab();
    apply(lab, "OmadaController", "omada", {
      endpoint: "https://192.168.0.2:8043",
      credentialsRef: { name: "omada-api" },
    });
    segment(lab, "cameras", 30, { adoption: "Adopt" });
    segment(lab, "servers", 20, { adoption: "Adopt" });
    apply(lab, "AccessRule", "apart", apart);
    const before = writes(lab).length;
    lab.start();
    await lab.until(
      "all is bound",
      () =>
        ["cameras", "servers"].every((name) => is(lab, "NetworkSegment", name)()) && is(lab, "AccessRule", "apart")(),
    );
    expect(writes(lab)).to.have.length(before);
  });

  it("with ports and addresses makes groups of its own first", async () => {
    const lab = omadaLab();
    segment(lab, "cameras", 30);
    apply(lab, "AccessRule", "mail", {
      from: { segmentRef: { name: "cameras" } },
      to: { cidr: "10.0.0.0/8" },
      protocol: "TCP",
      ports: ["25", "465"],
      action: "Deny",
    });
    lab.start();
    await lab.until("it is there", is(lab, "AccessRule", "mail"));
    expect(writes(lab)).to.deep.equal(["createNetwork", "createGroup", "createAcl"]);
    const group = lab.omada.groups.all().find(({ builtIn }) => !builtIn);
    expect(group).to.deep.include({
      type: "ipPort",
      cidrs: ["10.0.0.0/8"],
      ports: ["25", "465"],
      descriptions: ["[hl:lab/mail]"],
    });
    expect(lab.omada.acls.all()[0]?.destination).to.deep.equal({ type: "ipPortGroup", ids: [group?.id] });
  });

  it("stands in the order of the priorities, and the rules of others keep their places", async () => {
    const lab = omadaLab();
    segment(lab, "cameras", 30);
    segment(lab, "servers", 20);
    const end = { type: "ipGroup" as const, ids: ["group-any"] };
    const theirs = {
      table: "gateway" as const,
      enabled: true,
      action: "Deny" as const,
      protocols: [6],
      source: end,
      destination: end,
    };
    lab.omada.acls.add("t1", { id: "t1", index: 1, description: "theirs", ...theirs });
    apply(lab, "AccessRule", "a-late", { ...apart, priority: 900 });
    lab.start();
    await lab.until("the first is there", is(lab, "AccessRule", "a-late"));
    apply(lab, "AccessRule", "b-early", { ...apart, priority: 10, protocol: "TCP" });
    apply(lab, "AccessRule", "c-middle", { ...apart, priority: 500, protocol: "UDP" });
    await lab.until("all are in order", () =>
      ["a-late", "b-early", "c-middle"].every((name) => is(lab, "AccessRule", name)()),
    );
    const order = lab.omada.acls
      .all()
      .toSorted((a, b) => a.index - b.index)
      .map(({ description }) => description);
    expect(order).to.deep.equal(["theirs", "[hl:lab/b-early]", "[hl:lab/c-middle]", "[hl:lab/a-late]"]);
    const settledWrites = writes(lab).length;
    await lab.seconds(60);
    expect(writes(lab)).to.have.length(settledWrites);
  });

  it("that would deny the controller its way to Omada is refused (N2)", async () => {
    const lab = omadaLab();
    apply(lab, "AccessRule", "cut", {
      table: "Switch",
      from: { any: true },
      to: { cidr: "192.168.0.0/24" },
      action: "Deny",
    });
    lab.start();
    await lab.until("it is refused", is(lab, "AccessRule", "cut", "WouldLockOut"));
    expect(writes(lab).filter((call) => call === "createAcl")).to.deep.equal([]);
  });
});

describe("deletion in Omada", () => {
  const deleting = { deletionPolicy: "Delete" };

  it("takes what was created, a minute later, uses before networks, and no more than the brake allows (I7, I8, N2)", async () => {
    const lab = omadaLab();
    secret(lab, "correct horse battery");
    segment(lab, "iot", 30, deleting);
    apply(lab, "WirelessNetwork", "home", { ...home, ...deleting, segmentRef: { name: "iot" } });
    lab.start();
    await lab.until("all is there", is(lab, "WirelessNetwork", "home"));
    expect(lab.read("NetworkSegment", "iot")?.metadata.finalizers).to.deep.equal([FINALIZER]);
    lab.kube.delete(lab.key("NetworkSegment", "iot"));
    lab.kube.delete(lab.key("WirelessNetwork", "home"));
    await lab.until("it is pending", is(lab, "NetworkSegment", "iot", "DeletionPending"));
    expect(lab.message("NetworkSegment", "iot")).to.include("60 s").and.include("force-delete");
    await lab.until("the SSID is gone", () => writes(lab).includes("deleteWlan"));
    await lab.until("the brake holds", is(lab, "NetworkSegment", "iot", "HeldByBrake"));
    expect(writes(lab)).to.not.include("deleteNetwork");
    expect(lab.status("OmadaController", "omada")["deletions"]).to.have.length(1);
    lab.kill();
    lab.start();
    await lab.seconds(90);
    expect(writes(lab)).to.not.include("deleteNetwork");
    await lab.until("ten minutes are over", () => lab.read("NetworkSegment", "iot") === undefined, 700);
    expect(writes(lab).slice(2)).to.deep.equal(["deleteWlan", "deleteNetwork"]);
  });

  it("a process that ends in the middle of a deletion leaves it in the brake's record for the next one (I8, L10)", async () => {
    const lab = omadaLab();
    segment(lab, "iot", 30, deleting);
    segment(lab, "servers", 20, deleting);
    lab.start();
    await lab.until("all is there", () => is(lab, "NetworkSegment", "iot")() && is(lab, "NetworkSegment", "servers")());
    lab.kube.delete(lab.key("NetworkSegment", "iot"));
    lab.kube.delete(lab.key("NetworkSegment", "servers"));
    lab.omada.witness = ({ call, is: at }) => {
      if (call !== "deleteNetwork" || at !== "arrives") return;
      lab.omada.witness = undefined;
      lab.kill();
    };
    await lab.until("it was sent", () => writes(lab).includes("deleteNetwork"));
    await lab.seconds(5);
    lab.start();
    await lab.seconds(120);
    expect(writes(lab).filter((call) => call === "deleteNetwork")).to.have.length(1);
    const left = ["iot", "servers"].filter((name) => lab.read("NetworkSegment", name) !== undefined);
    expect(left.map((name) => lab.reason("NetworkSegment", name))).to.deep.equal(["HeldByBrake"]);
  });

  it("retains by default, and touches nothing adopted under another name since (I5, I9)", async () => {
    const lab = omadaLab();
    segment(lab, "iot", 30);
    segment(lab, "servers", 20, deleting);
    lab.start();
    await lab.until("all is there", () => is(lab, "NetworkSegment", "iot")() && is(lab, "NetworkSegment", "servers")());
    const [servers] = lab.omada.networks.all().filter(({ name }) => name === "servers");
    lab.omada.networks.change(servers?.id ?? "", { name: "renamed by hand" });
    lab.kube.delete(lab.key("NetworkSegment", "iot"));
    lab.kube.delete(lab.key("NetworkSegment", "servers"));
    await lab.until(
      "both are gone",
      () => lab.read("NetworkSegment", "servers") === undefined && lab.read("NetworkSegment", "iot") === undefined,
    );
    await lab.seconds(90);
    expect(writes(lab)).to.deep.equal(["createNetwork", "createNetwork"]);
  });

  it("a rename in Git hands over and deletes nothing (I5)", async () => {
    const lab = omadaLab();
    segment(lab, "iot", 30, { ...deleting, omada: { networkName: "iot" } });
    lab.start();
    await lab.until("it is there", is(lab, "NetworkSegment", "iot"));
    lab.kube.delete(lab.key("NetworkSegment", "iot"));
    segment(lab, "things", 30, { ...deleting, adoption: "Adopt", omada: { networkName: "iot" } });
    await lab.until("it is handed over", () => lab.read("NetworkSegment", "iot") === undefined);
    await lab.until("the heir has it", is(lab, "NetworkSegment", "things"));
    await lab.seconds(90);
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });

  it("of an access rule takes the groups made for it too", async () => {
    const lab = omadaLab();
    segment(lab, "cameras", 30);
    apply(lab, "AccessRule", "mail", {
      ...deleting,
      from: { segmentRef: { name: "cameras" } },
      to: { cidr: "10.0.0.0/8" },
      action: "Deny",
    });
    lab.start();
    await lab.until("it is there", is(lab, "AccessRule", "mail"));
    lab.kube.delete(lab.key("AccessRule", "mail"));
    await lab.until("it is gone", () => lab.read("AccessRule", "mail") === undefined);
    expect(writes(lab).slice(-2)).to.deep.equal(["deleteAcl", "deleteGroup"]);
    expect(lab.omada.groups.all().every(({ builtIn }) => builtIn)).to.equal(true);
  });
});

describe("a client group", () => {
  const phone = { mac: "AA:00:00:00:00:01", name: "phone", wireless: true, deviceMac: FAKE.ap, ip: "192.168.30.50" };
  const group = {
    connection: "WiFi",
    segmentRef: { name: "iot" },
    members: [{ name: "phone", mac: phone.mac, address: "192.168.30.60" }],
  };

  it("keeps an address for a member, and says a minute late who is missing and who is not known (S1)", async () => {
    const lab = omadaLab();
    segment(lab, "iot", 30);
    lab.omada.addClient({ ...phone, vlan: 30 });
    apply(lab, "ClientGroup", "phones", group);
    lab.start();
    await lab.until("it is there", is(lab, "ClientGroup", "phones"));
    expect(lab.omada.reservations.all()).to.deep.include.members([
      {
        mac: phone.mac,
        networkId: lab.omada.networks.all().find(({ vlan }) => vlan === 30)?.id,
        ip: "192.168.30.60",
        enabled: true,
        description: "phone [hl:lab/phones]",
      },
    ]);
    await lab.seconds(90);
    expect(lab.status("ClientGroup", "phones")).to.not.have.property("missing");
    lab.omada.clientLeaves(phone.mac);
    lab.omada.addClient({ ...phone, mac: "AA:00:00:00:00:02", name: "stranger", vlan: 30 });
    await lab.seconds(50);
    expect(lab.status("ClientGroup", "phones")).to.not.have.property("missing");
    await lab.until("it is said", () => lab.status("ClientGroup", "phones")["missing"] !== undefined);
    expect(lab.status("ClientGroup", "phones")).to.deep.include({
      missing: ["phone"],
      unknown: ["AA:00:00:00:00:02 stranger"],
    });
    expect(condition(lab, "ClientGroup", "phones", "MembersOnline")).to.include("False/MembersMissing");
  });

  it("without members counts those in its place: more are said at once, fewer a minute late (S1)", async () => {
    const lab = omadaLab();
    apply(lab, "ClientGroup", "wired", { connection: "Wired", expected: 2 });
    const summary = (): unknown => lab.status("ClientGroup", "wired")["summary"];
    const [first, second] = [1, 2].map((number) => ({
      ...{ mac: `AA:00:00:00:01:0${String(number)}`, name: "pc", ip: `192.168.0.5${String(number)}`, wireless: false },
    }));
    if (first === undefined || second === undefined) throw new Error("two clients");
    lab.omada.addClient(first);
    lab.start();
    await lab.until("one is there", is(lab, "ClientGroup", "wired"));
    expect(summary()).to.deep.equal({ online: "1/2", missing: "0", unknown: "0" });
    expect(condition(lab, "ClientGroup", "wired", "MembersOnline")).to.equal(
      "False/FewerThanExpected: 1 of 2 expected clients are online",
    );
    lab.omada.addClient(second);
    await lab.seconds(20);
    expect(summary()).to.include({ online: "2/2" });
    expect(condition(lab, "ClientGroup", "wired", "MembersOnline")).to.include("True/AsExpected");
    lab.omada.clientLeaves(first.mac);
    await lab.seconds(50);
    expect(summary()).to.include({ online: "2/2" });
    await lab.seconds(60);
    expect(summary()).to.include({ online: "1/2" });
  });

  it("writes nothing while a client comes and goes within a minute (S1)", async () => {
    const lab = omadaLab();
    segment(lab, "iot", 30);
    lab.omada.addClient({ ...phone, vlan: 30 });
    apply(lab, "ClientGroup", "phones", group);
    lab.start();
    await lab.until("it is there", is(lab, "ClientGroup", "phones"));
    await lab.seconds(90);
    const count = (): number => lab.reports.filter(({ key, writes: n }) => key.kind === "ClientGroup" && n > 0).length;
    const before = count();
    for (let round = 0; round < 3; round++) {
      lab.omada.clientLeaves(phone.mac);
      await lab.seconds(30);
      lab.omada.addClient({ ...phone, vlan: 30 });
      await lab.seconds(30);
    }
    expect(count()).to.equal(before);
  });

  it("leaves a reservation that is not its own, and says what it is (I3, I9)", async () => {
    const lab = omadaLab();
    segment(lab, "iot", 30);
    lab.start();
    await lab.until("the network is there", is(lab, "NetworkSegment", "iot"));
    const networkId = lab.omada.networks.all().find(({ vlan }) => vlan === 30)?.id ?? "";
    lab.omada.reservations.add(phone.mac, {
      mac: phone.mac,
      networkId,
      ip: "192.168.30.99",
      enabled: true,
      description: "by hand",
    });
    apply(lab, "ClientGroup", "phones", group);
    await lab.until("it is said", is(lab, "ClientGroup", "phones", "NetworkNotOwned"));
    expect(lab.message("ClientGroup", "phones")).to.include("192.168.30.99");
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });

  it("never takes the reservation that another client group has marked, and takes it once that one is gone (I9)", async () => {
    const lab = omadaLab();
    segment(lab, "iot", 30);
    apply(lab, "ClientGroup", "phones", group);
    lab.start();
    const description = (): string => lab.omada.reservations.get(phone.mac)?.description ?? "";
    await lab.until("it is kept", () => description().includes(`[hl:${NAMESPACE}/phones]`));
    const before = writes(lab).length;
    apply(lab, "ClientGroup", "tablets", { ...group, adoption: "Adopt" });
    await lab.until("it is said", is(lab, "ClientGroup", "tablets", "NetworkNotOwned"));
    expect(lab.message("ClientGroup", "tablets")).to.include(`that ClientGroup ${NAMESPACE}/phones keeps`);
    await lab.seconds(30);
    expect(writes(lab)).to.have.length(before);
    lab.kube.delete(lab.key("ClientGroup", "phones"));
    await lab.until("it is taken over", () => description().includes(`[hl:${NAMESPACE}/tablets]`), 400);
    expect(description()).to.not.include("/phones]");
  });
});
