import { expect } from "chai";
import { callApi, eventually, exitOf, runTask, statusOf } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

describe("tasks and locks of the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  before(async () => {
    simulator = await startProxmoxSimulator({
      speed: 20,
      broadcastSeconds: 4000,
      guests: [101, 102, 103, 104, 105, 106].map((vmid) => ({ vmid })),
    });
  });

  after(() => simulator.stop());

  const start = (vmid: number): string => `/nodes/pve1/lxc/${String(vmid)}/status/start`;

  it("answers a start with a UPID at once and runs it afterwards", async () => {
    await simulator.admin("PUT", "/tasks/hold", { types: ["vzstart"] });
    const answer = await callApi(simulator, "POST", start(101));
    expect(answer.data).to.match(
      /^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:vzstart:101:homelab@pve!controller:$/,
    );
    expect((await statusOf(simulator, 101))["status"]).to.equal("stopped");
    await simulator.admin("PUT", "/tasks/hold", { types: [] });
    expect(await exitOf(simulator, String(answer.data))).to.equal("OK");
    expect((await statusOf(simulator, 101))["status"]).to.equal("running");
  });

  it("accepts three starts at once: one starts, the others wait for the file lock and find it running", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => callApi(simulator, "POST", start(102))));
    expect(answers.map((answer) => answer.status)).to.deep.equal([200, 200, 200]);
    const upids = answers.map((answer) => String(answer.data));
    expect(await Promise.all(upids.map((upid) => exitOf(simulator, upid)))).to.deep.equal(["OK", "OK", "OK"]);
    const events = (await simulator.admin("GET", "/events")) as { vmid: number; what: string }[];
    expect(events.filter((event) => event.vmid === 102 && event.what === "started")).to.have.length(1);
    expect((await callApi(simulator, "POST", start(102))).reason).to.equal("CT 102 already running");
  });

  it("lets a waiting task fail when the lock is held too long", async () => {
    await simulator.admin("PATCH", "/guests/103", { behaviour: { ignoreShutdown: true } });
    await runTask(simulator, "POST", start(103));
    const shutdown = await callApi(simulator, "POST", "/nodes/pve1/lxc/103/status/shutdown", {
      params: { timeout: 30 },
    });
    const stop = await callApi(simulator, "POST", "/nodes/pve1/lxc/103/status/stop");
    const put = await callApi(simulator, "PUT", "/nodes/pve1/lxc/103/config", { params: { memory: 300 } });
    const text = "can't lock file '/run/lock/lxc/pve-config-103.lock' - got timeout";
    expect([put.status, put.reason]).to.deep.equal([500, text]);
    expect(await exitOf(simulator, String(stop.data))).to.equal(text);
    expect(await exitOf(simulator, String(shutdown.data))).to.equal("container did not stop");
    expect(
      await runTask(simulator, "POST", "/nodes/pve1/lxc/103/status/stop", { params: { "overrule-shutdown": 1 } }),
    ).to.equal("OK");
  });

  it("lets one of three creations with the same vmid win", async () => {
    const params = {
      vmid: 120,
      ostemplate: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
      rootfs: "local-zfs:1",
    };
    const answers = await Promise.all([1, 2, 3].map(() => callApi(simulator, "POST", "/nodes/pve1/lxc", { params })));
    expect(answers.map((answer) => answer.status).sort()).to.deep.equal([200, 500, 500]);
    expect(answers.map((answer) => answer.reason)).to.include("CT 120 already exists on node 'pve1'");
  });

  it("shows a finished task in /status at once and in the archive only later", async () => {
    const upid = String((await callApi(simulator, "POST", start(104))).data);
    await exitOf(simulator, upid);
    const listed = async (): Promise<unknown[]> => {
      const { data } = await callApi(simulator, "GET", "/nodes/pve1/tasks", { params: { vmid: "104" } });
      return data as unknown[];
    };
    expect(await listed()).to.deep.equal([]);
    await simulator.admin("POST", "/broadcast");
    expect((await listed()).map((task) => (task as { upid: string }).upid)).to.deep.equal([upid]);
  });

  it("forgets a task whose log was pruned", async () => {
    const upid = String((await callApi(simulator, "POST", start(105))).data);
    await exitOf(simulator, upid);
    await simulator.admin("POST", "/tasks/prune");
    const answer = await callApi(simulator, "GET", `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`);
    expect([answer.status, answer.errors]).to.deep.equal([400, { upid: "no such task" }]);
  });

  it("refuses to work without quorum, and still reads", async () => {
    await simulator.admin("PUT", "/quorum", { quorate: false });
    expect((await callApi(simulator, "POST", start(106))).reason).to.equal("cluster not ready - no quorum?");
    expect((await callApi(simulator, "GET", "/nodes/pve1/lxc")).status).to.equal(200);
    await simulator.admin("PUT", "/quorum", { quorate: true });
  });

  it("keeps /cluster/resources as stale as its nodes are slow to publish", async () => {
    const status = async (): Promise<unknown> => {
      const { data } = await callApi(simulator, "GET", "/cluster/resources", { params: { type: "vm" } });
      return (data as { vmid: number; status: string }[]).find((guest) => guest.vmid === 106)?.status;
    };
    await simulator.admin("POST", "/broadcast");
    expect(await runTask(simulator, "POST", start(106))).to.equal("OK");
    expect(await status()).to.equal("stopped");
    await simulator.admin("POST", "/broadcast");
    expect(await status()).to.equal("running");
  });

  it("lists a guest that was just created at once, without name and with status unknown", async () => {
    const params = {
      vmid: 130,
      ostemplate: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
      rootfs: "local-zfs:1",
      hostname: "fresh",
    };
    expect(await runTask(simulator, "POST", "/nodes/pve1/lxc", { params })).to.equal("OK");
    const entry = await eventually(async () => {
      const { data } = await callApi(simulator, "GET", "/cluster/resources", { params: { type: "vm" } });
      return (data as { vmid: number; status: string; name?: string }[]).find((guest) => guest.vmid === 130);
    });
    expect([entry.status, entry.name]).to.deep.equal(["unknown", undefined]);
  });
});
