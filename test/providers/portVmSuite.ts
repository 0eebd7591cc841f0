import { expect } from "chai";
import { parseSpec, VirtualMachine } from "../../controller/api/index.ts";
import { changeOf, type Difference } from "../../controller/plan/guests/configuration/difference.ts";
import { differencesOf } from "../../controller/plan/guests/configuration/differences.ts";
import type { GuestConfig } from "../../controller/providers/port.ts";
import type { VmLab } from "./portLab.ts";
import { PortBench, refusalOf, signal } from "./portLab.ts";

/** A cloud image that every lab has. */
export const IMAGE = "local:import/debian-12.qcow2";

const NET = { name: "net0", bridge: "vmbr0" };
const DISK = { name: "scsi0", storage: "local-zfs", size: "8Gi" };

/** A spec for each field of a VM, with another value than the machines of the bench have. */
const fields: Readonly<Record<string, object>> = {
  hostname: { hostname: "other" },
  description: { description: "first line\nsecond: äöü, 100 %\n" },
  machine: { machine: "q35" },
  bios: { bios: "OVMF" },
  efiDisk: { efiDisk: { storage: "local-zfs", preEnrolledKeys: true } },
  tpm: { tpm: { storage: "local-zfs" } },
  "cpu.type": { cpu: { type: "host" } },
  "cpu.sockets": { cpu: { sockets: 2 } },
  "cpu.cores": { cpu: { cores: 3 } },
  "resources.cpuLimit": { resources: { cpuLimit: "1.50" } },
  "resources.cpuWeight": { resources: { cpuWeight: 250 } },
  "resources.memory": { resources: { memory: "2Gi" } },
  balloon: { balloon: "512Mi" },
  "balloon, off": { balloon: "0Mi" },
  "disks, options": { disks: [{ ...DISK, ssd: true, discard: true, ioThread: true, backup: false }] },
  "disks, new": { disks: [{ name: "scsi1", storage: "local-zfs", size: "1536Mi", discard: true }] },
  "networks.model": { networks: [{ ...NET, model: "e1000" }] },
  "networks.vlan": { networks: [{ ...NET, vlan: 20 }] },
  "networks.mac": { networks: [{ ...NET, mac: "bc:24:11:0a:0b:0c" }] },
  "networks.firewall": { networks: [{ ...NET, firewall: true }] },
  "networks.ipv4": {
    networks: [{ ...NET, ipv4: { method: "Static", address: "10.0.0.7/24", gateway: "10.0.0.1" } }],
  },
  "networks, new": { networks: [{ name: "net2", bridge: "vmbr0", firewall: true }] },
  "cloudInit, drive": { cloudInit: { storage: "local-zfs" } },
  "cloudInit.user": { cloudInit: { storage: "local-zfs", user: "ops" } },
  "cloudInit.userDataRef": { cloudInit: { storage: "local-zfs", userDataRef: { volume: "local:snippets/a.yaml" } } },
  "dns.nameservers": { dns: { nameservers: ["10.0.0.1", "9.9.9.9"] } },
  "dns.searchDomain": { dns: { searchDomain: "home.arpa" } },
  guestAgent: { guestAgent: true },
};

function differences(vmid: number, spec: object, config: GuestConfig): readonly Difference[] {
  const object = {
    apiVersion: "homelab.neuralcodelab.com/v1alpha1",
    kind: "VirtualMachine",
    metadata: { name: "made", namespace: "lab" },
    spec: { vmid, layerRef: { name: "base" }, ...spec },
  } as const;
  const parsed = parseSpec(VirtualMachine, object as never);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  const whole = { ...object, spec: parsed.spec } as unknown as VirtualMachine;
  return differencesOf(whole, config, { node: "pve1" }, { segments: new Map() });
}

