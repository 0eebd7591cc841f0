import { expect } from "chai";
import { createHash } from "node:crypto";
import type { ImageDownload, MachineCreate } from "../../controller/providers/port.ts";
import type { VmLab } from "./portLab.ts";
import { PortBench, signal } from "./portLab.ts";

const URL = "https://images.example.org/debian-13.qcow2";
const FILE = "debian-13-aaaaaaaaaaaa.qcow2";

/** Disk images that a node fetches, the same for every implementation of `ProxmoxPort`. */
export function portImageSuite(name: string, build: () => Promise<VmLab>): void {
  describe(`what a Proxmox connection does with disk images (${name})`, () => {
    const bench = new PortBench();
    beforeEach(async () => {
      await bench.build(build);
      await bench.ready();
    });
    afterEach(() => bench.close());

    const image = (change: Partial<ImageDownload> = {}): ImageDownload => ({
      node: bench.lab.node,
      storage: "local",
      file: FILE,
      volume: `local:import/${FILE}`,
      url: URL,
      algorithm: "sha256",
      checksum: createHash("sha256").update(URL).digest("hex"),
      ...change,
    });
    const machine = (from: ImageDownload): MachineCreate => ({
      is: "machine",
      vmid: 810,
      node: from.node,
      name: "cloud",
      image: from,
      change: { disks: [{ key: "scsi0", storage: bench.lab.storage, sizeMiB: 4096, importFrom: from.volume }] },
    });

    it("7.3: fetches one by a task named after the file, lists it, and only checks it from then on", async () => {
      const { node, volume } = image();
      expect(await bench.port.hasVolume(node, volume, signal)).to.equal(false);
      const upid = await bench.port.download(image(), signal);
      expect(await bench.ended(upid)).to.equal("OK");
      expect(await bench.port.hasVolume(node, volume, signal)).to.equal(true);
      const tasks = await bench.port.tasks(node, {}, signal);
      expect(tasks.find((task) => task.upid === upid)).to.include({ type: "download", id: FILE });
      expect(await bench.ended(await bench.port.download(image(), signal))).to.equal("OK");
      const other = image({ checksum: "0".repeat(64) });
      expect(await bench.ended(await bench.port.download(other, signal))).to.include("checksum mismatch: got '");
      expect(await bench.port.hasVolume(node, volume, signal), "the file that is there stays").to.equal(true);
    });

    it("5.1: a machine is made out of it, and not without it", async () => {
      const made = machine(image());
      expect(await bench.ended(await bench.port.createMachine(made, signal))).to.include(
        `volume 'local:import/${FILE}' does not exist`,
      );
      await bench.ended(await bench.port.download(image(), signal));
      expect(await bench.ended(await bench.port.createMachine(made, signal))).to.equal("OK");
      const config = await bench.port.readConfig(bench.ref(810, "qemu"), signal);
      expect(config.vm?.disks[0]).to.include({ key: "scsi0" });
    });

    it("A7: what a machine lacks is read beforehand: storage, bridge, files; an image that is to be fetched is no lack", async () => {
      const at = (create: MachineCreate): Promise<readonly string[]> =>
        bench.port.createObstacles(create, signal).then((list) => list.map(({ message }) => message));
      const made = machine(image());
      expect(await at(made)).to.deep.equal([]);
      if (made.is !== "machine") throw new Error("no machine");
      const lacking = await at({
        ...made,
        iso: "local:iso/nope.iso",
        change: {
          disks: [{ key: "scsi0", storage: bench.lab.storage, sizeMiB: 8, importFrom: "local:import/nope.qcow2" }],
          networks: [{ key: "net0", name: "net0", bridge: "vmbr77" }],
          ciCustom: "user=local:snippets/nope.yaml",
        },
      });
      for (const [what, text] of [
        ["bridge", "bridge 'vmbr77' does not exist on node pve1"],
        ["ISO", "ISO image 'local:iso/nope.iso' does not exist on node pve1"],
        ["image", "disk image 'local:import/nope.qcow2' does not exist on node pve1"],
        ["snippet", "user data 'local:snippets/nope.yaml' does not exist on node pve1"],
      ] as const)
        expect(
          lacking.some((message) => message.includes(text)),
          what,
        ).to.equal(true);
      expect(lacking).to.have.length(4);
    });
  });
}
