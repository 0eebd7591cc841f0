import { expect } from "chai";
import { ProviderError } from "../../../controller/base/outcome.ts";
import type { ClusterSeen, TaskSeen } from "../../../controller/providers/port.ts";
import type { Engine } from "../../../controller/providers/proxmox/engine.ts";
import { Look } from "../../../controller/providers/proxmox/look.ts";
import { Starts } from "../../../controller/providers/proxmox/starts.ts";
import { FakeClock } from "../../fakes/clock.ts";
import type { Answer, Host } from "./host.ts";
import { data, engineTo, errorOf, refusal, startHost } from "./host.ts";

const never = new AbortController().signal;
const node = (name: string, status = "online"): object => ({ id: `node/${name}`, node: name, type: "node", status });
const listed = (vmid: number, at: string, more: object = {}): object => ({
  id: `lxc/${String(vmid)}`,
  type: "lxc",
  vmid,
  node: at,
  status: "running",
  ...more,
});
const upid = (type: string): string => `UPID:pve1:0001F2A3:00B4C5D6:69230A1B:${type}::root@pam:`;

/** A cluster whose answers are a table of paths; what is not in it is an empty list. */
describe("one look at a cluster", () => {
  let host: Host;
  let engine: Engine;
  let look: Look;
  let clock: FakeClock;
  let answers: Record<string, Answer>;
  let before: ClusterSeen | undefined;

  beforeEach(async () => {
    clock = new FakeClock();
    answers = {
      "/cluster/resources": data([node("pve1"), { type: "storage", id: "storage/pve1/local", status: "available" }]),
      "/version": data({ version: "9.1.6" }),
      "/nodes/pve1/status": data({ uptime: 500, pveversion: "pve-manager/9.1.6/71482d18" }),
    };
    host = await startHost((request, response) => {
      const path = (request.url ?? "").replace("/api2/json", "").split("?")[0] ?? "";
      (answers[path] ?? data([]))(request, response);
    });
    engine = engineTo([host.endpoint], {}, { clock });
    look = new Look(engine, clock, new Starts());
    before = undefined;
  });

  afterEach(async () => {
    engine.close();
    await host.close();
  });

  const next = async (): Promise<ClusterSeen> => {
    host.arrived.length = 0;
    before = await look.look(before, never);
    return before;
  };

  it("O1: costs four requests on one node, whatever the number of guests", async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ vmid: 1000 + index, status: "running", uptime: 9 }));
    answers["/nodes/pve1/lxc"] = data(many);
    await next();
    const seen = await next();
    expect(seen.guests.size).to.equal(300);
    expect(host.arrived.toSorted()).to.deep.equal([
      "GET /cluster/resources",
      "GET /nodes/pve1/lxc",
      "GET /nodes/pve1/qemu",
      "GET /nodes/pve1/status",
    ]);
  });

  it("reads numbers and text alike", async () => {
    answers["/nodes/pve1/lxc"] = data([{ vmid: "601", status: "running", uptime: "30", name: "web", tags: "b;A" }]);
    answers["/nodes/pve1/qemu"] = data([{ vmid: 701, status: "stopped", name: "vm", template: 1, lock: "backup" }]);
    const seen = await next();
    expect(seen.guests.get(601)).to.deep.include({ type: "lxc", power: "Running", name: "web", tags: ["a", "b"] });
    expect(seen.guests.get(701)).to.include({ type: "qemu", power: "Stopped", template: true, lock: "backup" });
    expect(seen.nodes.get("pve1")).to.include({ online: true, version: "9.1.6" });
    expect(seen.version).to.equal("9.1.6");
  });

  it("O2: each guest carries the number of the request that saw it, all at least that of the look", async () => {
    answers["/nodes/pve1/lxc"] = data([{ vmid: 601, status: "running" }]);
    const mark = engine.mark();
    const seen = await next();
    expect(seen.sequence).to.equal(mark);
    expect(seen.guests.get(601)?.sequence).to.be.above(mark);
    expect(engine.mark()).to.be.above(seen.guests.get(601)?.sequence ?? Infinity);
  });

  it("O3: guests of an offline node are Unknown although the list still says running", async () => {
    answers["/cluster/resources"] = data([
      node("pve1"),
      node("pve2", "offline"),
      listed(602, "pve2", { name: "db", tags: "hl.lab.db", uptime: 9 }),
    ]);
    const seen = await next();
    expect(seen.nodes.get("pve2")).to.deep.equal({ name: "pve2", online: false, rebooted: false });
    expect(seen.guests.get(602)).to.deep.include({ name: "db", power: "Unknown", tags: ["hl.lab.db"], node: "pve2" });
    expect(seen.guests.get(602)).to.not.have.property("startTime");
    expect(host.arrived.some((line) => line.includes("/nodes/pve2/"))).to.equal(false);
  });

  it("O3: what only the stale list shows on a live node is Unknown, not what that list says", async () => {
    answers["/cluster/resources"] = data([node("pve1"), listed(603, "pve1")]);
    expect((await next()).guests.get(603)?.power).to.equal("Unknown");
  });

  it("O3: a node that does not answer keeps its last view for two looks and ten seconds", async () => {
    answers["/cluster/resources"] = data([node("pve1"), node("pve2"), listed(602, "pve2")]);
    answers["/nodes/pve2/lxc"] = data([{ vmid: 602, status: "running", uptime: 5 }]);
    const good = (await next()).guests.get(602);
    answers["/nodes/pve2/lxc"] = refusal(595, "No route to host", false);
    expect((await next()).guests.get(602)).to.deep.equal(good);
    await clock.advance(9_000);
    expect((await next()).nodes.get("pve2")?.online).to.equal(true);
    await clock.advance(1_000);
    const lost = await next();
    expect(lost.nodes.get("pve2")?.online).to.equal(false);
    expect(lost.guests.get(602)?.power).to.equal("Unknown");
  });

  it("O3: the look fails when the only node does not answer", async () => {
    answers["/nodes/pve1/lxc"] = refusal(596, "Connection timed out", false);
    expect(await errorOf(next()))
      .to.be.instanceOf(ProviderError)
      .and.include({ kind: "unreachable" });
  });

  it("tolerates a token that may not see the node's status", async () => {
    answers["/nodes/pve1/status"] = refusal(403, "Permission check failed (/nodes/pve1, Sys.Audit)");
    answers["/nodes/pve1/lxc"] = data([{ vmid: 601, status: "running", uptime: 30 }]);
    const seen = await next();
    expect(seen.nodes.get("pve1")).to.deep.equal({ name: "pve1", online: true, rebooted: false });
    expect(seen.guests.get(601)?.power).to.equal("Running");
  });

  it("a guest that was seen down has a new start time, however soon it runs again", async () => {
    const guest = (status: string, uptime: number): Answer => data([{ vmid: 601, status, uptime }]);
    answers["/nodes/pve1/lxc"] = guest("running", 4);
    const first = (await next()).guests.get(601)?.startTime ?? Infinity;
    expect((await next()).guests.get(601)?.startTime).to.equal(first);
    answers["/nodes/pve1/lxc"] = guest("stopped", 0);
    expect((await next()).guests.get(601)).to.not.have.property("startTime");
    answers["/nodes/pve1/lxc"] = guest("running", 0);
    expect((await next()).guests.get(601)?.startTime).to.be.at.least(first + 4_000);
  });

  it("takes the HA state from the cluster's list", async () => {
    answers["/cluster/resources"] = data([node("pve1"), listed(601, "pve1", { hastate: "started" })]);
    answers["/nodes/pve1/lxc"] = data([{ vmid: 601, status: "running", uptime: 30 }]);
    expect((await next()).guests.get(601)).to.include({ ha: "started", power: "Running" });
  });

  it("A4: reads running tasks when a guest changed power, and then with each look while a node task runs", async () => {
    const asked = (): boolean => host.arrived.some((line) => line.startsWith("GET /nodes/pve1/tasks"));
    const guest = (status: string): Answer => data([{ vmid: 601, status, uptime: 5 }]);
    const task = { upid: upid("stopall"), user: "root@pam", starttime: 1763904027, status: "RUNNING" };
    const running = (seen: ClusterSeen): TaskSeen | undefined => seen.nodeTasks.get("pve1");
    answers["/nodes/pve1/lxc"] = guest("running");
    await next();
    expect(asked()).to.equal(true);
    await next();
    expect(asked()).to.equal(false);
    answers["/nodes/pve1/lxc"] = guest("stopped");
    answers["/nodes/pve1/tasks"] = data([task]);
    expect(running(await next())).to.include({ type: "stopall", id: "", user: "root@pam", node: "pve1" });
    expect(running(await next())?.upid).to.equal(task.upid);
    answers["/nodes/pve1/tasks"] = data([{ ...task, status: "OK", endtime: 1763904030 }]);
    expect(running(await next())).to.equal(undefined);
    expect(asked()).to.equal(true);
    await next();
    expect(asked()).to.equal(false);
    look.watchTasks("pve1");
    await next();
    expect(asked()).to.equal(true);
  });
});
