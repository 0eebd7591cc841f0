import { expect } from "chai";
import type { FakeLab } from "../../fakes/lab.ts";
import { apply, condition, omadaController, omadaLab, segment, writes } from "./omadaLab.ts";

const settled = (lab: FakeLab, kind: string, name: string) => (): boolean => lab.reason(kind, name) === "Settled";

describe("a network segment in Omada", () => {
  it("is created with what is declared, bound by its id, and then left alone (N4, S1)", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { dhcp: { enabled: true, start: "192.168.20.100", end: "192.168.20.200" } });
    lab.start();
    await lab.until("the network is there", settled(lab, "NetworkSegment", "servers"));
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
    expect(lab.status("NetworkSegment", "servers")["omada"]).to.include({ name: "servers", vlan: 20, created: true });
    expect(lab.status("NetworkSegment", "servers")).to.not.have.property("creating");
    const passes = lab.reports.filter(({ writes: count }) => count > 0).length;
    await lab.seconds(120);
    expect(writes(lab)).to.have.length(1);
    expect(lab.reports.filter(({ writes: count }) => count > 0).length).to.equal(passes);
  });

  it("several are created one after the other, each seen before the next (N4)", async () => {
    const lab = omadaLab();
    for (const vlan of [20, 30, 40]) segment(lab, `net${String(vlan)}`, vlan);
    let most = 0;
    lab.omada.witness = () => void (most = Math.max(most, lab.omada.writing));
    lab.start();
    await lab.until("all are there", () =>
      [20, 30, 40].every((vlan) => settled(lab, "NetworkSegment", `net${String(vlan)}`)()),
    );
    expect(writes(lab)).to.deep.equal(["createNetwork", "createNetwork", "createNetwork"]);
    expect(lab.omada.networks.all()).to.have.length(4);
    expect(most).to.be.at.most(1);
  });

  it("that exists is refused without adoption, and adopted without a change (I4, I9)", async () => {
    const lab = omadaLab();
    lab.omada.networks.add("n1", {
      id: "n1",
      name: "servers",
      primary: false,
      purpose: "Interface",
      vlan: 20,
      gatewaySubnet: "192.168.20.254/24",
    });
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it is refused", () => lab.reason("NetworkSegment", "servers") === "NetworkNotOwned");
    segment(lab, "servers", 20, { adoption: "Adopt" });
    const before = lab.kube.events.length;
    await lab.until("it is adopted", settled(lab, "NetworkSegment", "servers"));
    expect(lab.kube.events.slice(before).map(({ reason }) => reason)).to.deep.equal(["Adopted", "Settled"]);
    expect(lab.status("NetworkSegment", "servers")["drift"]).to.deep.equal([
      { field: "gateway", desired: "192.168.20.1/24", actual: "192.168.20.254/24" },
    ]);
    expect(condition(lab, "NetworkSegment", "servers", "OmadaReady")).to.include(
      "False/Drifted: gateway is 192.168.20.254/24, declared 192.168.20.1/24",
    );
    await lab.seconds(60);
    expect(writes(lab)).to.deep.equal([]);
  });

  it("what this object created is corrected when people change it (A11)", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { isolated: true });
    lab.start();
    await lab.until("the network is there", settled(lab, "NetworkSegment", "servers"));
    const [id] = lab.omada.networks
      .all()
      .filter(({ name }) => name === "servers")
      .map((network) => network.id);
    lab.omada.networks.change(id ?? "", { isolated: false, domain: "people.example" });
    await lab.until("it is corrected", () => lab.omada.networks.get(id ?? "")?.isolated === true);
    expect(lab.omada.networks.get(id ?? "")).to.include({ domain: "people.example" });
    expect(writes(lab)).to.deep.equal(["createNetwork", "updateNetwork"]);
  });

  it("is not created twice when the answer to the create is lost (A2, N4)", async () => {
    const { ProviderError } = await import("../../../controller/base/outcome.ts");
    const lab = omadaLab();
    lab.omada.lagMs = 8_000;
    lab.omada.calls.fault("createNetwork", "after", new ProviderError("outcomeUnknown", "the connection was reset"));
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("the network is there", settled(lab, "NetworkSegment", "servers"));
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });

  it("a create that never arrived is sent again after half a minute of complete lists, also by the next process (N4, A3)", async () => {
    const { ProviderError } = await import("../../../controller/base/outcome.ts");
    const lab = omadaLab();
    lab.omada.calls.fault("createNetwork", "before", new ProviderError("outcomeUnknown", "the connection was reset"));
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it was tried", () => lab.status("NetworkSegment", "servers")["creating"] !== undefined);
    lab.kill();
    lab.start();
    await lab.seconds(25);
    expect(writes(lab)).to.deep.equal([]);
    await lab.until("it is there", settled(lab, "NetworkSegment", "servers"));
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });

  it("nothing is written without a Homelab in charge (L2)", async () => {
    const lab = omadaLab();
    lab.kube.delete(lab.key("Homelab", "home"));
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it waits", () => lab.reason("NetworkSegment", "servers") === "HomelabMissing");
    expect(writes(lab)).to.deep.equal([]);
    lab.homelab();
    await lab.until("it is there", settled(lab, "NetworkSegment", "servers"));
  });

  it("suspended it says what it would do", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { suspend: true });
    lab.start();
    await lab.until("it is suspended", () => lab.reason("NetworkSegment", "servers") === "Suspended");
    expect(lab.message("NetworkSegment", "servers")).to.include("would create network servers (VLAN 20)");
    expect(writes(lab)).to.deep.equal([]);
  });
});

