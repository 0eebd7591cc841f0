import { expect } from "chai";
import { callApi } from "../simulators/apiClient.ts";
import type { Behaviour } from "../simulators/proxmox/options.ts";
import { expectUntold, tasksOf, withFaults, withRunningLab } from "./faultBed.ts";
import { inParallel } from "./inParallel.ts";
import type { Bed } from "./labBed.ts";

const oneGuest = (behaviour: Behaviour): object => ({
  simulator: { guests: [{ vmid: 101, name: "db", bootSeconds: 3, ...behaviour }] },
});

async function stopDeclared(bed: Bed, powerState: "Stopped" | "Running"): Promise<void> {
  await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", JSON.stringify({ spec: { powerState } }));
}

describe("how tasks of Proxmox end", () => {
  const test = inParallel(5);

  test("A3: WARNINGS: 1 is success: the guest runs, nothing is told of a failure, nothing is repeated", () =>
    withFaults(oneGuest({ startEnds: "warning" }), async (bed) => {
      await bed.applyLab();
      await bed.untilAll("Settled");
      const [task] = await bed.host.tasks("vzstart");
      expect(task?.exit).to.equal("WARNINGS: 1");
      expectUntold(bed, /TaskFailed|BackingOff/);
      expect(await tasksOf(bed, "vzstart")).to.equal(1);
    }));

  test("A3: a start whose worker was killed after its effect ends with unexpected status: told, looked at, not repeated", () =>
    withFaults(oneGuest({ startEnds: "killed" }), async (bed) => {
      await bed.applyLab();
      await bed.untilTold(/^db event TaskFailed: Start failed: unexpected status$/);
      await bed.untilAll("Settled");
      expect(await tasksOf(bed, "vzstart")).to.equal(1);
    }));

  test("A3: a start whose worker was killed before its effect is told, and tried again after a pause", () =>
    withFaults(oneGuest({ startFails: "unexpected status" }), async (bed) => {
      await bed.applyLab();
      await bed.untilTold(/^db event TaskFailed: Start failed: unexpected status$/);
      await bed.untilTold(/^db Ready=False BackingOff: Start failed: unexpected status; it is tried again/);
      await bed.simulator.admin("PATCH", "/guests/101", { behaviour: { startFails: null } });
      await bed.untilAll("Settled");
    }));

  test("A3, A9: a shutdown whose worker is killed leaves the guest running; it is told, and asked again, never forced", () =>
    withRunningLab(oneGuest({ ignoreShutdown: true }), async (bed) => {
      await stopDeclared(bed, "Stopped");
      const task = await bed.untilHost("a shutdown", async () => (await bed.host.tasks("vzshutdown"))[0]);
      await callApi(bed.simulator, "DELETE", `/nodes/pve1/tasks/${encodeURIComponent(task.upid)}`);
      await bed.untilTold(/^db event TaskFailed: Shutdown failed: unexpected status$/);
      await bed.simulator.admin("PATCH", "/guests/101", { behaviour: { ignoreShutdown: false } });
      await bed.untilAll("Stopped");
      expect([await tasksOf(bed, "vzshutdown"), await tasksOf(bed, "vzstop")]).to.deep.equal([2, 0]);
      await stopDeclared(bed, "Running");
    }));

  test("A7: a storage that fills up while it is created is told with Proxmox's text, and nothing is left behind", () =>
    withFaults({ emptyHost: true }, async (bed) => {
      await bed.fault({ method: "POST", path: "/lxc$", count: 1, effect: { kind: "delay", ms: 4_000 } });
      await bed.applyLab();
      await bed.untilHost("the space was looked at, and the creation is on its way", async () =>
        (await bed.host.all()).find((call) => call.path === "/nodes/pve1/storage"),
      );
      await bed.simulator.admin("PATCH", "/storages/local-zfs", { free: 0 });
      await bed.untilTold(/^db event TaskFailed: Create failed: unable to create CT 101 - .*(out of space|no space)/i);
      await bed.untilTold(/^db Ready=False (StorageFull|BackingOff): /);
      await bed.simulator.admin("PATCH", "/storages/local-zfs", { free: 500_000_000_000 });
      await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"resources":{"cores":2}}}');
    }));
});