/** Configuration of VMs that exist, the same for every implementation of `ProxmoxPort`. */
export function portVmSuite(name: string, build: () => Promise<VmLab>): void {
  describe(`what a Proxmox connection writes of VMs (${name})`, () => {
    const bench = new PortBench();
    beforeEach(async () => {
      const made = build();
      await bench.build(() => made);
      const lab = await made;
      await lab.addVm({ vmid: 801, name: "vm", running: true });
      await lab.addVm({ vmid: 802, name: "vm", running: false });
      await bench.ready();
    });
    afterEach(() => bench.close());

    const read = (vmid: number): Promise<GuestConfig> => bench.port.readConfig(bench.ref(vmid, "qemu"), signal);
    const converge = async (vmid: number, spec: object): Promise<GuestConfig> => {
      const config = await read(vmid);
      const edits = differences(vmid, spec, config).flatMap(({ way }) =>
        way.is === "live" || way.is === "restart" ? [way.edit] : [],
      );
      expect(edits, "something differs at first").to.not.deep.equal([]);
      await bench.port.configure(bench.ref(vmid, "qemu"), changeOf(edits, config), config.digest, signal);
      return read(vmid);
    };

    for (const [field, spec] of Object.entries(fields))
      it(`A5, O5: ${field}: once written it differs no more, on a running and on a stopped machine`, async () => {
        for (const vmid of [801, 802])
          expect(differences(vmid, spec, await converge(vmid, spec)), `vmid ${String(vmid)}`).to.deep.equal([]);
      });

    it("A5: a disk and a card keep what we do not manage through a write, and the volume and the MAC they had", async () => {
      const before = await read(801);
      const after = await converge(801, { disks: [{ ...DISK, ssd: true }], networks: [{ ...NET, firewall: true }] });
      expect(after.vm?.disks).to.deep.equal([{ ...before.vm?.disks[0], ssd: true }]);
      expect(after.networks).to.deep.equal([{ ...before.networks[0], firewall: true }]);
    });

    it("what needs a restart waits on a running machine and is in effect after a start", async () => {
      const spec = { cpu: { cores: 2 }, resources: { memory: "2Gi" }, description: "now" };
      expect((await converge(802, spec)).pending).to.deep.equal([]);
      expect((await converge(801, spec)).pending).to.deep.equal(["cores", "memory"]);
      const how = { timeoutSeconds: 30, force: true };
      await bench.ended(await bench.port.shutdown(bench.ref(801, "qemu"), how, signal));
      await bench.ended(await bench.port.start(bench.ref(801, "qemu"), signal));
      const config = await read(801);
      expect(config.pending).to.deep.equal([]);
      expect(differences(801, spec, config)).to.deep.equal([]);
    });

    it("I5: grows a disk by a task; shrinking fails in it", async () => {
      const resize = async (sizeMiB: number): Promise<string> => {
        const { digest } = await read(801);
        return bench.ended(await bench.port.resize(bench.ref(801, "qemu"), { disk: "scsi0", sizeMiB }, digest, signal));
      };
      expect(await resize(10_240)).to.equal("OK");
      expect((await read(801)).vm?.disks[0]?.sizeMiB).to.equal(10_240);
      expect(await resize(8192)).to.include("shrinking disks is not supported");
    });

    it("5.2: makes a disk by a task, guarded by the digest", async () => {
      const disk = { key: "scsi1", storage: bench.lab.storage, sizeMiB: 1024 };
      const { digest } = await read(801);
      const make = (storage: string, at: string): Promise<string> =>
        bench.port.configureByTask(bench.ref(801, "qemu"), { disks: [{ ...disk, storage }] }, at, signal);
      const upid = await make(disk.storage, digest);
      expect(await bench.ended(upid)).to.equal("OK");
      expect((await read(801)).vm?.disks[1]).to.include({ key: "scsi1", sizeMiB: 1024 });
      const tasks = await bench.port.tasks(bench.lab.node, { vmid: 801 }, signal);
      expect(tasks.find((task) => task.upid === upid)).to.include({ type: "qmconfig" });
      expect(await refusalOf(make(disk.storage, digest))).to.include({ kind: "conflict" });
    });

    it("makes a machine with all that is declared", async () => {
      const made = {
        is: "machine",
        vmid: 803,
        node: bench.lab.node,
        name: "made",
        change: {
          tags: ["hl.lab.made"],
          cores: 2,
          memoryMiB: 1024,
          bios: "ovmf",
          efiDisk: { storage: bench.lab.storage, preEnrolledKeys: false },
          cloudInitDrive: { storage: bench.lab.storage },
          ciUser: "ops",
          disks: [{ key: "scsi0", storage: bench.lab.storage, sizeMiB: 4096, discard: true }],
          networks: [{ key: "net0", name: "net0", model: "virtio", bridge: "vmbr0" }],
          addresses: [{ key: "net0", ipv4: "10.0.0.7/24", gateway4: "10.0.0.1" }],
        },
      } as const;
      expect(await bench.ended(await bench.port.createMachine(made, signal))).to.equal("OK");
      const config = await read(803);
      expect(config).to.deep.include({ name: "made", cores: 2, memoryMiB: 1024, tags: ["hl.lab.made"] });
      expect(config.vm).to.include({ bios: "ovmf", ciUser: "ops" });
      expect(config.vm?.disks[0]).to.include({ key: "scsi0", sizeMiB: 4096, discard: true });
      expect(config.networks[0]).to.include({ model: "virtio", ipv4: "10.0.0.7/24", gateway4: "10.0.0.1" });
      expect(await refusalOf(bench.port.createMachine(made, signal))).to.include({ kind: "busy" });
    });

    it("makes a disk out of an image, as large as that, and grows it then", async () => {
      const disk = { key: "scsi0", storage: bench.lab.storage, sizeMiB: 8192, importFrom: IMAGE };
      const made = {
        is: "machine",
        vmid: 805,
        node: bench.lab.node,
        name: "cloud",
        change: { disks: [disk] },
      } as const;
      expect(await bench.ended(await bench.port.createMachine(made, signal))).to.equal("OK");
      const config = await read(805);
      expect(config.vm?.disks[0]?.sizeMiB).to.be.below(8192);
      const growth = { disk: "scsi0", sizeMiB: 8192 };
      expect(
        await bench.ended(await bench.port.resize(bench.ref(805, "qemu"), growth, config.digest, signal)),
      ).to.equal("OK");
      expect((await read(805)).vm?.disks[0]?.sizeMiB).to.equal(8192);
    });

    it("A2: clones a machine; its vmid is taken from the call on, so that there is never a second one", async () => {
      const source = { vmid: 802, node: bench.lab.node };
      const clone = { is: "clone", vmid: 804, node: bench.lab.node, name: "copy", source, full: true } as const;
      const upid = await bench.port.createMachine(clone, signal);
      expect(await refusalOf(bench.port.createMachine(clone, signal))).to.include({ kind: "busy" });
      expect(await bench.ended(upid)).to.equal("OK");
      const [copy, original] = await Promise.all([read(804), read(802)]);
      expect(copy.name).to.equal("copy");
      expect(copy.vm?.disks[0]).to.include({ key: "scsi0", sizeMiB: 8192 });
      expect(copy.vm?.disks[0]?.volume).to.not.equal(original.vm?.disks[0]?.volume);
      expect(copy.networks[0]?.mac).to.not.equal(original.networks[0]?.mac);
      const tasks = await bench.port.tasks(bench.lab.node, { vmid: 802 }, signal);
      expect(tasks.some((task) => task.upid === upid && task.type === "qmclone")).to.equal(true);
    });

    it("9.2: a device by its address is root's alone", async () => {
      const { digest } = await read(802);
      const change = { hostDevices: { hostpci0: "0000:01:00.0" } };
      const error = await refusalOf(bench.port.configure(bench.ref(802, "qemu"), change, digest, signal));
      expect(error.kind).to.be.oneOf(["spec", "permission"]);
    });
  });
}
