import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { NAMESPACE, type FakeLab } from "../fakes/lab.ts";
import { CARD, declare, DISK, inSync, oneMachine, silent, statusOf, writes } from "./oneMachine.ts";

describe("a virtual machine under management Full", function () {
  this.timeout(20_000);
  let lab: FakeLab;
  afterEach(() => {
    lab.kill();
  });

  it("A5: what is plugged at once is written at once, what needs a restart waits, and then there is silence", async () => {
    const spec = { driftPolicy: "Correct", cpu: { cores: 4 }, networks: [{ name: "net0", bridge: "vmbr0", vlan: 20 }] };
    lab = oneMachine(spec, { power: "Running", cores: 2 });
    lab.start();
    await lab.until("it waits", () => inSync(lab) === "RestartPending");
    expect(writes(lab)).to.deep.equal([{ cores: 4, networks: [{ ...CARD, vlan: 20 }] }]);
    expect(statusOf(lab).pendingChanges?.map(({ field }) => field)).to.deep.equal(["cpu.cores"]);
    await lab.seconds(5);
    await silent(lab);
  });

  it("updatePolicy Restart: it is shut down and started for what waits", async () => {
    const spec = { driftPolicy: "Correct", updatePolicy: "Restart", resources: { memory: "2Gi" } };
    lab = oneMachine(spec, { power: "Running" });
    lab.start();
    await lab.until("in effect", () => inSync(lab) === "InSync" && lab.proxmox.guest(101).memoryMiB === 2048, 60);
    expect(lab.calls()).to.deep.equal(["configure 101", "shutdown 101", "start 101"]);
  });

  it("I4, I5: an adopted one is compared only; disks grow and never shrink, move or get lost", async () => {
    lab = oneMachine({ disks: [{ name: "scsi0", storage: "local-zfs", size: "10Gi" }] }, { power: "Running" });
    lab.start();
    await lab.until("shown", () => inSync(lab) === "Drifted");
    await silent(lab);
    declare(lab, { driftPolicy: "Correct", disks: [{ name: "scsi0", storage: "local-zfs", size: "10Gi" }] });
    await lab.until("grown", () => inSync(lab) === "InSync");
    expect(lab.calls()).to.deep.equal(["resize 101"]);
    declare(lab, { driftPolicy: "Correct", disks: [{ name: "scsi0", storage: "tank", size: "9Gi" }] });
    await lab.until("refused", () => lab.reason("VirtualMachine", "vm") === "WouldLoseData");
    expect(lab.message("VirtualMachine", "vm")).to.include("qm disk move 101 scsi0 tank").and.to.include("10Gi");
    expect(lab.proxmox.guest(101).vm.disks).to.deep.equal([{ ...DISK, sizeMiB: 10_240 }]);
  });

  describe("a disk that is added", () => {
    const disks = [{ name: "scsi1", storage: "tank", size: "4Gi" }];
    const spec = { driftPolicy: "Correct", disks };

    it("5.2, A3: is made by a task whose intent was written before it, and then there is silence", async () => {
      lab = oneMachine(spec, { power: "Running" });
      lab.start();
      await lab.until("the task runs", () => statusOf(lab).task?.upid !== undefined);
      expect(statusOf(lab).task?.action).to.equal("Configure");
      await lab.until("made", () => inSync(lab) === "InSync");
      expect(lab.calls()).to.deep.equal(["configureByTask 101"]);
      expect(lab.proxmox.guest(101).vm.disks.map(({ key }) => key)).to.deep.equal(["scsi0", "scsi1"]);
      await lab.seconds(5);
      await silent(lab);
    });

    it("A2, A3: with the answer lost, or killed meanwhile, it is made once", async () => {
      for (const when of ["after", "killed"] as const) {
        lab = oneMachine(spec, { power: "Running" });
        if (when === "after") lab.fault("configureByTask", "after", new ProviderError("outcomeUnknown", "timed out"));
        lab.start();
        await lab.until("sent", () => lab.calls().includes("configureByTask 101"));
        if (when === "killed") {
          lab.kill();
          lab.start();
        }
        await lab.until("made", () => inSync(lab) === "InSync", 120);
        expect(lab.calls(), when).to.deep.equal(["configureByTask 101"]);
        lab.kill();
      }
    });

    it("A7: when its task fails that is said in Proxmox's words, and it heals when there is room", async () => {
      lab = oneMachine(spec, { power: "Running" });
      lab.proxmox.fullStorages.add("tank");
      lab.start();
      await lab.until("told", () => lab.reason("VirtualMachine", "vm") === "StorageFull");
      expect(lab.message("VirtualMachine", "vm")).to.include("out of space");
      await lab.seconds(120);
      expect(lab.calls()).to.have.length(1);
      lab.proxmox.fullStorages.clear();
      await lab.until("made", () => inSync(lab) === "InSync", 400);
      expect(lab.calls()).to.have.length(2);
    });
  });

  it("9.2: a device by its address is root's, with the command; one by its mapping is ours to set", async () => {
    const spec = { driftPolicy: "Correct", hostDevices: [{ name: "hostpci0", address: "0000:01:00.0" }] };
    lab = oneMachine(spec, { power: "Running" });
    lab.start();
    await lab.until("told", () => lab.reason("VirtualMachine", "vm") === "RootOnly");
    expect(lab.message("VirtualMachine", "vm")).to.include('qm set 101 -hostpci0 "0000:01:00.0"');
    declare(lab, { driftPolicy: "Correct", hostDevices: [{ name: "hostpci0", mapping: "gpu", pcie: true }] });
    await lab.until("it waits", () => inSync(lab) === "RestartPending");
    expect(writes(lab)).to.deep.equal([{ hostDevices: { hostpci0: "mapping=gpu,pcie=1" } }]);
  });

  describe("made from a template", () => {
    const CLONE = {
      source: { clone: { vmid: 900 } },
      cpu: { cores: 2 },
      disks: [{ name: "scsi0", storage: "local-zfs", size: "20Gi" }],
      networks: [{ name: "net0", bridge: "vmbr0", ipv4: { method: "Static", address: "10.0.0.7/24" } }],
    };
    const withTemplate = (spec: Readonly<Record<string, unknown>> = CLONE): FakeLab => {
      const made = oneMachine(spec);
      made.proxmox.add({
        type: "qemu",
        vmid: 900,
        name: "debian",
        template: true,
        tags: ["golden"],
        networks: [{ ...CARD, ipv4: "10.0.0.99/24" }],
        vm: { disks: [{ ...DISK, volume: "local-zfs:base-900-disk-0" }], hostDevices: {} },
      });
      return made;
    };

    it("A3: it is cloned once, marked, configured and grown before it starts for the first time", async () => {
      lab = withTemplate();
      lab.start();
      await lab.until("it runs", () => lab.reason("VirtualMachine", "vm") === "Settled");
      expect(lab.calls()).to.deep.equal([
        "createMachine 101",
        "configure 101",
        "resize 101",
        "configure 101",
        "start 101",
      ]);
      const guest = lab.proxmox.guest(101);
      expect(guest).to.include({ name: "vm", cores: 2 });
      expect(guest.tags).to.deep.equal(["golden", `hl.${NAMESPACE}.vm`]);
      expect(guest.networks[0]).to.include({ ipv4: "10.0.0.7/24" });
      expect(guest.vm.disks[0]).to.include({ sizeMiB: 20_480 });
      await lab.seconds(5);
      await silent(lab);
    });

    it("a clone gets the gateway of its segment with its address", async () => {
      const ipv4 = { method: "Static", address: "192.168.20.7/24" };
      lab = withTemplate({ ...CLONE, networks: [{ name: "net0", segmentRef: { name: "servers" }, ipv4 }] });
      const spec = { cidr: "192.168.20.0/24", gateway: "192.168.20.1", proxmox: { bridge: "vmbr0" } };
      lab.kube.apply({ kind: "NetworkSegment", metadata: { name: "servers", namespace: NAMESPACE }, spec });
      lab.start();
      await lab.until("it runs", () => lab.reason("VirtualMachine", "vm") === "Settled");
      expect(lab.proxmox.guest(101).networks[0]).to.include({ ipv4: "192.168.20.7/24", gateway4: "192.168.20.1" });
    });

    it("A2, A3: killed while it is cloned, or with the answer lost, no second clone is made", async () => {
      lab = withTemplate();
      lab.fault("createMachine", "after", new ProviderError("outcomeUnknown", "timed out"));
      lab.start();
      await lab.until("sent", () => lab.calls().includes("createMachine 101"));
      lab.kill();
      await lab.seconds(1);
      lab.start();
      await lab.until("it runs", () => lab.reason("VirtualMachine", "vm") === "Settled");
      expect(lab.calls().filter((call) => call.startsWith("createMachine"))).to.have.length(1);
    });

    it("a clone that cannot be configured is not started with the addresses of its template", async () => {
      lab = withTemplate({ ...CLONE, disks: [{ name: "scsi1", storage: "nowhere", size: "1Gi" }] });
      lab.proxmox.storages = new Set(["local-zfs"]);
      lab.start();
      await lab.until("told", () => lab.reason("VirtualMachine", "vm") === "RefusedByProvider");
      await lab.seconds(60);
      expect(lab.calls()).to.not.include("start 101");
    });

    it("a template that is not there is said", async () => {
      lab = oneMachine(CLONE);
      lab.start();
      await lab.until("told", () => lab.reason("VirtualMachine", "vm") === "SpecInvalid");
      expect(lab.message("VirtualMachine", "vm")).to.include("source.clone.vmid 900");
    });
  });

  it("is made with its disks, its image and its hardware in one call, and then differs in nothing", async () => {
    lab = oneMachine({
      source: { iso: "local:iso/debian.iso" },
      machine: "q35",
      bios: "OVMF",
      efiDisk: { storage: "local-zfs" },
      cpu: { type: "host", cores: 2 },
      resources: { memory: "2Gi" },
      disks: [{ name: "scsi0", storage: "local-zfs", size: "20Gi", discard: true }],
      networks: [{ name: "net0", bridge: "vmbr0", ipv4: { method: "DHCP" } }],
    });
    lab.start();
    await lab.until("it runs", () => lab.reason("VirtualMachine", "vm") === "Settled");
    expect(lab.calls()).to.deep.equal(["createMachine 101", "start 101"]);
    expect(inSync(lab)).to.equal("InSync");
    expect(statusOf(lab).drift).to.equal(undefined);
  });
});
