import { expect } from "chai";
import { callApi, eventually, exitOf, runTask, statusOf } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

const TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

describe("the faults of the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  beforeEach(async () => {
    simulator = await startProxmoxSimulator({
      speed: 50,
      unauthorizedDelayMs: 0,
      guests: [{ vmid: 101 }, { vmid: 102 }],
      nodes: ["pve1", "pve2"],
    });
  });

  afterEach(() => simulator.stop());

  const arm = (fault: object): Promise<unknown> => simulator.admin("POST", "/faults", fault);
  const start = (vmid: number): ReturnType<typeof callApi> =>
    callApi(simulator, "POST", `/nodes/pve1/lxc/${String(vmid)}/status/start`);
  const broken = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => "answered",
      (error: unknown) => (error as { code?: string }).code ?? "aborted",
    );

  it("answers a status instead of doing anything, as often as it is told", async () => {
    await arm({
      method: "POST",
      path: "status/start$",
      count: 1,
      effect: { kind: "status", status: 595, text: "No route to host" },
    });
    const first = await start(101);
    expect([first.status, first.reason, first.text]).to.deep.equal([595, "No route to host", ""]);
    expect(await simulator.admin("GET", "/tasks")).to.deep.equal([]);
    expect((await start(101)).status).to.equal(200);
  });

  it("does it all the same and answers 596 afterwards", async () => {
    await arm({
      path: "101/status/start$",
      effect: { kind: "status", status: 596, text: "Connection timed out", after: true },
    });
    expect((await start(101)).status).to.equal(596);
    await eventually(async () => ((await statusOf(simulator, 101))["status"] === "running" ? true : undefined));
  });

  it("cuts the connection before or after the effect", async () => {
    await arm({ path: "101/status/start$", effect: { kind: "reset", when: "before" } });
    await arm({ path: "102/status/start$", effect: { kind: "reset", when: "after" } });
    expect([await broken(start(101)), await broken(start(102))]).to.deep.equal(["ECONNRESET", "ECONNRESET"]);
    const tasks = (await simulator.admin("GET", "/tasks")) as { id: string }[];
    expect(tasks.map((task) => task.id)).to.deep.equal(["102"]);
  });

  it("cuts a body in half, or holds it back", async () => {
    await arm({ path: "^/version$", count: 1, effect: { kind: "halfBody" } });
    expect(await broken(callApi(simulator, "GET", "/version"))).to.equal("ECONNRESET");
    await arm({ path: "^/version$", count: 1, effect: { kind: "slowBody", ms: 120 } });
    const began = Date.now();
    expect((await callApi(simulator, "GET", "/version")).status).to.equal(200);
    expect(Date.now() - began).to.be.at.least(115);
  });

  it("lets some matching requests pass first, and can be disarmed", async () => {
    await arm({ path: "^/version$", skip: 1, effect: { kind: "status", status: 500, text: "boom" } });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await callApi(simulator, "GET", "/version")).status);
    expect(statuses).to.deep.equal([200, 500, 500]);
    await simulator.admin("DELETE", "/faults");
    expect((await callApi(simulator, "GET", "/version")).status).to.equal(200);
  });

  it("shows an expired certificate", async () => {
    await simulator.admin("PUT", "/certificate", { which: "expired" });
    expect(await broken(callApi(simulator, "GET", "/version"))).to.equal("CERT_HAS_EXPIRED");
    await simulator.admin("PUT", "/certificate", { which: "good" });
    expect((await callApi(simulator, "GET", "/version")).status).to.equal(200);
  });

  it("revokes a token, and takes a privilege away so that a guest silently leaves the lists", async () => {
    await simulator.admin("PUT", "/tokens", { tokenid: "a@pve!t", secret: "s", privsep: false });
    const token = "a@pve!t=s";
    await simulator.admin("PUT", "/acls", { acls: [{ path: "/vms", ugid: "a@pve", role: "PVEVMUser" }] });
    const seen = async (): Promise<number[]> =>
      ((await callApi(simulator, "GET", "/nodes/pve1/lxc", { token })).data as { vmid: number }[]).map(
        (guest) => guest.vmid,
      );
    expect(await seen()).to.deep.equal([101, 102]);
    await simulator.admin("PUT", "/acls", { acls: [{ path: "/vms/102", ugid: "a@pve", role: "NoAccess" }] });
    expect(await seen()).to.deep.equal([101]);
    expect((await callApi(simulator, "GET", "/nodes/pve1/lxc/102/config", { token })).reason).to.equal(
      "Permission check failed (/vms/102, VM.Audit)",
    );
    await simulator.admin("DELETE", "/tokens/a@pve!t");
    expect((await callApi(simulator, "GET", "/version", { token })).reason).to.equal("Authentication failed!");
  });

  it("runs out of space in the task of a creation and leaves nothing behind", async () => {
    await simulator.admin("PATCH", "/storages/local-zfs", { free: 0 });
    const params = { vmid: 150, ostemplate: TEMPLATE, rootfs: "local-zfs:8" };
    const exit = await runTask(simulator, "POST", "/nodes/pve1/lxc", { params });
    expect(exit).to.equal(
      "unable to create CT 150 - zfs error: cannot create 'rpool/data/subvol-150-disk-0': out of space",
    );
    expect((await callApi(simulator, "GET", "/cluster/nextid", { params: { vmid: "150" } })).data).to.equal("150");
  });

  it("lets a template vanish", async () => {
    await simulator.admin("PUT", "/templates", { volid: TEMPLATE, remove: true });
    const exit = await runTask(simulator, "POST", "/nodes/pve1/lxc", {
      params: { vmid: 150, ostemplate: TEMPLATE, rootfs: "local-zfs:8" },
    });
    expect(exit).to.equal(`unable to create CT 150 - volume '${TEMPLATE}' does not exist`);
  });

  it("holds a lock that no task owns", async () => {
    await simulator.admin("PATCH", "/guests/101", { lock: "backup" });
    const answer = await start(101);
    expect(await exitOf(simulator, String(answer.data))).to.equal("CT is locked (backup)");
    expect((await callApi(simulator, "PUT", "/nodes/pve1/lxc/101/config", { params: { tags: "x" } })).reason).to.equal(
      "CT is locked (backup)",
    );
  });

  it("takes another node offline: asked for it, this one says 595", async () => {
    await simulator.admin("POST", "/nodes/pve2/network", { online: false });
    const answer = await callApi(simulator, "GET", "/nodes/pve2/lxc");
    expect([answer.status, answer.reason]).to.deep.equal([595, "No route to host"]);
    const nodes = (await callApi(simulator, "GET", "/nodes")).data as { node: string; status: string }[];
    expect(nodes.map((node) => [node.node, node.status])).to.deep.equal([
      ["pve1", "online"],
      ["pve2", "offline"],
    ]);
  });

  it("puts the nodes' clocks wrong", async () => {
    await simulator.admin("PUT", "/clock", { skewSeconds: 3600 });
    const answer = await callApi(simulator, "GET", "/nodes/pve1/time");
    const ahead = (answer.data as { time: number }).time - Date.now() / 1000;
    expect(ahead).to.be.within(3590, 3610);
    expect(Date.parse(String(answer.headers["date"])) / 1000 - Date.now() / 1000).to.be.within(3590, 3610);
  });

  it("leaves the lock behind when the host dies in the middle of a creation", async () => {
    const params = { vmid: 150, ostemplate: TEMPLATE, rootfs: "local-zfs:8" };
    const answer = await callApi(simulator, "POST", "/nodes/pve1/lxc", { params });
    await simulator.admin("POST", "/nodes/pve1/reboot", { how: "hard", seconds: 1 });
    expect(await eventually(() => exitOf(simulator, String(answer.data)).catch(() => undefined))).to.equal(
      "unexpected status",
    );
    expect((await callApi(simulator, "GET", "/nodes/pve1/lxc/150/config")).data).to.include({ lock: "create" });
  });
});
