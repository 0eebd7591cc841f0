import { expect } from "chai";
import { callApi, eventually, runTask } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

describe("migration in the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  before(async () => {
    simulator = await startProxmoxSimulator({
      speed: 50,
      nodes: ["pve1", "pve2", "pve3"],
      templates: ["local:iso/debian-13.iso"],
      storages: [
        { storage: "local", type: "dir", content: "vztmpl,iso" },
        { storage: "local-zfs", type: "zfspool", content: "rootdir,images", nodes: ["pve1", "pve2"] },
        { storage: "nas", type: "nfs", content: "images,rootdir", shared: true },
        { storage: "other", type: "zfspool", content: "rootdir,images", nodes: ["pve3"] },
      ],
      guests: [
        { vmid: 101, running: true },
        { vmid: 102, running: true },
        { vmid: 103 },
        { vmid: 200, type: "qemu", running: true, config: { scsi0: "nas:200/vm-200-disk-0.qcow2,size=8G" } },
        { vmid: 201, type: "qemu", running: true, config: { scsi0: "local-zfs:vm-201-disk-0,size=8G" } },
        { vmid: 202, type: "qemu", config: { ide2: "local:iso/debian-13.iso,media=cdrom" } },
        { vmid: 203, type: "qemu", config: { hostpci0: "0000:01:00.0" } },
      ],
    });
  });

  after(() => simulator.stop());

  const path = (kind: string, vmid: number, node = "pve1"): string => `/nodes/${node}/${kind}/${String(vmid)}`;
  const ask = (kind: string, vmid: number, params: Readonly<Record<string, unknown>>) =>
    callApi(simulator, "POST", `${path(kind, vmid)}/migrate`, { params });
  const move = (kind: string, vmid: number, params: Readonly<Record<string, unknown>>): Promise<string> =>
    runTask(simulator, "POST", `${path(kind, vmid)}/migrate`, { params });
  const refusal = async (kind: string, vmid: number, params: Readonly<Record<string, unknown>>): Promise<string> => {
    const answer = await ask(kind, vmid, params);
    return answer.status === 400 ? JSON.stringify(answer.errors) : answer.reason;
  };
  const place = async (vmid: number): Promise<{ node: string; running: boolean }> => {
    const guest = (await simulator.admin("GET", `/guests/${String(vmid)}`)) as { node: string; running: boolean };
    return { node: guest.node, running: guest.running };
  };
  const arrives = (vmid: number, node: string): Promise<true> =>
    eventually(async () => ((await place(vmid)).node === node ? true : undefined));
  const tasksAt = async (node: string, vmid: number): Promise<string[]> => {
    const { data } = await callApi(simulator, "GET", `/nodes/${node}/tasks`, {
      params: { vmid: String(vmid), source: "all" },
    });
    return (data as { type: string; status: string }[]).map((task) => `${task.type} ${task.status}`);
  };

  it("moves a running container by stopping it, and starts it at its new node", async () => {
    expect(await refusal("lxc", 101, { target: "pve2" })).to.equal(
      "can't migrate running container without --online or --restart",
    );
    expect(await move("lxc", 101, { target: "pve2", online: 1 })).to.equal("migration aborted");
    expect(await place(101)).to.deep.equal({ node: "pve1", running: true });
    expect(await move("lxc", 101, { target: "pve2", restart: 1 })).to.equal("OK");
    expect(await place(101)).to.deep.equal({ node: "pve2", running: true });
    expect(await tasksAt("pve2", 101)).to.deep.equal(["vzstart OK"]);
    const gone = await callApi(simulator, "GET", `${path("lxc", 101)}/config`);
    expect(gone.reason).to.equal("Configuration file 'nodes/pve1/lxc/101.conf' does not exist");
  });

  it("refuses its own node, a node nobody knows, and a locked guest", async () => {
    expect(await refusal("lxc", 102, { target: "pve1" })).to.equal('{"target":"target is local node."}');
    expect(await refusal("lxc", 102, { target: "pve9" })).to.equal("no such cluster node 'pve9'");
    await simulator.admin("PATCH", "/guests/102", { lock: "backup" });
    expect(await refusal("lxc", 102, { target: "pve2", restart: 1 })).to.equal("CT is locked (backup)");
    await simulator.admin("PATCH", "/guests/102", { lock: null });
  });

  it("moves a stopped container without starting it", async () => {
    expect(await move("lxc", 103, { target: "pve2" })).to.equal("OK");
    expect(await place(103)).to.deep.equal({ node: "pve2", running: false });
    expect(await tasksAt("pve1", 103)).to.deep.equal(["vzmigrate OK"]);
  });

  it("aborts where the storage is not at the other node, unless it is told another one", async () => {
    expect(await move("lxc", 102, { target: "pve3", restart: 1 })).to.equal("migration aborted");
    expect(await place(102)).to.deep.equal({ node: "pve1", running: true });
    expect(await move("lxc", 102, { target: "pve3", restart: 1, "target-storage": "local-zfs:other" })).to.equal("OK");
    const { data } = await callApi(simulator, "GET", `${path("lxc", 102, "pve3")}/config`);
    expect((data as { rootfs: string }).rootfs).to.equal("other:subvol-102-disk-0,size=8G");
  });

  it("aborts towards a node that is down", async () => {
    await simulator.admin("POST", "/nodes/pve2/network", { online: false });
    expect(await move("qemu", 200, { target: "pve2", online: 1 })).to.equal("migration aborted");
    await simulator.admin("POST", "/nodes/pve2/network", { online: true });
  });

  it("moves a running VM live, its local disks only when told to", async () => {
    expect(await refusal("qemu", 200, { target: "pve2" })).to.equal("can't migrate running VM without --online");
    expect(await move("qemu", 200, { target: "pve2", online: 1 })).to.equal("OK");
    expect(await place(200)).to.deep.equal({ node: "pve2", running: true });
    expect(await move("qemu", 201, { target: "pve2", online: 1 })).to.equal("migration aborted");
    const { data } = await callApi(simulator, "GET", `${path("qemu", 201)}/migrate`);
    expect(data).to.deep.include({ running: 1 });
    expect((data as { local_disks: { volid: string }[] }).local_disks.map((disk) => disk.volid)).to.deep.equal([
      "local-zfs:vm-201-disk-0",
    ]);
    expect(await move("qemu", 201, { target: "pve2", online: 1, "with-local-disks": 1 })).to.equal("OK");
    expect(await place(201)).to.deep.equal({ node: "pve2", running: true });
  });

  it("leaves a VM with a local CD or a device of its host where it is", async () => {
    expect(await move("qemu", 202, { target: "pve2" })).to.equal("migration aborted");
    expect(await move("qemu", 203, { target: "pve2" })).to.equal("migration aborted");
    const { data } = await callApi(simulator, "GET", `${path("qemu", 203)}/migrate`);
    expect((data as { local_resources: string[] }).local_resources).to.deep.equal(["hostpci0"]);
  });

  it("asks HA to move a guest that HA manages, and HA does it as root", async () => {
    await simulator.admin("PATCH", "/guests/103", { node: "pve1" });
    await callApi(simulator, "POST", "/cluster/ha/resources", {
      params: { sid: "ct:103", state: "stopped" },
      token: null,
      headers: await rootHeaders(simulator),
    });
    const { data } = await ask("lxc", 103, { target: "pve2" });
    expect(String(data)).to.include(":hamigrate:103:homelab@pve!controller:");
    await arrives(103, "pve2");
    const tasks = (await simulator.admin("GET", "/tasks")) as { type: string; user: string; id: string }[];
    const moves = tasks.filter((task) => task.id === "103" && task.type === "vzmigrate").map((task) => task.user);
    expect(moves).to.deep.equal(["homelab@pve!controller", "root@pam"]);
  });
});

async function rootHeaders(simulator: RunningSimulator): Promise<Record<string, string>> {
  const { data } = await callApi(simulator, "POST", "/access/ticket", {
    token: null,
    params: { username: "root@pam", password: "proxmox" },
  });
  const { ticket, CSRFPreventionToken: csrf } = data as { ticket: string; CSRFPreventionToken: string };
  return { Cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`, CSRFPreventionToken: csrf };
}
