import { expect } from "chai";
import { condition, readyReason } from "./conditions.ts";
import { ONE_GUEST } from "./faultBed.ts";
import { withBed, type Bed } from "./labBed.ts";
import { ours, THREE_GUESTS } from "./labObjects.ts";

/** A minute of the schedule and what the runs take. */
const RUN_SECONDS = 100;

async function snapshots(bed: Bed, vmid: number): Promise<readonly string[]> {
  const guests = (await bed.simulator.admin("GET", "/guests")) as readonly {
    readonly vmid: number;
    readonly snapshots: readonly { readonly name: string }[];
  }[];
  return (guests.find((guest) => guest.vmid === vmid)?.snapshots ?? []).map(({ name }) => name);
}

describe("SnapshotPolicy, on real processes", () => {
  it("A2, A3: killed with SIGKILL while a snapshot is made, the next controller makes no second one, and prunes only its own", function () {
    this.timeout(300_000);
    return withBed({ guests: THREE_GUESTS, listen: false }, async (bed) => {
      await bed.applyLab();
      const first = await bed.start();
      await bed.untilAll("Settled", 90);
      await bed.apply(
        ours("SnapshotPolicy", "minutely", {
          schedule: "* * * * *",
          selector: { layerRef: { name: "base" } },
          keep: { last: 1 },
        }),
      );
      await bed.untilHost("a snapshot task of ours", async () => (await bed.host.tasks("vzsnapshot"))[0], RUN_SECONDS);
      await first.kill();
      await bed.kubectl("delete", "lease", "homelab-controller", "--ignore-not-found");
      await bed.start();
      await bed.untilHost("one removed", async () => (await bed.host.tasks("vzdelsnapshot"))[0], RUN_SECONDS);
      await bed.kubectl("patch", "hsnap", "minutely", "--type=merge", "-p", '{"spec":{"suspend":true}}');
      const made = (await bed.host.tasks("vzsnapshot")).map(({ id, exit }) => `${id} ${exit ?? "running"}`);
      expect(made.every((task) => task.endsWith(" OK") || task.endsWith(" running"))).to.equal(true);
      for (const vmid of [101, 102]) {
        const names = await snapshots(bed, vmid);
        expect(new Set(names).size, String(vmid)).to.equal(names.length);
        for (const name of names) expect(name).to.match(/^hl-minutely-[0-9a-f]{8}-\d{12}00$/);
      }
      expect(await snapshots(bed, 103)).to.deep.equal([]);
      const refused = (await bed.host.mutations()).filter(({ status }) => status >= 400);
      expect(refused).to.deep.equal([]);
      expect(bed.scene.containers.map((guest) => readyReason(guest))).to.deep.equal(["Settled", "Settled", "Settled"]);
    });
  });

  it("beforeUpdate: the host is asked for the snapshot first, and for the change when it is there", function () {
    this.timeout(180_000);
    return withBed({ guests: ONE_GUEST, listen: false }, async (bed) => {
      await bed.applyLab();
      await bed.apply(ours("SnapshotPolicy", "careful", { schedule: "0 0 1 1 *", selector: {}, beforeUpdate: true }));
      await bed.start();
      await bed.untilAll("Settled", 90);
      const spec = { driftPolicy: "Correct", description: "a database", rootfs: { size: "8Gi" } };
      await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", JSON.stringify({ spec }));
      const tasks = (): ReturnType<typeof bed.host.tasks> => bed.host.tasks("vzsnapshot");
      await bed.untilHost("a snapshot before", async () => (await tasks())[0]);
      await bed.until(
        "changed",
        ({ containers: [db] }) => condition(db, "ConfigInSync")?.reason === "InSync" && readyReason(db) === "Settled",
      );
      const sent = (await bed.host.mutations()).map(({ method, path }) => `${method} ${path}`);
      const made = sent.findIndex((call) => call.startsWith("POST") && call.endsWith("/101/snapshot"));
      expect(made).to.be.greaterThan(-1);
      expect(sent.slice(made + 1).filter((call) => call.endsWith("/101/config"))).to.have.length(1);
      expect(await snapshots(bed, 101)).to.have.length(1);
    });
  });
});
