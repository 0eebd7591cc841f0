import { expect } from "chai";
import { ProviderError } from "../../../controller/base/outcome.ts";
import { keysIn } from "../../../controller/plan/guests/driftAuthor.ts";
import type { GuestRef, ProxmoxPort } from "../../../controller/providers/port.ts";
import { callApi } from "../../simulators/apiClient.ts";
import type { RunningSimulator } from "../../simulators/proxmox/startProxmoxSimulator.ts";
import { startProxmoxSimulator } from "../../simulators/proxmox/startProxmoxSimulator.ts";
import { errorOf } from "./host.ts";
import { accessLog, connectTo, until } from "./simulated.ts";

const signal = new AbortController().signal;
const web: GuestRef = { type: "lxc", node: "pve1", vmid: 601 };
const db: GuestRef = { type: "lxc", node: "pve1", vmid: 602 };

/** What happens to a connection when things go wrong, over real HTTPS. */
describe("a Proxmox connection in trouble", function () {
  this.timeout(40_000);
  let simulator: RunningSimulator;
  let port: ProxmoxPort;

  const begin = async (options: Parameters<typeof startProxmoxSimulator>[0] = {}): Promise<void> => {
    const guests = [
      { vmid: 601, name: "web", running: true, config: { onboot: 1 } },
      { vmid: 602, name: "db", running: false },
    ];
    simulator = await startProxmoxSimulator({ speed: 20, guests, ...options });
    port = connectTo(simulator);
    await until("the first look", () => port.reach().is === "reachable");
  };
  const fault = (method: string, path: string, effect: object, count = 1): Promise<unknown> =>
    simulator.admin("POST", "/faults", { method, path, count, effect });
  const starts = async (): Promise<number> =>
    (await accessLog(simulator)).filter((one) => one.method === "POST" && one.path.endsWith("/status/start")).length;

  afterEach(async () => {
    port.close();
    await simulator.stop();
  });

  it("A2: an answer lost after the effect is an unknown outcome, sent once, and the task can be found", async () => {
    await begin();
    await fault("POST", "status/start$", { kind: "reset", when: "after" });
    expect(await errorOf(port.start(db, signal))).to.include({ kind: "outcomeUnknown", status: 0 });
    expect(await starts()).to.equal(1);
    await until("it runs", async () => (await port.readGuest(db, signal)).power === "Running");
    const tasks = await port.tasks("pve1", { vmid: 602 }, signal);
    expect(tasks.filter((task) => task.type === "vzstart" && task.user === port.identity)).to.have.length(1);
  });

  it("I4: the log of a change that somebody posted says which keys of a VM it wrote", async () => {
    await begin({ guests: [{ type: "qemu", vmid: 701, name: "vm", running: false }] });
    const change = { params: { cores: 3, description: "by hand" } };
    const { data } = await callApi(simulator, "POST", "/nodes/pve1/qemu/701/config", change);
    await until("it ended", async () => (await port.taskState(String(data), signal)).is === "ended");
    const [task] = await port.tasks("pve1", { vmid: 701 }, signal);
    expect(task).to.include({ type: "qmconfig", upid: data });
    expect(keysIn(await port.taskLog(String(data), signal))).to.have.members(["cores", "description"]);
  });

  it("A2: a reset before the effect is an unknown outcome too, and nothing started", async () => {
    await begin();
    await fault("POST", "status/start$", { kind: "reset", when: "before" });
    expect(await errorOf(port.start(db, signal))).to.include({ kind: "outcomeUnknown" });
    expect(await port.tasks("pve1", { vmid: 602 }, signal)).to.deep.equal([]);
  });

  it("A2: 596 while the daemon goes on is an unknown outcome", async () => {
    await begin();
    await fault("POST", "status/start$", { kind: "status", status: 596, text: "Connection timed out", after: true });
    expect(await errorOf(port.start(db, signal))).to.include({ kind: "outcomeUnknown", status: 596 });
    await until("it runs", async () => (await port.readGuest(db, signal)).power === "Running");
  });

  it("a server that closes idle connections before the next look is no failure", async () => {
    await begin({ idleMs: 200 });
    const failed: string[] = [];
    const leave = port.onChange(() => failed.push(port.reach().is));
    await until("five looks", () => failed.length >= 5);
    leave();
    expect(new Set(failed)).to.deep.equal(new Set(["reachable"]));
    expect((await accessLog(simulator)).every((one) => one.status === 200)).to.equal(true);
  });

  it("O3: from a failed look on no mutation is sent, until a look succeeds", async () => {
    await begin();
    await fault("GET", "^/cluster/resources$", { kind: "reset", when: "before" }, 3);
    port.hurry();
    await until("a refusal", async () => {
      const error = await errorOf(port.start(web, signal));
      return error instanceof ProviderError && error.kind === "unreachable";
    });
    const sent = await starts();
    await errorOf(port.start(web, signal));
    expect(await starts()).to.equal(sent);
    await until("it is sure again", async () => {
      const error = await errorOf(port.start(web, signal));
      return error instanceof ProviderError && error.kind === "busy";
    });
    expect(port.reach().is).to.equal("reachable");
  });

  it("A7: after a revoked token one request is answered 401 and nothing more is sent", async () => {
    await begin({ unauthorizedDelayMs: 50 });
    await simulator.admin("DELETE", `/tokens/${encodeURIComponent(simulator.tokenId)}`);
    await until("it is seen", () => port.reach().is === "unauthorized");
    const refused = async (): Promise<number> =>
      (await accessLog(simulator)).filter((one) => one.status === 401).length;
    const once = await refused();
    expect(once).to.equal(1);
    for (let times = 0; times < 3; times += 1) {
      expect(await errorOf(port.readGuest(web, signal))).to.include({ kind: "unauthorized", status: 401 });
      port.hurry();
    }
    expect(await refused()).to.equal(once);
    const reach = port.reach();
    expect(reach.is === "unauthorized" && reach.nextTryTime > Date.now()).to.equal(true);
  });

  it("a certificate that expired is untrusted, and good again with the next", async () => {
    await begin();
    await simulator.admin("PUT", "/certificate", { which: "expired" });
    port.close();
    port = connectTo(simulator);
    await until("it is seen", () => port.reach().is === "untrusted");
    await simulator.admin("PUT", "/certificate", { which: "good" });
    await until("it is good again", () => port.reach().is === "reachable");
  });

  it("A7: a lost privilege is named with its path", async () => {
    await begin();
    await simulator.admin("PUT", "/acls", {
      roles: { Reader: "VM.Audit Sys.Audit" },
      acls: [
        { path: "/", ugid: simulator.tokenId, role: "Reader" },
        { path: "/", ugid: simulator.tokenId.split("!")[0], role: "Reader" },
      ],
      replace: true,
    });
    const error = await errorOf(port.start(db, signal));
    expect(error).to.include({ kind: "permission", status: 403 });
    expect(error.message).to.contain("VM.PowerMgmt").and.to.contain("/vms/602");
    expect((await port.permissions(signal)).get("/")?.has("VM.PowerMgmt")).to.equal(false);
  });

  it("O4: a guest that may no longer be seen leaves the list, and its vmid is taken", async () => {
    await begin();
    const user = simulator.tokenId.split("!")[0];
    await simulator.admin("PUT", "/acls", {
      roles: { Reader: "VM.Audit" },
      acls: [
        { path: "/vms/601", ugid: simulator.tokenId, role: "Reader" },
        { path: "/vms/601", ugid: user, role: "Reader" },
      ],
      replace: true,
    });
    await until("it left", () => port.seen()?.guests.has(602) === false);
    expect(port.seen()?.guests.has(601)).to.equal(true);
    expect(await port.proveAbsence(602, signal)).to.equal("taken");
    expect(await port.proveAbsence(699, signal)).to.equal("absent");
    expect(await errorOf(port.readConfig(db, signal))).to.include({ kind: "permission" });
    expect(port.seen()?.nodes.get("pve1")).to.include({ online: true });
  });

  it("L7: a reboot of the host is seen by its uptime, and the node task that starts its guests is seen too", async () => {
    const slow = { running: true, config: { onboot: 1, startup: "order=1,up=20" } };
    const last = { running: true, config: { onboot: 1, startup: "order=2" } };
    const down = { vmid: 602, name: "db", running: true };
    await begin({
      speed: 4,
      guests: [{ vmid: 601, name: "web", ...slow }, { vmid: 603, name: "late", ...last }, down],
    });
    const before = port.seen()?.nodes.get("pve1");
    const nodeTasks = new Set<string>();
    const leave = port.onChange(() => {
      for (const task of port.seen()?.nodeTasks.values() ?? []) nodeTasks.add(task.type);
    });
    port.keepBusy("test", true);
    await simulator.admin("POST", "/nodes/pve1/reboot", { how: "clean", seconds: 8 });
    await until("the reboot is seen", () => port.seen()?.nodes.get("pve1")?.rebooted === true);
    const after = port.seen()?.nodes.get("pve1");
    expect(after?.bootTime).to.be.above(before?.bootTime ?? Infinity);
    await until("its guest started", () => port.seen()?.guests.get(601)?.power === "Running");
    leave();
    expect(port.seen()?.guests.get(602)?.power).to.equal("Stopped");
    expect([...nodeTasks]).to.include("startall");
  });
});
