import { expect } from "chai";
import type { FakeLab } from "../../fakes/lab.ts";
import { DEFAULT_NETWORK, FAKE } from "../../fakes/omadaSite.ts";
import { apply, condition, omadaLab, segment, writes } from "./omadaLab.ts";

const ready =
  (lab: FakeLab, name: string, reason = "Settled") =>
  (): boolean =>
    lab.reason("NetworkDevice", name) === reason;

/** The gateway, the switch that hangs on it, and the access point behind it. */
function devices(lab: FakeLab, of: Readonly<Record<string, object>> = {}): void {
  apply(lab, "NetworkDevice", "er605", {
    mac: FAKE.gateway,
    role: "Gateway",
    model: "ER605",
    wan: [{ name: "WAN1" }],
    ...of["er605"],
  });
  apply(lab, "NetworkDevice", "cerebro", {
    mac: FAKE.switch.replaceAll(":", "-").toLowerCase(),
    role: "Switch",
    model: "SG3428",
    uplink: { deviceRef: { name: "er605" }, port: 5, localPort: 1 },
    ...of["cerebro"],
  });
  apply(lab, "NetworkDevice", "antenitas", {
    mac: FAKE.ap,
    role: "AccessPoint",
    uplink: { deviceRef: { name: "cerebro" }, port: 24 },
    ...of["antenitas"],
  });
}

describe("a network device", () => {
  it("is checked and not changed: model, wiring, WAN (I4)", async () => {
    const lab = omadaLab();
    devices(lab);
    lab.start();
    for (const name of ["er605", "cerebro", "antenitas"]) await lab.until(name, ready(lab, name));
    expect(lab.status("NetworkDevice", "antenitas")).to.deep.include({
      summary: { uplink: "Cerebro:24" },
      model: "EAP225-Outdoor",
    });
    expect(lab.status("NetworkDevice", "er605")["wan"]).to.deep.equal([
      { name: "WAN1", link: true, online: true, address: "100.90.14.7" },
    ]);
    expect(writes(lab)).to.deep.equal([]);
  });

  it("says where its cable is expected and where it is seen, and heals when it is put back", async () => {
    const lab = omadaLab();
    devices(lab);
    lab.start();
    await lab.until("all is well", ready(lab, "antenitas"));
    lab.omada.plugIn("Antenitas", { mac: FAKE.switch, port: 3 });
    await lab.until("it is seen", ready(lab, "antenitas", "WiringDiffers"));
    expect(lab.message("NetworkDevice", "antenitas")).to.include("expected uplink Cerebro port 24, seen port 3");
    lab.omada.plugIn("Antenitas", { mac: FAKE.switch, port: 24 });
    await lab.until("it is back", ready(lab, "antenitas"));
  });

  it("says that a link is slower than 1000FDX, on its cable and on its WAN, and changes nothing", async () => {
    const lab = omadaLab();
    devices(lab, {
      er605: { wan: [{ name: "WAN1", speedMbps: 1000 }] },
      antenitas: { uplink: { deviceRef: { name: "cerebro" }, port: 24, speedMbps: 1000 } },
    });
    lab.start();
    for (const name of ["er605", "antenitas"]) await lab.until(name, ready(lab, name));
    const port = lab.omada.device(FAKE.switch).ports.find(({ number }) => number === 24);
    if (port !== undefined) port.speedMbps = 100;
    Object.assign(lab.omada.wans()[0] ?? {}, { speedMbps: 100 });
    await lab.until("the cable is said", ready(lab, "antenitas", "WiringDiffers"));
    expect(lab.message("NetworkDevice", "antenitas")).to.include("expected 1000 Mbit/s at Cerebro port 24, seen 100");
    expect(condition(lab, "NetworkDevice", "antenitas", "WiringAsDeclared")).to.include("False/LinkSlow");
    await lab.until("the WAN is said", ready(lab, "er605", "Degraded"));
    expect(lab.message("NetworkDevice", "er605")).to.include("WAN1 has link at 100 Mbit/s, expected 1000");
    if (port !== undefined) port.speedMbps = 1_000;
    await lab.until("it is fast again", ready(lab, "antenitas"));
    expect(writes(lab)).to.deep.equal([]);
  });

  it("tells when its WAN is lost and back, once each", async () => {
    const lab = omadaLab();
    devices(lab);
    lab.start();
    await lab.until("all is well", ready(lab, "er605"));
    const before = lab.kube.events.length;
    lab.omada.wanDown();
    await lab.until("it is seen", ready(lab, "er605", "Degraded"));
    expect(lab.message("NetworkDevice", "er605")).to.include("WAN1 has link and the Internet does not answer");
    expect(lab.status("NetworkDevice", "er605")["summary"]).to.deep.equal({ uplink: "WAN1 down" });
    await lab.seconds(60);
    lab.omada.wanUp();
    await lab.until("it is back", ready(lab, "er605"));
    expect(lab.status("NetworkDevice", "er605")["summary"]).to.deep.equal({ uplink: "WAN1" });
    expect(lab.kube.events.slice(before).map(({ reason }) => reason)).to.deep.equal(["WanDown", "WanUp"]);
  });

  it("that is offline is unknown, and told once (O3)", async () => {
    const lab = omadaLab();
    devices(lab);
    lab.start();
    await lab.until("all is well", ready(lab, "antenitas"));
    lab.omada.unplug("Antenitas");
    await lab.until("it is seen", ready(lab, "antenitas", "DeviceOffline"));
    expect(condition(lab, "NetworkDevice", "antenitas", "Online")).to.include("False/DeviceOffline");
    expect(condition(lab, "NetworkDevice", "antenitas", "WiringAsDeclared")).to.include("Unknown");
  });

  it("says of each change only what that change is about", async () => {
    const lab = omadaLab();
    const ports = [
      { number: 12, name: "printer" },
      { number: 13, name: "desk" },
    ];
    devices(lab, { cerebro: { driftPolicy: "Correct", displayName: "Core", ports } });
    lab.start();
    await lab.until("all is written", () => writes(lab).length === 3 && ready(lab, "cerebro")());
    const said = lab.kube.events.filter(({ reason }) => reason === "Configuring").map(({ message }) => message);
    expect(said).to.deep.equal([
      "change Switch Cerebro: displayName is Cerebro, declared Core",
      "change port 12 of Core: ports[12].name is Port12, declared printer",
      "change port 13 of Core: ports[13].name is Port13, declared desk",
    ]);
  });

  it("of another model is not touched", async () => {
    const lab = omadaLab();
    devices(lab, { cerebro: { model: "SG2008", driftPolicy: "Correct", displayName: "Core" } });
    lab.start();
    await lab.until("it differs", ready(lab, "cerebro", "DeviceDiffers"));
    expect(lab.message("NetworkDevice", "cerebro")).to.include("is a SG3428, declared is a SG2008");
    expect(writes(lab)).to.deep.equal([]);
  });
});

