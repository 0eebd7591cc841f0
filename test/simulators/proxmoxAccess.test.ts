import { expect } from "chai";
import { callApi, eventually } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

const TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

describe("permissions and configuration in the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  before(async () => {
    simulator = await startProxmoxSimulator({
      speed: 50,
      unauthorizedDelayMs: 0,
      users: [{ userid: "ops@pve" }],
      tokens: [
        { tokenid: "ops@pve!sep", secret: "s" },
        { tokenid: "ops@pve!full", secret: "f", privsep: false },
        { tokenid: "ops@pve!old", secret: "o", expire: 1000 },
      ],
      acls: [
        { path: "/vms", ugid: "ops@pve", role: "PVEVMAdmin" },
        { path: "/vms/102", ugid: "ops@pve", role: "PVEAuditor" },
        { path: "/vms/101", ugid: "ops@pve!sep", role: "PVEAuditor" },
        { path: "/storage", ugid: "ops@pve", role: "PVEDatastoreUser" },
        { path: "/sdn", ugid: "ops@pve", role: "PVESDNUser", propagate: false },
      ],
      datacenter: { "user-tag-access": "user-allow=list,user-allow-list=lab" },
      guests: [{ vmid: 101, running: true }, { vmid: 102 }, { vmid: 103 }],
    });
  });

  after(() => simulator.stop());

  const full = { token: "ops@pve!full=f" };
  const put = (vmid: number, params: object, token = full.token): ReturnType<typeof callApi> =>
    callApi(simulator, "PUT", `/nodes/pve1/lxc/${String(vmid)}/config`, { params: { ...params }, token });
  const config = async (vmid: number): Promise<Record<string, unknown>> =>
    (await callApi(simulator, "GET", `/nodes/pve1/lxc/${String(vmid)}/config`, full)).data as Record<string, unknown>;

  it("a separated token has only what both it and its user have", async () => {
    const token = "ops@pve!sep=s";
    expect((await callApi(simulator, "GET", "/access/permissions", { token })).data).to.deep.equal({
      "/vms/101": { "VM.Audit": 1, "VM.GuestAgent.Audit": 1 },
    });
    const lists = (await callApi(simulator, "GET", "/nodes/pve1/lxc", { token })).data as { vmid: number }[];
    expect(lists.map((guest) => guest.vmid)).to.deep.equal([101]);
    expect((await put(101, { onboot: 1 }, token)).status).to.equal(403);
  });

  it("a role at a closer path replaces the inherited one, and one that does not propagate stays at its path", async () => {
    expect((await put(102, { onboot: 1 })).status).to.equal(403);
    expect((await put(103, { onboot: 1 })).status).to.equal(200);
    const params = { vmid: 150, ostemplate: TEMPLATE, rootfs: "local-zfs:1", net0: "name=eth0,bridge=vmbr0" };
    const answer = await callApi(simulator, "POST", "/nodes/pve1/lxc", { ...full, params });
    expect(answer.reason).to.equal("Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)");
  });

  it("an expired token is refused, a token cannot log in", async () => {
    expect((await callApi(simulator, "GET", "/version", { token: "ops@pve!old=o" })).reason).to.equal(
      "Authentication failed!",
    );
    const login = await callApi(simulator, "POST", "/access/ticket", {
      ...full,
      params: { username: "a@pve", password: "b" },
    });
    expect([login.status, login.text.endsWith('\\n)\\n"}')]).to.deep.equal([403, true]);
  });

  it("only tags of the list may be set without Sys.Modify", async () => {
    expect((await put(103, { tags: "lab" })).status).to.equal(200);
    expect((await put(103, { tags: "lab;mine" })).reason).to.equal(
      "Permission check failed (/, Sys.Modify for modifying tag 'mine')",
    );
  });

  it("features but nesting, devices and bind mounts are for root@pam alone", async () => {
    const texts = [];
    for (const params of [{ features: "keyctl=1" }, { dev0: "/dev/fuse" }, { mp0: "/srv,mp=/srv" }])
      texts.push((await put(103, params)).reason);
    expect(texts).to.deep.equal([
      "Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)",
      "Permission check failed (configuring device passthrough is only allowed for root@pam)",
      "Permission check failed (mount point type bind is only allowed for root@pam)",
    ]);
  });

  it("refuses a stale digest and changes the digest with every change", async () => {
    const { digest } = await config(103);
    expect((await put(103, { memory: 600, digest })).status).to.equal(200);
    const stale = await put(103, { memory: 601, digest });
    expect(stale.reason).to.equal("detected modified configuration - file changed by other user? Try again.");
    expect(await config(103)).to.include({ memory: 600 });
  });

  it("makes up a MAC address where none is sent, and keeps one that is", async () => {
    await put(103, { onboot: 0 });
    await simulator.admin("PUT", "/acls", { acls: [{ path: "/sdn", ugid: "ops@pve", role: "PVESDNUser" }] });
    await put(103, { net0: "bridge=vmbr0,name=eth0,ip=dhcp" });
    const first = String((await config(103))["net0"]);
    expect(first).to.match(/^name=eth0,bridge=vmbr0,hwaddr=BC:24:11:[0-9A-F:]{8},ip=dhcp,type=veth$/);
    await put(103, { net0: first });
    expect((await config(103))["net0"]).to.equal(first);
  });

  it("writes volumes with their real name and size, and leaves a detached one as unused", async () => {
    const params = { vmid: 151, ostemplate: TEMPLATE, rootfs: "local-zfs:0.5", mp0: "local-zfs:2,mp=/data,backup=1" };
    const created = await callApi(simulator, "POST", "/nodes/pve1/lxc", { ...full, params });
    expect(created.status).to.equal(200);
    const stored = await eventually(async () => {
      const found = await config(151);
      return found["rootfs"] === undefined ? undefined : found;
    });
    expect(stored).to.include({
      rootfs: "local-zfs:subvol-151-disk-0,size=512M",
      mp0: "local-zfs:subvol-151-disk-1,mp=/data,backup=1,size=2G",
    });
    expect((await put(151, { delete: "mp0" })).status).to.equal(200);
    expect(await config(151)).to.include({ unused0: "local-zfs:subvol-151-disk-1" });
  });
});
