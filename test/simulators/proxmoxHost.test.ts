import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { callApi, eventually, exitOf, insideOf, runTask, statusOf } from "./apiClient.ts";
import type { SimulatorOptions } from "./proxmox/options.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

interface Task {
  readonly type: string;
  readonly id: string;
  readonly user: string;
  readonly upid: string;
  readonly exit?: string;
}

const OPTIONS: SimulatorOptions = {
  speed: 50,
  hostRebootSeconds: 10,
  guests: [
    { vmid: 101, running: true, config: { onboot: 1, startup: "order=2" } },
    { vmid: 102, running: true, config: { onboot: 1, startup: "order=1" } },
    { vmid: 103, running: true },
    { vmid: 104, config: { onboot: 1, lock: "backup" } },
  ],
};

const tasksOf = async (simulator: RunningSimulator): Promise<Task[]> =>
  (await simulator.admin("GET", "/tasks")) as Task[];

const reachable = (simulator: RunningSimulator): Promise<boolean> =>
  callApi(simulator, "GET", "/version").then(
    () => true,
    () => false,
  );

const startall = (simulator: RunningSimulator): Promise<Task> =>
  eventually(async () =>
    (await tasksOf(simulator)).find((task) => task.type === "startall" && task.exit !== undefined),
  );

describe("the hosts of the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  beforeEach(async () => {
    simulator = await startProxmoxSimulator(OPTIONS);
  });

  afterEach(() => simulator.stop());

  it("a clean reboot stops the guests one by one, takes the API away, and starts what has onboot in its order", async () => {
    const before = (await callApi(simulator, "GET", "/nodes/pve1/status")).data as { uptime: number };
    await simulator.admin("POST", "/nodes/pve1/reboot", { how: "clean" });
    expect(await reachable(simulator)).to.equal(false);
    await eventually(async () => ((await reachable(simulator)) ? true : undefined));
    const all = await startall(simulator);
    const children = (await tasksOf(simulator)).filter((task) => task.user === "root@pam");
    expect(children.map((task) => `${task.type} ${task.id}`)).to.deep.equal([
      "stopall ",
      "vzshutdown 103",
      "vzshutdown 101",
      "vzshutdown 102",
      "startall ",
      "vzstart 102",
      "vzstart 101",
      "vzstart 104",
    ]);
    expect(all.user).to.equal("root@pam");
    expect((await statusOf(simulator, 103))["status"]).to.equal("stopped");
    expect((await statusOf(simulator, 104))["status"]).to.equal("running");
    const after = (await callApi(simulator, "GET", "/nodes/pve1/status")).data as { uptime: number };
    expect(after.uptime).to.be.lessThan(before.uptime).and.at.most(10);
  });

  it("a hard reboot leaves no stop task behind", async () => {
    await simulator.admin("POST", "/nodes/pve1/reboot", { how: "hard" });
    await eventually(async () => ((await reachable(simulator)) ? true : undefined));
    await startall(simulator);
    const types = (await tasksOf(simulator)).map((task) => task.type);
    expect(types).to.not.include("stopall").and.not.include("vzshutdown");
  });

  it("falls off the network while its guests run on", async () => {
    const { startedAt } = await insideOf(simulator, 103);
    await simulator.admin("POST", "/nodes/pve1/network", { online: false, how: "refuse" });
    expect(await reachable(simulator)).to.equal(false);
    await simulator.admin("POST", "/nodes/pve1/network", { online: true });
    expect(await reachable(simulator)).to.equal(true);
    expect((await insideOf(simulator, 103)).startedAt).to.equal(startedAt);
  });

  it("startall and stopall give their children the caller's user and start only what has onboot", async () => {
    await runTask(simulator, "POST", "/nodes/pve1/stopall");
    const running = async (): Promise<number[]> =>
      ((await simulator.admin("GET", "/guests")) as { vmid: number; running: boolean }[])
        .filter((guest) => guest.running)
        .map((guest) => guest.vmid);
    expect(await running()).to.deep.equal([]);
    expect(await runTask(simulator, "POST", "/nodes/pve1/startall")).to.equal("OK");
    expect(await running()).to.deep.equal([101, 102]);
    const users = new Set((await tasksOf(simulator)).map((task) => task.user));
    expect([...users]).to.deep.equal([simulator.tokenId]);
    const locked = (await tasksOf(simulator)).find((task) => task.type === "vzstart" && task.id === "104");
    expect(locked?.exit).to.equal("CT is locked (backup)");
  });

  it("a reboot asked for through the API comes a little later", async () => {
    await simulator.admin("PUT", "/acls", {
      roles: { Power: "Sys.PowerMgmt" },
      acls: [{ path: "/nodes", ugid: "p@pve!t", role: "Power" }],
    });
    await simulator.admin("PUT", "/tokens", { tokenid: "p@pve!t", secret: "s", privsep: false });
    await simulator.admin("PUT", "/acls", { acls: [{ path: "/nodes", ugid: "p@pve", role: "Power" }] });
    const answer = await callApi(simulator, "POST", "/nodes/pve1/status", {
      params: { command: "reboot" },
      token: "p@pve!t=s",
    });
    expect([answer.status, answer.data]).to.deep.equal([200, null]);
    await eventually(async () => ((await reachable(simulator)) ? undefined : true));
    await startall(simulator);
  });

  it("HA takes over starting and stopping, and starts again what stops by itself", async () => {
    await simulator.admin("PUT", "/acls", { acls: [{ path: "/", ugid: "root@pam", role: "Administrator" }] });
    const login = await callApi(simulator, "POST", "/access/ticket", {
      token: null,
      params: { username: "root@pam", password: "proxmox" },
    });
    const session = login.data as { ticket: string; CSRFPreventionToken: string };
    const headers = {
      Cookie: `PVEAuthCookie=${encodeURIComponent(session.ticket)}`,
      CSRFPreventionToken: session.CSRFPreventionToken,
    };
    const added = await callApi(simulator, "POST", "/cluster/ha/resources", {
      token: null,
      headers,
      params: { sid: "ct:103", state: "started" },
    });
    expect(added.status).to.equal(200);
    expect((await statusOf(simulator, 103))["ha"]).to.deep.equal({ managed: 1, state: "started" });
    await simulator.admin("POST", "/guests/103/poweroff");
    await eventually(async () => ((await statusOf(simulator, 103))["status"] === "running" ? true : undefined));
    const upid = String((await callApi(simulator, "POST", "/nodes/pve1/lxc/103/status/shutdown")).data);
    expect(upid).to.include(":hastop:103:");
    expect(await exitOf(simulator, upid)).to.equal("OK");
    await eventually(async () => ((await statusOf(simulator, 103))["status"] === "stopped" ? true : undefined));
    const byHa = (await tasksOf(simulator))
      .filter((task) => task.id === "103" && task.user === "root@pam")
      .map((task) => task.type);
    expect(byHa).to.deep.equal(["vzstart", "vzshutdown"]);
  });
});