const port12 = { number: 12, nativeSegmentRef: { name: "lan" }, taggedSegmentRefs: ["servers"] };

/** The switch with one declared port, corrected; the site's own network and a VLAN beside. */
function ports(lab: FakeLab, port: object = port12): void {
  apply(lab, "NetworkSegment", "lan", {
    cidr: "192.168.0.0/24",
    gateway: "192.168.0.1",
    omada: { networkName: "Default" },
    adoption: "Adopt",
  });
  segment(lab, "servers", 20);
  devices(lab, { cerebro: { driftPolicy: "Correct", ports: [port] } });
  for (const [mac, ip, at] of [
    ["BC:24:11:00:00:02", "192.168.0.2", 4],
    ["BC:24:11:00:00:10", "192.168.0.10", 8],
  ] as const)
    lab.omada.addClient({ mac, name: ip, ip, wireless: false, deviceMac: FAKE.switch, port: at });
}

describe("a switch port", () => {
  it("carries what is declared once the network is there, and is verified (N2)", async () => {
    const lab = omadaLab();
    ports(lab);
    lab.start();
    await lab.until("it is settled", () => ready(lab, "cerebro")() && writes(lab).includes("setPort"));
    expect(writes(lab)).to.deep.equal(["createNetwork", "setPort"]);
    const [servers] = lab.omada.networks.all().filter(({ name }) => name === "servers");
    expect(lab.omada.mutations.at(-1)?.args).to.deep.equal([
      FAKE.switch,
      12,
      { vlans: { nativeNetworkId: DEFAULT_NETWORK, taggedNetworkIds: [servers?.id] } },
    ]);
    expect(condition(lab, "NetworkDevice", "cerebro", "PortsVerified")).to.include("True/AsDeclared");
    await lab.seconds(60);
    expect(writes(lab)).to.have.length(2);
  });

  it("is written once and said to be unverified without a web session", async () => {
    const lab = omadaLab();
    lab.omada.web = false;
    ports(lab);
    lab.start();
    await lab.until("it was written", () => writes(lab).includes("setPort"));
    await lab.seconds(60);
    expect(writes(lab)).to.deep.equal(["createNetwork", "setPort"]);
    expect(condition(lab, "NetworkDevice", "cerebro", "PortsVerified")).to.include("Unknown/NeedsWebSession");
    expect(lab.status("NetworkDevice", "cerebro")["ports"]).to.deep.equal([
      { number: 12, link: "Down", written: "lan, tagged servers" },
    ]);
  });

  it("gets a profile of ours first on 5.x (N2)", async () => {
    const lab = omadaLab();
    lab.omada.version = "5.15.8.12";
    ports(lab);
    lab.start();
    await lab.until("it is settled", () => ready(lab, "cerebro")() && writes(lab).includes("setPort"));
    expect(writes(lab)).to.deep.equal(["createNetwork", "createProfile", "setPort"]);
    expect(lab.omada.profiles.all().map(({ name }) => name)).to.include("hl lan+servers");
  });

  /** Names of the profiles of ours that are there. */
  const ourProfiles = (lab: FakeLab): readonly string[] =>
    lab.omada.profiles.all().flatMap(({ name }) => (name.startsWith("hl ") ? [name] : []));

  /** A lab on 5.x whose port has got its profile, with one of a like name that people made. */
  async function profiled(): Promise<FakeLab> {
    const lab = omadaLab();
    lab.omada.version = "5.15.8.12";
    const theirs = { name: "hl people", builtIn: false, nativeNetworkId: DEFAULT_NETWORK, taggedNetworkIds: [] };
    lab.omada.profiles.add("p1", { id: "p1", ...theirs });
    ports(lab);
    lab.start();
    await lab.until("it is settled", () => ready(lab, "cerebro")() && writes(lab).includes("setPort"));
    return lab;
  }

  const bare = { number: 12, nativeSegmentRef: { name: "servers" } };

  it("leaves no profile of ours behind on 5.x once nothing uses it, and counts in the brake (I8, I9)", async () => {
    const lab = await profiled();
    expect(lab.status("NetworkDevice", "cerebro")["profiles"]).to.have.length(1);
    lab.kill();
    lab.start();
    devices(lab, { cerebro: { driftPolicy: "Correct", ports: [bare] } });
    await lab.until("the old one is gone", () => ourProfiles(lab).join() === "hl people,hl servers");
    expect(writes(lab).slice(3)).to.deep.equal(["createProfile", "setPort", "deleteProfile"]);
    devices(lab, { cerebro: { driftPolicy: "Correct", ports: [port12] } });
    await lab.until("the brake holds", ready(lab, "cerebro", "HeldByBrake"));
    expect(lab.message("NetworkDevice", "cerebro")).to.include("port profile hl servers");
    await lab.until("it is gone", () => ourProfiles(lab).join() === "hl people,hl lan+servers", 700);
    await lab.until("all is as declared", ready(lab, "cerebro"));
  });

  it("keeps a profile of ours that people took over by another name, or that another port still has (I9)", async () => {
    const lab = await profiled();
    const made = lab.omada.profiles.find(({ name }) => name === "hl lan+servers");
    lab.omada.profiles.change(made?.id ?? "", { name: "kept by hand" });
    devices(lab, { cerebro: { driftPolicy: "Correct", ports: [bare] } });
    await lab.until("the port has another", () => writes(lab).filter((call) => call === "setPort").length === 2);
    const other = lab.omada.profiles.find(({ name }) => name === "hl servers");
    const twenty = lab.omada.device("Cerebro").ports.find(({ number }) => number === 20);
    if (twenty !== undefined) twenty.profileId = other?.id ?? "";
    devices(lab, { cerebro: { driftPolicy: "Correct", ports: [port12] } });
    await lab.until("the port has its own again", () => writes(lab).filter((call) => call === "setPort").length === 3);
    await lab.seconds(60);
    expect(writes(lab)).to.not.include("deleteProfile");
    expect(lab.omada.profiles.all().map(({ name }) => name)).to.include.members(["kept by hand", "hl servers"]);
  });

  for (const [what, number, says] of [
    ["that Omada hangs on", 4, "the Omada controller (192.168.0.2) is behind it"],
    ["that the Proxmox host hangs on", 8, "a Proxmox host"],
    ["of its own uplink", 1, "the cable to its uplink is in it"],
  ] as const)
    it(`${what} is never cut off (N2)`, async () => {
      const lab = omadaLab();
      ports(lab, { ...port12, number });
      lab.kube.delete(lab.key("ProxmoxCluster", "pve"));
      lab.cluster({ endpoints: ["https://192.168.0.10:8006"] });
      lab.start();
      await lab.until("it is refused", ready(lab, "cerebro", "WouldLockOut"));
      expect(lab.message("NetworkDevice", "cerebro")).to.include(says);
      await lab.seconds(60);
      expect(writes(lab)).to.deep.equal(["createNetwork"]);
    });
});

describe("the site's own network", () => {
  it("is not changed under the controller's own path, save what does not cut it (N2)", async () => {
    const lab = omadaLab();
    apply(lab, "NetworkSegment", "lan", {
      cidr: "192.168.0.0/24",
      gateway: "192.168.0.1",
      isolated: true,
      omada: { networkName: "Default" },
      adoption: "Adopt",
      driftPolicy: "Correct",
    });
    lab.start();
    await lab.until("it is refused", () => lab.reason("NetworkSegment", "lan") === "WouldLockOut");
    expect(lab.message("NetworkSegment", "lan")).to.include("it carries the Omada controller (192.168.0.2)");
    apply(lab, "NetworkSegment", "lan", {
      cidr: "192.168.0.0/24",
      gateway: "192.168.0.1",
      dhcp: { leaseSeconds: 3600 },
      omada: { networkName: "Default" },
      adoption: "Adopt",
      driftPolicy: "Correct",
    });
    await lab.until("the lease is written", () => writes(lab).includes("updateNetwork"));
    expect(lab.omada.networks.get(DEFAULT_NETWORK)?.dhcp).to.include({ leaseSeconds: 3600, enabled: true });
  });
});
