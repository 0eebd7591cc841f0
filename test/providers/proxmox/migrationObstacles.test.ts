import { expect } from "chai";
import type { GuestRef, ProxmoxPort } from "../../../controller/providers/port.ts";
import { startProxmoxSimulator } from "../../simulators/proxmox/startProxmoxSimulator.ts";
import { signal } from "../portLab.ts";
import { connectTo, until } from "./simulated.ts";

describe("what stands against a migration (on the simulator)", function () {
  this.timeout(30_000);
  let simulator: Awaited<ReturnType<typeof startProxmoxSimulator>>;
  let port: ProxmoxPort;
  before(async () => {
    simulator = await startProxmoxSimulator({
      speed: 20,
      nodes: ["pve1", "pve2"],
      storages: [
        { storage: "local-zfs", type: "zfspool", content: "rootdir,images" },
        { storage: "thin", type: "lvmthin", content: "rootdir,images" },
        { storage: "nas", type: "nfs", content: "images", shared: true },
        { storage: "here", type: "zfspool", content: "rootdir,images", nodes: ["pve1"] },
      ],
      guests: [
        { vmid: 601 },
        { vmid: 602, config: { rootfs: "thin:vm-602-disk-0,size=8G" } },
        { vmid: 603, config: { rootfs: "here:subvol-603-disk-0,size=8G" } },
        { vmid: 604, config: { mp0: "/srv/media,mp=/media" } },
        { vmid: 605, config: { mp0: "/mnt/nfs,mp=/media,shared=1" } },
        { vmid: 700, type: "qemu", running: true, config: { scsi0: "here:vm-700-disk-0,size=8G" } },
        { vmid: 701, type: "qemu", running: true, config: { scsi0: "nas:701/vm-701-disk-0.qcow2,size=8G" } },
        { vmid: 702, type: "qemu", config: { scsi0: "thin:vm-702-disk-0,size=8G" } },
        {
          vmid: 703,
          type: "qemu",
          running: true,
          config: { ide2: "local-zfs:vm-703-cloudinit,media=cdrom", scsi0: "local-zfs:vm-703-disk-0,size=8G" },
        },
      ],
    });
    for (const vmid of [601, 602, 701, 702]) await snapshot(vmid);
    port = connectTo(simulator, {}, {});
    await until("the first look", () => port.seen() !== undefined);
  });
  /** As if it had been made long ago: of the configuration as it is. */
  async function snapshot(vmid: number): Promise<void> {
    const { config } = (await simulator.admin("GET", `/guests/${String(vmid)}`)) as { config: unknown };
    const old = { name: "old", description: "", snaptime: 1_763_904_027, config };
    await simulator.admin("PATCH", `/guests/${String(vmid)}`, { snapshots: [old] });
  }
  after(async () => {
    port.close();
    await simulator.stop();
  });

  const against = (vmid: number): Promise<readonly string[]> =>
    port.migrationObstacles({ type: vmid < 700 ? "lxc" : "qemu", node: "pve1", vmid }, "pve2", signal);
  const move = async (vmid: number): Promise<string> => {
    const ref: GuestRef = { type: vmid < 700 ? "lxc" : "qemu", node: "pve1", vmid };
    const upid = await port.migrate(ref, { target: "pve2", online: vmid !== 702 && vmid >= 700 }, signal);
    let exit = "";
    await until("the end", async () => {
      const state = await port.taskState(upid, signal);
      if (state.is === "ended") exit = state.exit;
      return state.is !== "running";
    });
    return exit;
  };

  const table: readonly (readonly [string, number, readonly string[]])[] = [
    ["snapshots on ZFS go with a container", 601, []],
    ["snapshots on LVM-thin do not", 602, ["its snapshots (old) do not leave storage 'thin'; remove them"]],
    ["a storage that the target lacks", 603, ["storage 'here' is not available on node pve2"]],
    ["a directory of the node", 604, ["mp0 is /srv/media of its node, which stays there"]],
    ["a directory that is said to be everywhere is none", 605, []],
    ["a storage that the target lacks, of a VM that runs", 700, ["storage 'here' is not available on node pve2"]],
    ["snapshots on shared storage stay where they are, for both", 701, []],
    ["snapshots of a stopped VM on LVM-thin", 702, ["its snapshots (old) do not leave storage 'thin'; remove them"]],
    ["the drive of cloud-init is no CD", 703, []],
  ];
  for (const [what, vmid, expected] of table)
    it(`A7, A10: ${what}; Proxmox says the same`, async () => {
      expect(await against(vmid)).to.deep.equal(expected);
      expect(await move(vmid)).to.equal(expected.length === 0 ? "OK" : "migration aborted");
    });
});
