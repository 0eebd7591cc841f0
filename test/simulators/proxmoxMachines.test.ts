import { expect } from "chai";
import { callApi, eventually, exitOf, runTask, statusOf } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

type Config = Readonly<Record<string, string | number>>;

const IMAGE = "local:import/debian-13.qcow2";
const ISO = "local:iso/debian-13.iso";
const KEYS = encodeURIComponent("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0GrN5Hdy6 me");

describe("the virtual machines of the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  before(async () => {
    simulator = await startProxmoxSimulator({
      speed: 50,
      templates: [IMAGE, ISO],
      storages: [
        { storage: "local", type: "dir", content: "vztmpl,import,iso,images" },
        { storage: "local-zfs", type: "zfspool", content: "rootdir,images" },
        { storage: "thin", type: "lvmthin", content: "images" },
      ],
      guests: [
        {
          vmid: 300,
          type: "qemu",
          running: true,
          config: { scsi0: "local-zfs:vm-300-disk-0,size=8G", boot: "order=scsi0" },
        },
        { vmid: 301, type: "qemu", config: { scsi0: "local-zfs:vm-301-disk-0,size=8G" } },
        { vmid: 302, type: "qemu", config: { scsi0: "thin:vm-302-disk-0,size=8G", protection: 1 } },
        { vmid: 303, type: "qemu", running: true, config: { agent: "1" }, agentMissing: true },
      ],
    });
  });

  after(() => simulator.stop());

  const at = (vmid: number, rest: string): string => `/nodes/pve1/qemu/${String(vmid)}${rest}`;
  const create = (params: Readonly<Record<string, unknown>>): Promise<string> =>
    runTask(simulator, "POST", "/nodes/pve1/qemu", { params });
  const config = async (vmid: number, query: Record<string, string> = {}): Promise<Config> =>
    (await callApi(simulator, "GET", at(vmid, "/config"), { params: query })).data as Config;
  const put = async (vmid: number, params: Readonly<Record<string, unknown>>): Promise<string> => {
    const answer = await callApi(simulator, "PUT", at(vmid, "/config"), { params });
    return answer.status === 400 ? JSON.stringify(answer.errors) : answer.reason;
  };
  const pending = async (vmid: number): Promise<Record<string, unknown>> => {
    const { data } = await callApi(simulator, "GET", at(vmid, "/pending"));
    const waiting = (data as { key: string; pending?: unknown; delete?: number }[]).filter(
      (entry) => entry.pending !== undefined || entry.delete !== undefined,
    );
    return Object.fromEntries(waiting.map((entry) => [entry.key, entry.pending ?? `delete ${String(entry.delete)}`]));
  };

  it("creates one from a cloud image, with firmware, TPM and cloud-init, and shows the values as they are stored", async () => {
    const exit = await create({
      ...{ vmid: 200, name: "node1", ostype: "l26", machine: "q35", bios: "ovmf", cpu: "host", cores: 4, memory: 4096 },
      ...{ efidisk0: "local-zfs:1,efitype=4m,pre-enrolled-keys=1", tpmstate0: "local-zfs:1,version=v2.0" },
      ...{ scsihw: "virtio-scsi-single", scsi0: `local-zfs:0,import-from=${IMAGE},discard=on,iothread=1,ssd=1` },
      ...{ ide2: "local-zfs:cloudinit", net0: "virtio,tag=20,bridge=vmbr0,firewall=on", agent: "enabled=1" },
      ...{ ciuser: "ops", cipassword: "secret", sshkeys: KEYS, ipconfig0: "ip=10.0.20.7/24,gw=10.0.20.1" },
      ...{ tags: "K8s,a", balloon: 2048, serial0: "socket", vga: "serial0", description: "made here" },
    });
    expect(exit).to.equal("OK");
    const made = await config(200);
    expect(made["scsi0"]).to.equal("local-zfs:vm-200-disk-2,discard=on,iothread=1,size=2G,ssd=1");
    expect(made["efidisk0"]).to.equal("local-zfs:vm-200-disk-0,efitype=4m,pre-enrolled-keys=1,size=1M");
    expect(made["tpmstate0"]).to.equal("local-zfs:vm-200-disk-1,size=4M,version=v2.0");
    expect(made["ide2"]).to.equal("local-zfs:vm-200-cloudinit,media=cdrom");
    expect(made["net0"]).to.match(/^virtio=BC:24:11(:[0-9A-F]{2}){3},bridge=vmbr0,firewall=1,tag=20$/);
    expect(made["boot"]).to.equal("order=scsi0;ide2;net0");
    expect([made["memory"], made["cores"], made["balloon"]]).to.deep.equal(["4096", 4, 2048]);
    expect([made["tags"], made["description"], made["cipassword"]]).to.deep.equal(["a;k8s", "made here", "**********"]);
    expect(made).to.include.keys("vmgenid", "smbios1", "meta", "digest");
  });

  it("leaves nothing behind when a creation fails in its task", async () => {
    const exit = await create({
      vmid: 201,
      scsi0: "local-zfs:4",
      scsi1: "local-zfs:0,import-from=local:import/nope.qcow2",
    });
    expect(exit).to.equal("unable to create VM 201 - volume 'local:import/nope.qcow2' does not exist");
    expect((await callApi(simulator, "GET", at(201, "/config"))).status).to.equal(500);
    const { data } = await callApi(simulator, "GET", "/nodes/pve1/storage/local-zfs/content", {
      params: { vmid: "201" },
    });
    expect(data).to.deep.equal([]);
  });

  for (const [what, params, reason] of [
    ["host PCI devices", { hostpci0: "0000:01:00.0" }, "only root can set 'hostpci0' config for non-mapped devices"],
    ["host USB devices", { usb0: "host=1234:5678" }, "only root can set 'usb0' config for real devices"],
    ["free arguments", { args: "-S" }, "only root can set 'args' config"],
    ["a hook script", { hookscript: "local:snippets/x.pl" }, "only root can set 'hookscript' config"],
    ["mapped PCI devices", { hostpci0: "mapping=gpu" }, "Permission check failed (/mapping/pci/gpu, Mapping.Use)"],
    ["images by path", { scsi0: "local-zfs:0,import-from=/a.raw" }, "Only root can pass arbitrary filesystem paths."],
    ["a missing storage", { scsi0: "nope:4" }, "storage 'nope' does not exist"],
    ["a size that is no size", { scsi0: "local-zfs:4,size=x" }, "Parameter verification failed."],
    ["skipping a lock", { skiplock: 1 }, "Parameter verification failed."],
    [
      "more ballooned than given memory",
      { memory: 512, balloon: 1024 },
      "balloon value too large (must be smaller than assigned memory)",
    ],
    [
      "a second cloud-init drive",
      { ide0: "local-zfs:cloudinit" },
      "ide0 - cloud-init drive is already attached at 'ide2'",
    ],
  ] as const) {
    it(`refuses ${what} to a token`, async () => {
      expect((await callApi(simulator, "PUT", at(200, "/config"), { params })).reason).to.equal(reason);
    });
  }

  it("changes a running one at once where that can be plugged, and lets the rest wait for its next start", async () => {
    expect(
      await put(300, { name: "renamed", cores: 4, cpulimit: 1.5, balloon: 512, ciuser: "ops", memory: 4096 }),
    ).to.equal("OK");
    expect(await pending(300)).to.deep.equal({ cores: 4, memory: "4096" });
    const now = await config(300, { current: "1" });
    expect([now["name"], now["cores"], now["cpulimit"], now["ciuser"]]).to.deep.equal(["renamed", 2, "1.5", "ops"]);
    expect((await config(300))["cores"]).to.equal(4);
    expect(await put(300, { scsi1: "local-zfs:2", sata0: "local-zfs:1", net1: "virtio,bridge=vmbr0" })).to.equal("OK");
    expect(Object.keys(await pending(300)).sort()).to.deep.equal(["cores", "memory", "sata0"]);
    expect(await put(300, { revert: "memory,sata0" })).to.equal("OK");
    expect(Object.keys(await pending(300))).to.deep.equal(["cores"]);
    expect((await config(300))["unused0"]).to.match(/^local-zfs:vm-300-disk-\d$/);
    expect(await runTask(simulator, "POST", at(300, "/status/reset"))).to.equal("OK");
    expect(Object.keys(await pending(300))).to.deep.equal(["cores"]);
    await runTask(simulator, "POST", at(300, "/status/stop"));
    await runTask(simulator, "POST", at(300, "/status/start"));
    expect(await pending(300)).to.deep.equal({});
    expect((await config(300, { current: "1" }))["cores"]).to.equal(4);
  });

  it("says what could not be plugged, and keeps it waiting", async () => {
    expect(await put(300, { net2: "virtio,bridge=vmbr9", description: "kept" })).to.equal(
      `{"net2":"hotplug problem - bridge 'vmbr9' does not exist\\n"}`,
    );
    expect((await config(300, { current: "1" }))["description"]).to.equal("kept");
    expect(Object.keys(await pending(300))).to.deep.equal(["net2"]);
    expect(await put(300, { revert: "net2" })).to.equal("OK");
  });

  it("gives a network card without a MAC address a new one with each change", async () => {
    const before = (await config(301))["net0"];
    await put(301, { net0: "virtio,bridge=vmbr0" });
    expect((await config(301))["net0"])
      .to.match(/^virtio=BC:24:11/)
      .and.not.equal(before);
  });

  it("keeps a removed disk as unused, takes it out of the boot order, and destroys it only when forced", async () => {
    await put(301, { scsi1: "local-zfs:1", boot: "order=scsi0;scsi1" });
    const disk = String((await config(301))["scsi1"]).split(",")[0];
    expect(await put(301, { delete: "scsi1" })).to.equal("OK");
    expect((await config(301))["unused0"]).to.equal(disk);
    expect((await config(301))["boot"]).to.equal("order=scsi0");
    await put(301, { scsi1: disk });
    expect(await config(301)).to.not.have.property("unused0");
    expect((await config(301))["scsi1"]).to.equal(`${String(disk)},size=1G`);
    await callApi(simulator, "PUT", at(301, "/unlink"), { params: { idlist: "scsi1", force: 1 } });
    expect(await config(301)).to.not.have.any.keys("scsi1", "unused0");
  });

  it("adds a CD to the boot order by itself, and takes it out again", async () => {
    await put(301, { ide2: `${ISO},media=cdrom` });
    expect((await config(301))["boot"]).to.equal("order=scsi0;ide2");
    expect((await config(301))["ide2"]).to.equal(`${ISO},media=cdrom,size=400M`);
    await put(301, { delete: "ide2" });
    expect(await config(301)).to.not.have.any.keys("ide2", "unused0");
  });

  it("keeps the disks of a protected one", async () => {
    expect(await put(302, { delete: "scsi0" })).to.equal("can't remove drive 'scsi0' - protection mode enabled");
    const { reason } = await callApi(simulator, "DELETE", at(302, ""));
    expect(reason).to.equal("can't remove VM 302 - protection mode enabled");
  });

  it("changes in a task what is posted, refuses an old digest before, and answers null when it ends in time", async () => {
    const stale = { digest: "0".repeat(40), cores: 2 };
    const refused = await callApi(simulator, "POST", at(301, "/config"), { params: stale });
    expect(refused.reason).to.equal("checksum mismatch (file change by other user?)");
    const answer = await callApi(simulator, "POST", at(301, "/config"), { params: { scsi2: "local-zfs:1" } });
    expect(String(answer.data)).to.include(":qmconfig:301:");
    expect(await exitOf(simulator, String(answer.data))).to.equal("OK");
    const soon = await callApi(simulator, "POST", at(301, "/config"), { params: { cores: 3, background_delay: 30 } });
    expect(soon.data).to.equal(null);
    const failed = await callApi(simulator, "POST", at(301, "/config"), {
      params: { scsi3: "local-zfs:vm-301-disk-9", background_delay: 30 },
    });
    expect(failed.reason).to.match(/^failed to update VM 301: zfs error: cannot open/);
  });

  it("grows a disk, and says in the task that it does not shrink", async () => {
    const resize = (disk: string, size: string): Promise<string> =>
      runTask(simulator, "PUT", at(301, "/resize"), { params: { disk, size } });
    expect(await resize("scsi0", "+2G")).to.equal("OK");
    expect((await config(301))["scsi0"]).to.equal("local-zfs:vm-301-disk-0,size=10G");
    expect(await resize("scsi0", "10G")).to.equal("OK");
    expect(await resize("scsi0", "9G")).to.equal("shrinking disks is not supported");
    expect(await resize("scsi9", "9G")).to.equal("disk 'scsi9' does not exist");
  });

  it("moves a disk to another storage and keeps the old one unless told otherwise", async () => {
    const move = (params: Readonly<Record<string, unknown>>): Promise<string> =>
      runTask(simulator, "POST", at(301, "/move_disk"), { params: { disk: "scsi0", ...params } });
    expect(await move({ storage: "thin" })).to.equal("OK");
    expect((await config(301))["scsi0"]).to.equal("thin:vm-301-disk-0,size=10G");
    expect((await config(301))["unused0"]).to.equal("local-zfs:vm-301-disk-0");
    expect(await move({ storage: "local", format: "qcow2", delete: 1 })).to.equal("OK");
    expect((await config(301))["scsi0"]).to.equal("local:301/vm-301-disk-0.qcow2,size=10G");
    expect(await config(301)).to.not.have.property("unused1");
  });

  it("clones in full, and linked only from a template", async () => {
    const clone = (vmid: number, params: Readonly<Record<string, unknown>>): Promise<string> =>
      runTask(simulator, "POST", at(vmid, "/clone"), { params });
    expect(await clone(200, { newid: 210, name: "copy", full: 1, storage: "thin" })).to.equal("OK");
    const [source, copy] = [await config(200), await config(210)];
    expect([copy["name"], copy["ipconfig0"], copy["tags"]]).to.deep.equal(["copy", source["ipconfig0"], "a;k8s"]);
    expect(copy["scsi0"]).to.match(/^thin:vm-210-disk-\d,discard=on,iothread=1,size=2G,ssd=1$/);
    for (const key of ["net0", "smbios1", "vmgenid"]) expect(copy[key]).to.not.equal(source[key]);
    const refused = await callApi(simulator, "POST", at(200, "/clone"), { params: { newid: 211, full: 0 } });
    expect(refused.reason).to.match(/^Linked clone feature is not supported for drive '/);
    expect(await runTask(simulator, "POST", at(200, "/template"))).to.equal("OK");
    expect(await clone(200, { newid: 211 })).to.equal("OK");
    const linked = await config(211);
    expect(linked["scsi0"]).to.match(/^local-zfs:base-200-disk-2\/vm-211-disk-\d,/);
    expect(linked["name"]).to.equal("Copy-of-VM-node1");
    expect(await runTask(simulator, "DELETE", at(200, ""))).to.match(/^base volume 'base-200-disk-\d' is still in use/);
    expect(await runTask(simulator, "POST", at(200, "/status/start"))).to.match(/template/);
  });

  it("makes the cloud-init drive anew when told, and says before what will change", async () => {
    const view = async (): Promise<{ key: string; pending?: string }[]> =>
      (await callApi(simulator, "GET", at(210, "/cloudinit"))).data as { key: string; pending?: string }[];
    await callApi(simulator, "PUT", at(210, "/cloudinit"));
    await put(210, { ciuser: "other" });
    expect((await view()).find((entry) => entry.key === "ciuser")).to.deep.equal({
      key: "ciuser",
      value: "ops",
      pending: "other",
    });
    expect((await callApi(simulator, "PUT", at(210, "/cloudinit"))).data).to.equal(null);
    expect((await view()).filter((entry) => entry.pending !== undefined)).to.deep.equal([]);
    const dump = await callApi(simulator, "GET", at(210, "/cloudinit/dump"), { params: { type: "user" } });
    expect(dump.data).to.include("user: other").and.include("ssh-ed25519");
  });

  it("snapshots with memory and comes back running; a storage that cannot is said in the task", async () => {
    const snapshot = (vmid: number, params: Readonly<Record<string, unknown>>): Promise<string> =>
      runTask(simulator, "POST", at(vmid, "/snapshot"), { params });
    expect(await snapshot(300, { snapname: "before", vmstate: 1 })).to.equal("OK");
    await put(300, { description: "after" });
    expect(await runTask(simulator, "POST", at(300, "/snapshot/before/rollback"))).to.equal("OK");
    expect((await config(300))["description"]).to.equal("kept");
    expect((await statusOf(simulator, 300, "qemu"))["status"]).to.equal("running");
    await put(300, { scsi5: "local:1" });
    expect(await snapshot(300, { snapname: "raw" })).to.equal("snapshot feature is not available");
    const { data } = await callApi(simulator, "GET", at(300, "/feature"), { params: { feature: "snapshot" } });
    expect(data).to.deep.include({ hasFeature: 0 });
  });

  it("does not follow a shutdown while it is paused", async () => {
    await runTask(simulator, "POST", at(300, "/status/suspend"));
    expect(await statusOf(simulator, 300, "qemu")).to.include({ status: "running", qmpstatus: "paused" });
    const { reason } = await callApi(simulator, "POST", at(300, "/status/shutdown"));
    expect(reason).to.equal("VM is paused - cannot shutdown");
    await runTask(simulator, "POST", at(300, "/status/resume"));
    expect(await statusOf(simulator, 300, "qemu")).to.include({ qmpstatus: "running" });
  });

  it("tells of its inside through its agent, which may be missing", async () => {
    const data = await eventually(
      async () => (await callApi(simulator, "GET", at(300, "/agent/get-host-name"))).data ?? undefined,
    );
    expect(data).to.deep.equal({ result: { "host-name": "renamed" } });
    const { reason } = await callApi(simulator, "GET", at(303, "/agent/get-osinfo"));
    expect(reason).to.equal("QEMU guest agent is not running");
  });
});