describe("an Omada controller", () => {
  it("is quietly waited for while its guest comes up, and then all converges (L8)", async () => {
    const lab = omadaLab({ hostedBy: { kind: "Container", name: "omada21" } });
    lab.omada.reachable = false;
    lab.layer("base");
    lab.proxmox.add({ vmid: 101, type: "lxc", name: "omada21" });
    lab.guest("omada21", { vmid: 101, layer: "base" });
    lab.bootSeconds.set(101, 20);
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it waits", () => lab.reason("NetworkSegment", "servers") === "ControllerGuestDown");
    expect(lab.reason("OmadaController", "omada")).to.equal("ControllerGuestDown");
    await lab.until("the guest is healthy", () => lab.reason("Container", "omada21") === "Settled");
    await lab.seconds(10);
    lab.omada.reachable = true;
    await lab.until("all is there", settled(lab, "NetworkSegment", "servers"));
    const told = lab.kube.events.filter(({ type, about }) => type === "Warning" && !about.startsWith("Homelab/"));
    expect(told.map(({ reason }) => reason)).to.deep.equal([]);
  });

  it("that answers while its guest is not healthy yet is written to in the moment the guest is (L8)", async () => {
    const lab = omadaLab({ hostedBy: { kind: "Container", name: "omada21" } });
    lab.layer("base");
    lab.proxmox.add({ vmid: 101, type: "lxc", name: "omada21" });
    lab.guest("omada21", { vmid: 101, layer: "base" });
    lab.bootSeconds.set(101, 20);
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it waits", () => lab.reason("NetworkSegment", "servers") === "ControllerGuestDown");
    await lab.until("the guest is healthy", () => lab.reason("Container", "omada21") === "Settled");
    await lab.until("all is there", settled(lab, "NetworkSegment", "servers"), 5);
  });

  it("away for two minutes it is one incident, told once; network objects only name it (H4)", async () => {
    const lab = omadaLab();
    for (const vlan of [20, 30, 40]) segment(lab, `net${String(vlan)}`, vlan);
    lab.start();
    await lab.until("all are there", () =>
      [20, 30, 40].every((vlan) => settled(lab, "NetworkSegment", `net${String(vlan)}`)()),
    );
    const before = lab.kube.events.length;
    lab.omada.reachable = false;
    await lab.until("it is lost", () => lab.reason("OmadaController", "omada") === "OmadaUnreachable");
    await lab.until("segments name it", () => lab.reason("NetworkSegment", "net40") === "OmadaUnreachable");
    expect(condition(lab, "NetworkSegment", "net20", "OmadaReady")).to.include("Unknown/OmadaUnreachable");
    await lab.seconds(120);
    lab.omada.reachable = true;
    await lab.until("it is back", settled(lab, "NetworkSegment", "net40"));
    const told = lab.kube.events.slice(before).map(({ reason, about }) => `${about.split("/")[0] ?? ""} ${reason}`);
    expect(told).to.deep.equal(["OmadaController OmadaUnreachable", "OmadaController Recovered"]);
    expect(lab.status("OmadaController", "omada")["lastIncident"]).to.include.keys("recoverTime");
    expect(writes(lab)).to.have.length(3);
  });

  it("with wrong credentials says which Secret, and is tried seldom (A7)", async () => {
    const lab = omadaLab();
    lab.omada.unauthorized = true;
    segment(lab, "servers", 20);
    lab.start();
    await lab.until("it is refused", () => lab.reason("OmadaController", "omada") === "Unauthorized");
    expect(lab.message("OmadaController", "omada")).to.include("Correct Secret omada-api");
    expect(lab.reason("NetworkSegment", "servers")).to.equal("ControllerNotReady");
  });

  it("that does not exist is waited for", async () => {
    const lab = omadaLab();
    apply(lab, "NetworkSegment", "servers", {
      vlan: 20,
      cidr: "192.168.20.0/24",
      gateway: "192.168.20.1",
      omada: { controllerRef: { name: "other" } },
    });
    lab.start();
    await lab.until("it waits", () => lab.reason("NetworkSegment", "servers") === "ControllerMissing");
    omadaController(lab);
    expect(lab.message("NetworkSegment", "servers")).to.include("OmadaController other does not exist");
  });
});

