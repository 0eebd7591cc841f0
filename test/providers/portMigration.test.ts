import { expect } from "chai";
import { silentLog } from "../../controller/base/log.ts";
import type { GuestRef, ProxmoxPort } from "../../controller/providers/port.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeProxmox } from "../fakes/proxmox.ts";
import { startProxmoxSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";
import { refusalOf, signal } from "./portLab.ts";
import { connectTo, until } from "./proxmox/simulated.ts";

/** Two nodes; on pve1 container 601 runs, container 602 is stopped and VM 700 runs. */
interface Bench {
  readonly port: ProxmoxPort;
  readonly until: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
  readonly close: () => Promise<void>;
}

function inMemory(): Promise<Bench> {
  const clock = new FakeClock();
  const world = new FakeProxmox(clock, ["pve1", "pve2"]);
  world.add({ vmid: 601, name: "web", power: "Running" });
  world.add({ vmid: 602, name: "db" });
  world.add({ vmid: 700, name: "vm", type: "qemu", power: "Running" });
  const port = world.port({ log: silentLog });
  return Promise.resolve({
    port,
    until: async (what, condition) => {
      for (let waited = 0; waited <= 60_000; waited += 250) {
        if (await condition()) return;
        await clock.advance(250);
      }
      throw new Error(`not within a minute: ${what}`);
    },
    close: () => {
      port.close();
      return Promise.resolve();
    },
  });
}

async function onTheSimulator(): Promise<Bench> {
  const simulator = await startProxmoxSimulator({
    speed: 20,
    nodes: ["pve1", "pve2"],
    guests: [
      { vmid: 601, name: "web", running: true },
      { vmid: 602, name: "db", running: false },
      { vmid: 700, name: "vm", type: "qemu", running: true, config: { scsi0: "local-zfs:vm-700-disk-0,size=8G" } },
    ],
  });
  const port = connectTo(simulator, {}, {});
  return {
    port,
    until,
    close: async () => {
      port.close();
      await simulator.stop();
    },
  };
}

function suite(name: string, build: () => Promise<Bench>): void {
  describe(`how a Proxmox connection migrates (${name})`, function () {
    this.timeout(30_000);
    let bench: Bench;
    beforeEach(async () => {
      bench = await build();
      await bench.until("the first look", () => bench.port.seen() !== undefined);
    });
    afterEach(() => bench.close());

    const ref = (vmid: number): GuestRef => ({ type: vmid === 700 ? "qemu" : "lxc", node: "pve1", vmid });

    async function moved(vmid: number, online: boolean): Promise<string> {
      const upid = await bench.port.migrate(ref(vmid), { target: "pve2", online }, signal);
      let exit = "";
      await bench.until("the end", async () => {
        const state = await bench.port.taskState(upid, signal);
        if (state.is === "ended") exit = state.exit;
        return state.is !== "running";
      });
      return exit;
    }

    it("moves a stopped container, and shows it on the other node from then on", async () => {
      expect(await bench.port.migrationObstacles(ref(602), "pve2", signal)).to.deep.equal([]);
      expect(await moved(602, false)).to.equal("OK");
      expect((await bench.port.readGuest({ ...ref(602), node: "pve2" }, signal)).power).to.equal("Stopped");
      expect(await refusalOf(bench.port.readGuest(ref(602), signal))).to.include({ kind: "missing" });
      bench.port.hurry();
      await bench.until("listed", () => bench.port.seen()?.guests.get(602)?.node === "pve2");
    });

    it("moves a VM while it runs", async () => {
      expect(await bench.port.migrationObstacles(ref(700), "pve2", signal)).to.deep.equal([]);
      expect(await moved(700, true)).to.equal("OK");
      expect((await bench.port.readGuest({ ...ref(700), node: "pve2" }, signal)).power).to.equal("Running");
    });

    it("A9: refuses a container that runs, and leaves it running", async () => {
      const call = bench.port.migrate(ref(601), { target: "pve2", online: false }, signal);
      expect(await refusalOf(call)).to.include({ kind: "busy" });
      expect((await bench.port.readGuest(ref(601), signal)).power).to.equal("Running");
    });

    it("A7: a VM that runs is not moved with a snapshot of its local disk: that is foreseen, and refused", async () => {
      const wish = { name: "before", description: "", memory: false };
      const upid = await bench.port.createSnapshot(ref(700), wish, signal);
      await bench.until("made", async () => (await bench.port.taskState(upid, signal)).is === "ended");
      const [obstacle = ""] = await bench.port.migrationObstacles(ref(700), "pve2", signal);
      expect(obstacle).to.include("a VM that runs on local disks is not moved with snapshots (before)");
      expect(await moved(700, true)).to.equal("migration aborted");
      expect((await bench.port.readGuest(ref(700), signal)).power).to.equal("Running");
    });

    it("A7: a node that does not exist is an obstacle, and the call is refused", async () => {
      expect(await bench.port.migrationObstacles(ref(602), "pve9", signal)).to.deep.equal([
        "node pve9 is not in the cluster",
      ]);
      const call = bench.port.migrate(ref(602), { target: "pve9", online: false }, signal);
      expect(await refusalOf(call)).to.include({ kind: "spec" });
    });
  });
}

suite("in memory", inMemory);
suite("on the simulator", onTheSimulator);
