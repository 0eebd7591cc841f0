import { expect } from "chai";
import type { ContainerCreate, CreateObstacle, ProxmoxPort } from "../../../controller/providers/port.ts";
import type { GuestOptions } from "../../simulators/proxmox/options.ts";
import { startProxmoxSimulator, type RunningSimulator } from "../../simulators/proxmox/startProxmoxSimulator.ts";
import { accessLog, connectTo } from "./simulated.ts";

const GiB = 1024 ** 3;
const storages = [
  { storage: "local", type: "dir" as const, content: "vztmpl", totalBytes: 100 * GiB },
  { storage: "zfs", type: "zfspool" as const, content: "rootdir", totalBytes: 100 * GiB, usedBytes: 99 * GiB },
  { storage: "full", type: "zfspool" as const, content: "rootdir", totalBytes: GiB, usedBytes: GiB },
  { storage: "off", type: "zfspool" as const, content: "rootdir", totalBytes: GiB, disabled: true },
];
const CREATE: ContainerCreate = {
  vmid: 150,
  node: "pve1",
  template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
  hostname: "new",
  unprivileged: true,
  memoryMiB: 512,
  swapMiB: 512,
  rootfs: { storage: "zfs", sizeMiB: 8192 },
  mounts: [],
  networks: [{ name: "eth0", bridge: "vmbr0" }],
  nameservers: [],
  features: {},
  tags: [],
};

describe("what stands in the way of a create", () => {
  let simulator: RunningSimulator;
  let port: ProxmoxPort;

  before(async function () {
    this.timeout(20_000);
    simulator = await startProxmoxSimulator({ storages });
    port = connectTo(simulator);
  });
  after(async () => {
    port.close();
    await simulator.stop();
  });

  const rows: readonly (readonly [string, Partial<ContainerCreate>, CreateObstacle["kind"] | undefined, string])[] = [
    ["nothing, also where a thin volume is larger than the room that is left", {}, undefined, ""],
    [
      "a storage that does not exist",
      { rootfs: { storage: "nope", sizeMiB: 1 } },
      "spec",
      "storage 'nope' does not exist on node pve1",
    ],
    [
      "a storage that is disabled",
      { rootfs: { storage: "off", sizeMiB: 1 } },
      "spec",
      "storage 'off' is not available on node pve1",
    ],
    [
      "a storage for other content",
      { rootfs: { storage: "local", sizeMiB: 1 } },
      "spec",
      "storage 'local' does not support container directories",
    ],
    [
      "a storage without room",
      { rootfs: { storage: "full", sizeMiB: 8192 } },
      "space",
      "storage 'full' on node pve1 is full",
    ],
    [
      "the storage of a mount",
      { mounts: [{ key: "mp0", path: "/m", storage: "nope", sizeMiB: 1 }] },
      "spec",
      "storage 'nope' does not exist",
    ],
    [
      "a template that is not there",
      { template: "local:vztmpl/nope.tar.zst" },
      "spec",
      "template 'local:vztmpl/nope.tar.zst' does not exist on node pve1. To get it, on the node: pveam download local nope.tar.zst",
    ],
    [
      "a template on a storage for other content",
      { template: "zfs:vztmpl/x.tar.zst" },
      "spec",
      "storage 'zfs' does not support templates",
    ],
    ["a template that is no volume", { template: "debian.tar.zst" }, "spec", "is no volume id"],
    [
      "a bridge that does not exist",
      { networks: [{ name: "eth0", bridge: "vmbr9" }] },
      "bridge",
      "bridge 'vmbr9' does not exist on node pve1",
    ],
    [
      "an MTU larger than the bridge's",
      { networks: [{ name: "eth0", bridge: "vmbr0", mtu: 9000 }] },
      "bridge",
      "MTU 9000 is larger than that of bridge 'vmbr0', 1500",
    ],
  ];
  for (const [what, change, kind, text] of rows)
    it(`A7: ${what}`, async () => {
      const found = await port.createObstacles({ ...CREATE, ...change }, new AbortController().signal);
      expect(found.map((one) => one.kind)).to.deep.equal(kind === undefined ? [] : [kind]);
      expect(found.map((one) => one.message).join()).to.include(text);
    });

  it("A7: looking sends nothing but reads", async () => {
    await port.createObstacles(CREATE, new AbortController().signal);
    expect((await accessLog(simulator)).filter(({ method }) => method !== "GET")).to.deep.equal([]);
  });
});

describe("what stands in the way of a clone", () => {
  let simulator: RunningSimulator;
  let port: ProxmoxPort;

  before(async function () {
    this.timeout(20_000);
    const vm = (vmid: number, storage: string): GuestOptions => ({
      vmid,
      type: "qemu",
      node: "pve1",
      config: { scsi0: `${storage}:vm-${String(vmid)}-disk-0,size=8G` },
    });
    simulator = await startProxmoxSimulator({
      nodes: ["pve1", "pve2"],
      storages: [
        { storage: "zfs", type: "zfspool", content: "images" },
        { storage: "nas", type: "nfs", content: "images", shared: true },
        { storage: "files", type: "dir", content: "iso" },
      ],
      guests: [vm(900, "zfs"), vm(901, "nas")],
    });
    port = connectTo(simulator);
  });
  after(async () => {
    port.close();
    await simulator.stop();
  });

  const rows: readonly (readonly [string, number, string, string | undefined, string])[] = [
    ["nothing on the node of its source", 900, "pve1", undefined, ""],
    ["on another node a disk that only the source's has", 900, "pve2", undefined, "Write node: pve1"],
    ["nothing on another node where the disk is shared", 901, "pve2", undefined, ""],
    ["a storage that does not exist", 901, "pve1", "nope", "storage 'nope' does not exist on node pve1"],
    ["a storage for other content", 901, "pve1", "files", "storage 'files' does not support disks of virtual machines"],
  ];
  for (const [what, vmid, node, storage, text] of rows)
    it(`A7: ${what}`, async () => {
      const source = { vmid, node: "pve1" };
      const clone = { is: "clone", vmid: 150, node, name: "copy", source, full: true } as const;
      const create = storage === undefined ? clone : { ...clone, storage };
      const found = await port.createObstacles(create, new AbortController().signal);
      expect(found.map((one) => one.kind)).to.deep.equal(text === "" ? [] : ["spec"]);
      expect(found.map((one) => one.message).join()).to.include(text);
    });
});
