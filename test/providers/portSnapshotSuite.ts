import { expect } from "chai";
import type { PortLab } from "./portLab.ts";
import { PortBench, refusalOf, signal } from "./portLab.ts";

/** Snapshots, the same for every implementation of `ProxmoxPort`. */
export function portSnapshotSuite(name: string, build: () => Promise<PortLab>): void {
  describe(`snapshots over a Proxmox connection (${name})`, () => {
    const bench = new PortBench();
    beforeEach(() => bench.build(build));
    afterEach(() => bench.close());

    const wish = {
      name: "hl-nightly-1a2b3c4d-20261124013000",
      description: "for a test [hl:lab/nightly]",
      memory: false,
    };
    const names = async (): Promise<readonly string[]> =>
      (await bench.port.snapshots(bench.ref(601), signal)).map((snapshot) => snapshot.name);

    it("says whether the storage can, makes one with its description, lists it without the current state, removes it", async () => {
      await bench.ready();
      expect(await bench.port.canSnapshot(bench.ref(601), signal)).to.equal(true);
      expect(await bench.port.snapshots(bench.ref(601), signal)).to.deep.equal([]);
      expect(await bench.ended(await bench.port.createSnapshot(bench.ref(601), wish, signal))).to.equal("OK");
      expect(await bench.port.snapshots(bench.ref(601), signal)).to.deep.equal([
        { name: wish.name, description: wish.description },
      ]);
      expect(await bench.ended(await bench.port.deleteSnapshot(bench.ref(601), wish.name, signal))).to.equal("OK");
      expect(await names()).to.deep.equal([]);
    });

    it("A2: a name that is taken makes no second one", async () => {
      await bench.ready();
      await bench.ended(await bench.port.createSnapshot(bench.ref(601), wish, signal));
      const again = await bench.port.createSnapshot(bench.ref(601), wish, signal).then(
        (upid) => bench.ended(upid),
        (error: unknown) => String(error),
      );
      expect(again).to.match(/already used/);
      expect(await names()).to.deep.equal([wish.name]);
    });

    it("A4: shows a lock's word where a snapshot is refused for it", async () => {
      await bench.ready();
      await bench.lab.lock(601, "backup");
      const refused = await bench.port.createSnapshot(bench.ref(601), wish, signal).then(
        (upid) => bench.ended(upid),
        async () => (await refusalOf(bench.port.createSnapshot(bench.ref(601), wish, signal))).message,
      );
      expect(refused).to.contain("is locked (backup)");
      expect(await names()).to.deep.equal([]);
    });
  });
}
