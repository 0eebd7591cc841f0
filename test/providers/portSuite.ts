import { expect } from "chai";
import { portConfigSuite } from "./portConfigSuite.ts";
import type { PortLab } from "./portLab.ts";
import { PortBench, refusalOf, signal } from "./portLab.ts";
import { portMutationSuite } from "./portMutationSuite.ts";
import { portSnapshotSuite } from "./portSnapshotSuite.ts";

/** Looks and reads, the same for every implementation of `ProxmoxPort`. */
function portReadSuite(name: string, build: () => Promise<PortLab>): void {
  describe(`what a Proxmox connection sees (${name})`, () => {
    const bench = new PortBench();
    beforeEach(() => bench.build(build));
    afterEach(() => bench.close());

    it("sees node and guests with power, name and start time", async () => {
      expect(bench.port.reach().is).to.equal("connecting");
      await bench.ready();
      expect(bench.port.reach().is).to.equal("reachable");
      expect(bench.port.seen()?.nodes.get(bench.lab.node)).to.include({ online: true, rebooted: false });
      expect(bench.seen(601)).to.include({
        type: "lxc",
        node: bench.lab.node,
        name: "web",
        power: "Running",
        template: false,
      });
      expect(bench.seen(601)?.startTime).to.be.a("number");
      expect(bench.seen(602)).to.include({ name: "db", power: "Stopped" });
      expect(bench.seen(602)).to.not.have.property("startTime");
    });

    it("O2: what is seen has a smaller sequence than a mark taken later, and a larger one than a mark taken before", async () => {
      await bench.ready();
      const mark = bench.port.mark();
      expect(bench.port.seen()?.sequence).to.be.below(mark);
      bench.port.hurry();
      await bench.lab.until("a new look", () => (bench.port.seen()?.sequence ?? 0) >= mark);
      expect(bench.seen(601)?.sequence).to.be.at.least(mark);
      const direct = await bench.port.readGuest(bench.ref(601), signal);
      expect(direct.sequence).to.be.above(bench.seen(601)?.sequence ?? Infinity);
    });

    it("O6: tasks name who acted, ours with the token and a person's without", async () => {
      await bench.ready();
      await bench.ended(await bench.port.start(bench.ref(602), signal));
      await bench.lab.personShutsDown(601);
      await bench.lab.until(
        "it is down",
        async () => (await bench.port.readGuest(bench.ref(601), signal)).power === "Stopped",
      );
      const find = async (vmid: number, type: string): Promise<string | undefined> =>
        (await bench.port.tasks(bench.lab.node, { vmid }, signal)).find((task) => task.type === type)?.user;
      await bench.lab.until("both are listed", async () => (await find(601, "vzshutdown")) !== undefined);
      expect(await find(602, "vzstart")).to.equal(bench.port.identity);
      expect(await find(601, "vzshutdown")).to.equal(bench.lab.person);
    });

    it("O4: a vmid in use is taken, a free one is absent", async () => {
      await bench.ready();
      expect(await bench.port.proveAbsence(601, signal)).to.equal("taken");
      expect(await bench.port.proveAbsence(699, signal)).to.equal("absent");
    });

    it("sees tags that a person changed with the next look", async () => {
      await bench.ready();
      await bench.lab.personRetags(601, ["b", "a"]);
      bench.port.hurry();
      await bench.lab.until("the tags", () => bench.seen(601)?.tags.join() === "a,b");
    });

    it("O4: a guest that a person destroyed is missing for a direct read and absent by proof", async () => {
      await bench.ready();
      await bench.lab.personDestroys(602);
      await bench.lab.until("it is gone", async () => (await bench.port.proveAbsence(602, signal)) === "absent");
      expect(await refusalOf(bench.port.readConfig(bench.ref(602), signal))).to.include({ kind: "missing" });
    });

    it("a UPID nobody knows is lost", async () => {
      await bench.ready();
      const upid = `UPID:${bench.lab.node}:0000ABCD:01234567:69230A1B:vzstart:602:ops@pve!ctl:`;
      expect(await bench.port.taskState(upid, signal)).to.deep.equal({ is: "lost" });
    });

    it("I5: tells nothing to lose for a plain guest", async () => {
      await bench.ready();
      expect(await bench.port.losses(bench.ref(602), signal)).to.deep.equal([]);
    });

    it("gives bridges and our own permissions", async () => {
      await bench.ready();
      const bridge = (await bench.port.bridges(bench.lab.node, signal)).find((one) => one.name === "vmbr0");
      expect(bridge).to.include({ active: true });
      expect(bridge?.mtu).to.be.a("number");
      expect((await bench.port.permissions(signal)).size).to.be.above(0);
    });

    it("gives addresses of a running guest and none of a stopped one", async () => {
      await bench.ready();
      const addresses = async (vmid: number): Promise<readonly string[]> => {
        const { networks } = await bench.port.readConfig(bench.ref(vmid), signal);
        return bench.port.readAddresses(bench.ref(vmid), networks, signal);
      };
      await bench.lab.until("an address", async () => (await addresses(601)).length > 0);
      expect(await addresses(602)).to.deep.equal([]);
    });

    it("tells listeners of each look until they leave", async () => {
      let told = 0;
      const leave = bench.port.onChange(() => (told += 1));
      await bench.ready();
      await bench.lab.until("a notice", () => told > 0);
      leave();
      const before = told;
      const mark = bench.port.mark();
      bench.port.hurry();
      await bench.lab.until("a new look", () => (bench.port.seen()?.sequence ?? 0) >= mark);
      expect(told).to.equal(before);
    });
  });
}

/** The promises of `ProxmoxPort`. */
export function portSuite(name: string, build: () => Promise<PortLab>): void {
  portReadSuite(name, build);
  portMutationSuite(name, build);
  portConfigSuite(name, build);
  portSnapshotSuite(name, build);
}