describe("the state of the Proxmox VE simulator", () => {
  it("survives a SIGKILL: guests run on at the same address, a running task ended without a result", async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), "simulator-state-"));
    const options: SimulatorOptions = {
      stateDirectory,
      taskSeconds: { vzcreate: 60 },
      guests: [{ vmid: 101, running: true, services: [{ port: 7000, protocol: "tcp" }] }],
    };
    const first = await startProxmoxSimulator(options);
    const before = await insideOf(first, 101);
    await callApi(first, "PUT", "/nodes/pve1/lxc/101/config", { params: { tags: "kept" } });
    const params = {
      vmid: 102,
      ostemplate: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
      rootfs: "local-zfs:1",
    };
    const upid = String((await callApi(first, "POST", "/nodes/pve1/lxc", { params })).data);
    await first.kill();

    const second = await startProxmoxSimulator(options);
    const after = await eventually(async () => {
      const guest = await insideOf(second, 101);
      return guest.serving.length === 1 ? guest : undefined;
    });
    expect([after.address, after.startedAt]).to.deep.equal([before.address, before.startedAt]);
    expect(second.fingerprint).to.equal(first.fingerprint);
    const config = (await callApi(second, "GET", "/nodes/pve1/lxc/101/config")).data as { tags: string };
    expect(config.tags).to.equal("kept");
    expect(await exitOf(second, upid)).to.equal("unexpected status");
    expect((await callApi(second, "GET", "/nodes/pve1/lxc/102/config")).data).to.include({ lock: "create" });
    await second.stop();
    rmSync(stateDirectory, { recursive: true });
  });

  it("does not outlive a test process that is killed", async () => {
    const start = new URL("proxmox/startProxmoxSimulator.ts", import.meta.url).href;
    const script = `const { startProxmoxSimulator } = await import(${JSON.stringify(start)}); console.log((await startProxmoxSimulator()).pid);`;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [first] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
    parent.kill("SIGKILL");
    const isGone = (): boolean => {
      try {
        return !process.kill(Number(first), 0);
      } catch {
        return true;
      }
    };
    expect(await eventually(() => Promise.resolve(isGone() ? "gone" : undefined))).to.equal("gone");
  });
});