describe("a segment with jumbo frames", () => {
  it("says which switch does not pass them, and writes nothing; it is asked only there (O1)", async () => {
    const lab = omadaLab();
    segment(lab, "storage", 40, { mtu: 9000 });
    lab.start();
    await lab.until("it is said", () => lab.reason("NetworkSegment", "storage") === "FramesTooShort");
    expect(lab.message("NetworkSegment", "storage")).to.equal(
      "mtu is 9000, so frames have up to 9018 bytes, and in Omada switch Cerebro passes 1518; " +
        "raise Jumbo in the switch's settings in Omada, or write mtu: 1500",
    );
    expect(condition(lab, "NetworkSegment", "storage", "OmadaReady")).to.include("False/FramesTooShort");
    lab.omada.device("Cerebro").maxFrameBytes = 9_216;
    await lab.until("it passes them", settled(lab, "NetworkSegment", "storage"));
    segment(lab, "storage", 40, { mtu: 1500 });
    await lab.seconds(60);
    const passes = lab.reports.length;
    lab.omada.device("Cerebro").maxFrameBytes = 1_518;
    await lab.seconds(30);
    expect(lab.reports.slice(passes).filter(({ key }) => key.kind === "NetworkSegment")).to.deep.equal([]);
    expect(writes(lab)).to.deep.equal(["createNetwork"]);
  });
});

