import { expect } from "chai";
import { callApi } from "../simulators/apiClient.ts";
import { expectUntold, looks, tasksOf, withFaults, withRunningLab } from "./faultBed.ts";
import { inParallel } from "./inParallel.ts";
import { secret } from "./labObjects.ts";

const LOST = /Unreachable|HostUnreachable/;
const start = { method: "POST", path: "status/start$", count: 1 };
const creation = { method: "POST", path: "/lxc$", count: 1 };
const poll = { method: "GET", path: "^/cluster/resources$" };

describe("faults of the connection to Proxmox", () => {
  const test = inParallel(4);

  for (const [what, effect] of [
    ["cut off", { kind: "reset", when: "after" }],
    ["a 596", { kind: "status", status: 596, text: "Connection timed out", after: true }],
    ["half a body", { kind: "halfBody" }],
  ] as const) {
    test(`A2: a start that took effect and whose answer is ${what} is found by its task, not repeated`, () =>
      withFaults({}, async (bed) => {
        const fault = await bed.fault({ ...start, effect });
        await bed.applyLab();
        await bed.met(fault);
        await bed.untilTold(/^db Ready=False ProviderFailed: .* \(POST \/nodes\/pve1\/lxc\/101\/status\/start\)$/);
        await bed.untilAll("Settled");
        expect(await tasksOf(bed, "vzstart")).to.equal(1);
      }));
    test(`A2: a creation that took effect and whose answer is ${what} is found by its task, not repeated`, () =>
      withFaults({ emptyHost: true }, async (bed) => {
        const fault = await bed.fault({ ...creation, effect });
        await bed.applyLab();
        await bed.met(fault);
        await bed.untilTold(/^db Ready=False ProviderFailed: .* \(POST \/nodes\/pve1\/lxc\)$/);
        await bed.untilAll("Settled");
        expect(await tasksOf(bed, "vzcreate")).to.equal(1);
      }));
  }

  test("A2: a start cut off before it took effect is sent again once no task can have come of it", () =>
    withFaults({}, async (bed) => {
      const fault = await bed.fault({ ...start, effect: { kind: "reset", when: "before" } });
      await bed.applyLab();
      await bed.met(fault);
      await bed.untilTold(/^db Ready=False Starting: starting; looking for what became of the call$/);
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzstart")).to.equal(1);
    }));

  test("A2: a creation cut off before it took effect is sent again once no task can have come of it", () =>
    withFaults({ emptyHost: true }, async (bed) => {
      const fault = await bed.fault({ ...creation, effect: { kind: "reset", when: "before" } });
      await bed.applyLab();
      await bed.met(fault);
      await bed.untilTold(/^db Ready=False Creating: creating; looking for what became of the call$/);
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzcreate")).to.equal(1);
    }));

  for (const [what, effect] of [
    ["a 595", { kind: "status", status: 595, text: "No route to host" }],
    ["a 599", { kind: "status", status: 599, text: "Too many redirections" }],
    ["half a body", { kind: "halfBody" }],
    ["a body that takes 2 s", { kind: "slowBody", ms: 2_000 }],
  ] as const)
    test(`O3: ${what} to a look is nothing to tell, and nobody is taken for absent`, () =>
      withRunningLab({}, async (bed) => {
        const fault = await bed.fault({ method: "GET", path: "^/nodes/pve1/lxc$", count: 1, effect });
        await bed.met(fault);
        await looks(bed, 2);
        expectUntold(bed, LOST);
        expectUntold(bed, /Absent|Vanished|Missing/);
        expect((await bed.host.mutations()).filter((call) => call.path.endsWith("start"))).to.have.lengthOf(1);
      }));

  test("O3: pveproxy restarted, refusing for 2 s: nothing is said", () =>
    withRunningLab({}, async (bed) => {
      await bed.simulator.admin("POST", "/nodes/pve1/network", { online: false, how: "refuse" });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await bed.simulator.admin("POST", "/nodes/pve1/network", { online: true });
      await looks(bed, 2);
      expectUntold(bed, LOST);
      expectUntold(bed, /Unhealthy|ProbeFailing/);
    }));

  for (const [what, effect, message] of [
    ["595", { kind: "status", status: 595, text: "No route to host" }, /No route to host/],
    ["nothing", { kind: "silence", when: "before" }, /no answer within 8 s/],
    ["half bodies", { kind: "halfBody" }, /broke off|closed|aborted|terminated/],
  ] as const)
    test(`O3: a host that answers ${what} for long is HostUnreachable, its guests Unknown, and nothing is sent`, () =>
      withRunningLab({}, async (bed) => {
        const since = await bed.host.mark();
        await bed.fault({ ...poll, effect });
        await bed.simulator.admin("POST", "/guests/101/crash");
        await bed.untilTold(/^host Ready=Unknown HostUnreachable: /, 40);
        await bed.untilTold(/^host Reachable=False HostUnreachable: /);
        await bed.untilTold(/^db Ready=Unknown HostUnreachable: /);
        expect([...bed.told].find((line) => line.startsWith("host Ready=Unknown"))).to.match(message);
        expect(await bed.host.mutations(since)).to.deep.equal([]);
        expectUntold(bed, /^db event HostUnreachable/);
        await bed.simulator.admin("DELETE", "/faults");
        await bed.untilTold(/^host event /);
        await bed.until("it runs again", () => bed.scene.cluster?.status?.conditions?.[0] !== undefined);
        await bed.untilHost("the start", async () => ((await tasksOf(bed, "vzstart")) === 2 ? true : undefined));
      }));

  test("A7: an expired certificate is CertificateMismatch; nothing is sent to who shows it", () =>
    withRunningLab({}, async (bed) => {
      await bed.simulator.admin("PUT", "/certificate", { which: "expired" });
      await bed.untilTold(/^host Ready=False CertificateMismatch: .*expired/, 60);
      await bed.untilTold(/^host TLSVerified=False CertificateMismatch: /);
      await bed.untilTold(/^db Ready=False Connecting: /);
      const since = await bed.host.mark();
      await bed.simulator.admin("PUT", "/certificate", { which: "good" });
      await bed.untilAll("Settled");
      expect(await bed.host.mutations(since)).to.deep.equal([]);
    }));

  test(
    "A7: a revoked token is asked about once and then left alone; a new Secret heals it",
    () =>
      withRunningLab({ simulator: { unauthorizedDelayMs: 200 } }, async (bed) => {
        const { tokenId, tokenSecret } = bed.simulator;
        const since = await bed.host.mark();
        await bed.simulator.admin("DELETE", `/tokens/${encodeURIComponent(tokenId)}`);
        await bed.untilTold(/^host Ready=False Unauthorized: .*Correct Secret proxmox-token \(tokenId, tokenSecret\)/);
        await bed.untilTold(/^host Authorized=False Unauthorized: /);
        await bed.simulator.admin("PUT", "/tokens", { tokenid: "homelab@pve!next", secret: tokenSecret });
        const acl = (ugid: string): unknown => ({ path: "/", ugid, role: "HomelabController" });
        await bed.simulator.admin("PUT", "/acls", { acls: [acl("homelab@pve!next")] });
        await bed.apply(secret("proxmox-token", { tokenId: "homelab@pve!next", tokenSecret }));
        await bed.until(
          "authorized again",
          ({ cluster }) =>
            (cluster?.status?.conditions ?? []).some(({ type, status }) => type === "Authorized" && status === "True"),
          75,
        );
        const refused = (await bed.host.all(since)).filter((call) => call.status === 401);
        // What was in flight together when the first answer came, and one try after a minute.
        expect(refused.length).to.be.within(1, 6);
      }),
    150,
  );

  test("A3: a task that was killed is told with Proxmox's own words, and the start is tried again", () =>
    withFaults({ simulator: { taskSeconds: { vzstart: 30 } } }, async (bed) => {
      await bed.applyLab();
      const task = await bed.untilHost("a start", async () => (await bed.host.tasks("vzstart"))[0]);
      await callApi(bed.simulator, "DELETE", `/nodes/pve1/tasks/${encodeURIComponent(task.upid)}`);
      await bed.untilTold(/^db event TaskFailed: Start failed: received interrupt$/);
      await bed.untilTold(/^db Ready=False BackingOff: Start failed: received interrupt; it is tried again/);
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzstart")).to.equal(2);
    }));

  test("A3: a task that Proxmox has forgotten is said to be, and the guest itself is looked at", () =>
    withFaults({}, async (bed) => {
      const held = await bed.fault({
        path: "/tasks/UPID:[^/]+/status$",
        count: 1,
        effect: { kind: "delay", ms: 2_000 },
      });
      await bed.applyLab();
      await bed.met(held);
      await bed.untilHost("its end", async () => (await bed.host.tasks("vzstart")).find((task) => task.exit === "OK"));
      await bed.simulator.admin("POST", "/tasks/prune");
      await bed.untilTold(/^db event TaskFailed: Proxmox has forgotten task UPID:.*; looking at the guest itself$/);
      await bed.untilAll("Settled");
      expect((await bed.host.mutations()).filter((call) => call.path.endsWith("/start"))).to.have.lengthOf(1);
    }));
});
