import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { PortLab } from "./portLab.ts";
import { PortBench, container, refusalOf, signal } from "./portLab.ts";

/** Mutations and their tasks, the same for every implementation of `ProxmoxPort`. */
export function portMutationSuite(name: string, build: () => Promise<PortLab>): void {
  describe(`what a Proxmox connection does (${name})`, () => {
    const bench = new PortBench();
    beforeEach(() => bench.build(build));
    afterEach(() => bench.close());

    it("starts a stopped guest, follows the task to its end and sees it running from then on", async () => {
      await bench.ready();
      const upid = await bench.port.start(bench.ref(602), signal);
      expect(await bench.ended(upid)).to.equal("OK");
      const direct = await bench.port.readGuest(bench.ref(602), signal);
      expect(direct.power).to.equal("Running");
      bench.port.hurry();
      await bench.lab.until("it runs in the view", () => bench.seen(602)?.power === "Running");
      expect(Math.abs((bench.seen(602)?.startTime ?? 0) - (direct.startTime ?? Infinity))).to.be.at.most(5_000);
    });

    it("shuts a guest down gracefully", async () => {
      await bench.ready();
      const upid = await bench.port.shutdown(bench.ref(601), { timeoutSeconds: 30, force: false }, signal);
      expect(await bench.ended(upid)).to.equal("OK");
      expect((await bench.port.readGuest(bench.ref(601), signal)).power).to.equal("Stopped");
    });

    it("A7: starting what runs and shutting down what is stopped is `busy`", async () => {
      await bench.ready();
      expect(await refusalOf(bench.port.start(bench.ref(601), signal))).to.include({ kind: "busy", status: 500 });
      const down = bench.port.shutdown(bench.ref(602), { timeoutSeconds: 5, force: false }, signal);
      expect(await refusalOf(down)).to.include({ kind: "busy", status: 500 });
    });

    it("tasks: a running one has neither end nor exit and is the only one that `activeOnly` shows", async () => {
      await bench.ready();
      const upid = await bench.port.start(bench.ref(602), signal);
      const active = await bench.port.tasks(bench.lab.node, { activeOnly: true }, signal);
      const mine = active.find((task) => task.upid === upid);
      expect(mine).to.include({ type: "vzstart", id: "602", user: bench.port.identity });
      expect(mine).to.not.have.any.keys("exit", "endTime");
      await bench.ended(upid);
      await bench.lab.until("the list knows", async () => {
        const all = await bench.port.tasks(bench.lab.node, { vmid: 602 }, signal);
        return all.some((task) => task.upid === upid && task.exit === "OK" && task.endTime !== undefined);
      });
      expect(await bench.port.tasks(bench.lab.node, { activeOnly: true }, signal)).to.deep.equal([]);
    });

    it("creates a container that then is there as asked, stopped and with its tags", async () => {
      await bench.ready();
      const wanted = container(bench.lab, 610);
      expect(await bench.ended(await bench.port.create(wanted, signal))).to.equal("OK");
      const config = await bench.port.readConfig(bench.ref(610), signal);
      expect(config).to.deep.include({ name: "made", memoryMiB: 256, swapMiB: 0, unprivileged: true, onboot: false });
      expect(config.tags).to.deep.equal(["hl.lab.made"]);
      expect(config.rootfs).to.include({ key: "rootfs", sizeMiB: 1024 });
      expect(config.networks[0]).to.include({ key: "net0", name: "eth0", bridge: "vmbr0", ipv4: "dhcp" });
      expect(config.networks[0]?.mac).to.match(/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/);
      bench.port.hurry();
      await bench.lab.until("it is in the view", () => bench.seen(610)?.name === "made");
      expect(bench.seen(610)).to.deep.include({ power: "Stopped", tags: ["hl.lab.made"] });
    });

    it("A7: creating what exists is refused and leaves it alone", async () => {
      await bench.ready();
      expect(await refusalOf(bench.port.create(container(bench.lab, 601), signal))).to.include({ kind: "busy" });
      expect((await bench.port.readConfig(bench.ref(601), signal)).name).to.equal("web");
    });

    it("A7: a storage that does not exist is an error of the spec, at once", async () => {
      await bench.ready();
      const wanted = { ...container(bench.lab, 611), rootfs: { storage: "nowhere", sizeMiB: 1024 } };
      expect(await refusalOf(bench.port.create(wanted, signal))).to.include({ kind: "spec" });
    });

    it("destroys a stopped guest, and its vmid is free then", async () => {
      await bench.ready();
      expect(await refusalOf(bench.port.destroy(bench.ref(601), signal))).to.include({ kind: "busy" });
      expect(await bench.ended(await bench.port.destroy(bench.ref(602), signal))).to.equal("OK");
      expect(await refusalOf(bench.port.readGuest(bench.ref(602), signal))).to.include({ kind: "missing" });
      expect(await bench.port.proveAbsence(602, signal)).to.equal("absent");
      bench.port.hurry();
      await bench.lab.until("it left the view", () => bench.seen(602) === undefined);
    });

    it("A5: writes tags, onboot and startup under the digest just read, and clears them", async () => {
      await bench.ready();
      const before = await bench.port.readConfig(bench.ref(602), signal);
      const change = { tags: ["Web", "hl.lab.db"], onboot: true, startup: { order: 20, upSeconds: 30 } };
      await bench.port.configure(bench.ref(602), change, before.digest, signal);
      const after = await bench.port.readConfig(bench.ref(602), signal);
      expect(after.tags).to.deep.equal(["hl.lab.db", "web"]);
      expect(after.onboot).to.equal(true);
      expect(after.startup).to.deep.equal({ order: 20, upSeconds: 30 });
      expect(after.digest).to.not.equal(before.digest);
      await bench.port.configure(bench.ref(602), { tags: [], onboot: false, startup: {} }, after.digest, signal);
      const cleared = await bench.port.readConfig(bench.ref(602), signal);
      expect(cleared).to.deep.include({ tags: [], onboot: false, startup: {} });
    });

    it("A5: a digest that is no longer the current one is a conflict, and nothing is written", async () => {
      await bench.ready();
      const { digest } = await bench.port.readConfig(bench.ref(602), signal);
      await bench.lab.personRetags(602, ["mine"]);
      const write = bench.port.configure(bench.ref(602), { tags: ["ours"] }, digest, signal);
      expect(await refusalOf(write)).to.include({ kind: "conflict" });
      expect((await bench.port.readConfig(bench.ref(602), signal)).tags).to.deep.equal(["mine"]);
    });

    it("A4: shows a lock's word; configuring a locked guest is `busy`, starting it fails in the task", async () => {
      await bench.ready();
      await bench.lab.lock(602, "backup");
      expect((await bench.port.readGuest(bench.ref(602), signal)).lock).to.equal("backup");
      const config = await bench.port.readConfig(bench.ref(602), signal);
      expect(config.lock).to.equal("backup");
      expect(await refusalOf(bench.port.configure(bench.ref(602), { onboot: true }, config.digest, signal))).to.include(
        {
          kind: "busy",
        },
      );
      expect(await bench.ended(await bench.port.start(bench.ref(602), signal))).to.contain("is locked (backup)");
    });

    it("P1: without the lease no mutation is sent, reads go on", async () => {
      bench.reopen(() => {
        throw new ProviderError("unreachable", "the lease is not held");
      });
      await bench.ready();
      const error = await refusalOf(bench.port.start(bench.ref(602), signal));
      expect(error).to.include({ kind: "unreachable", message: "the lease is not held" });
      expect((await bench.port.readGuest(bench.ref(602), signal)).power).to.equal("Stopped");
      expect(await bench.port.tasks(bench.lab.node, { vmid: 602, activeOnly: true }, signal)).to.deep.equal([]);
    });
  });
}