describe("Static addresses", () => {
  it("that do not fit the segment are told there, and no container is created with one", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { proxmox: { bridge: "vmbr0" } });
    lab.layer("base");
    lab.guest("db", {
      vmid: 101,
      layer: "base",
      spec: {
        template: "local:vztmpl/debian.tar.zst",
        rootfs: { storage: "local-zfs", size: "4Gi" },
        networks: [
          { name: "eth0", segmentRef: { name: "servers" }, ipv4: { method: "Static", address: "192.168.20.1/24" } },
        ],
      },
    });
    lab.start();
    await lab.until("it is refused", () => lab.reason("Container", "db") === "AddressWrong");
    expect(lab.message("Container", "db")).to.include("eth0: 192.168.20.1 is the gateway of its segment");
    await lab.until("the segment tells it", () =>
      condition(lab, "NetworkSegment", "servers", "AddressesFit").includes("Container db eth0"),
    );
    expect(lab.calls()).to.deep.equal([]);
  });

  it("of a virtual machine are held against those of containers, and the gateway is filled in at its creation", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { proxmox: { bridge: "vmbr0" } });
    lab.layer("base");
    const networks = (address: string): object => ({
      networks: [{ name: "net0", segmentRef: { name: "servers" }, ipv4: { method: "Static", address } }],
    });
    const eth0 = { name: "eth0", segmentRef: { name: "servers" } };
    lab.guest("db", {
      vmid: 101,
      layer: "base",
      spec: { management: "Observe", networks: [{ ...eth0, ipv4: { method: "Static", address: "192.168.20.5/24" } }] },
    });
    const disks = [{ name: "scsi0", storage: "local-zfs", size: "8Gi" }];
    const vm = (address: string): void => {
      const spec = { management: "Full", adoption: "Refuse", disks, ...networks(address) };
      lab.guest("k3s", { vmid: 102, layer: "base", kind: "VirtualMachine", spec });
    };
    vm("192.168.20.5/24");
    lab.start();
    await lab.until("it is refused", () => lab.reason("VirtualMachine", "k3s") === "AddressWrong");
    expect(lab.message("VirtualMachine", "k3s")).to.include("net0: 192.168.20.5 is that of Container db too");
    await lab.until("the segment tells both", () =>
      /Container db eth0.*VirtualMachine k3s net0/.test(condition(lab, "NetworkSegment", "servers", "AddressesFit")),
    );
    expect(lab.status("NetworkSegment", "servers")["summary"]).to.deep.equal({ members: "2" });
    vm("192.168.20.6/24");
    await lab.until("it is made", () => (lab.proxmox.guests.get(102)?.networks ?? []).length > 0);
    const [net0] = lab.proxmox.guests.get(102)?.networks ?? [];
    expect(net0).to.include({ vlan: 20, ipv4: "192.168.20.6/24", gateway4: "192.168.20.1" });
  });

  it("keep the gateway of their segment: one that is missing is written again, another one is told and left", async () => {
    const lab = omadaLab();
    segment(lab, "servers", 20, { proxmox: { bridge: "vmbr0" } });
    lab.layer("base");
    const ipv4 = { method: "Static", address: "192.168.20.6/24" };
    const spec = {
      template: "local:vztmpl/debian.tar.zst",
      rootfs: { storage: "local-zfs", size: "4Gi" },
      networks: [{ name: "eth0", segmentRef: { name: "servers" }, ipv4 }],
    };
    lab.guest("db", { vmid: 101, layer: "base", spec });
    lab.start();
    const gateway = (): string | undefined => lab.proxmox.guests.get(101)?.networks[0]?.gateway4;
    await lab.until("it is made", () => lab.reason("Container", "db") === "Settled");
    expect(gateway()).to.equal("192.168.20.1");
    const become = (gateway4: string | undefined): void => {
      const guest = lab.proxmox.guest(101);
      const [eth0, ...others] = guest.networks;
      if (eth0 === undefined) throw new Error("it has no interface");
      const { gateway4: _, ...rest } = eth0;
      guest.networks = [{ ...rest, ...(gateway4 === undefined ? {} : { gateway4 }) }, ...others];
    };
    become(undefined);
    await lab.until("it is back", () => gateway() === "192.168.20.1", 900);
    become("192.168.20.254");
    const told = (): boolean => JSON.stringify(lab.status("Container", "db")["drift"] ?? []).includes("192.168.20.254");
    await lab.until("it is told", told, 900);
    await lab.seconds(60);
    expect(gateway()).to.equal("192.168.20.254");
  });
});
