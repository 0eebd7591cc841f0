import { expect } from "chai";
import { condition, readyReason } from "./conditions.ts";
import { looks, ONE_GUEST } from "./faultBed.ts";
import { withBed, type Bed } from "./labBed.ts";

interface Stored {
  readonly config: Readonly<Record<string, string>>;
  readonly pending: Readonly<Record<string, string>>;
}

async function stored(bed: Bed): Promise<Stored> {
  return (await bed.simulator.admin("GET", "/guests/101")) as Stored;
}

/** As a person: kubectl patch of the spec. */
async function change(bed: Bed, spec: Readonly<Record<string, unknown>>): Promise<void> {
  await bed.kubectl("patch", "hct", "db", "--type=merge", "-p", JSON.stringify({ spec }));
}

async function inSync(bed: Bed, reason: string): Promise<void> {
  await bed.until(`ConfigInSync ${reason}`, (scene) => {
    const [db] = scene.containers;
    return readyReason(db) !== undefined && condition(db, "ConfigInSync")?.reason === reason;
  });
}

describe("the configuration of a container, with a controller process", function () {
  this.timeout(180_000);

  it("A5, I5: kubectl changes memory, notes, a mount's size and name servers; the host has them, and then it is quiet", async () => {
    const mount = { name: "mp0", path: "/srv", storage: "local-zfs", size: "1Gi" };
    const guests = ONE_GUEST.map((guest) => ({ ...guest, spec: { mounts: [mount] } }));
    await withBed({ guests, emptyHost: true }, async (bed) => {
      await bed.start();
      await bed.applyLab();
      await bed.untilAll("Settled");
      const created = await bed.host.mark();

      await change(bed, {
        description: "a database",
        resources: { memory: "512Mi" },
        mounts: [{ ...mount, size: "2Gi" }],
      });
      await inSync(bed, "InSync");
      await bed.untilAll("Settled");
      const { config } = await stored(bed);
      expect(config).to.include({ memory: "512", description: "a database\n" });
      expect(config["mp0"]).to.include("mp=/srv").and.to.include("size=2G");
      expect(await bed.host.mutations(created)).to.have.length(2);

      await change(bed, { dns: { nameservers: ["10.0.0.1"] } });
      await inSync(bed, "RestartPending");
      expect(await bed.kubectl("get", "hct", "db", "-o", "jsonpath={.status.pendingChanges[0].field}")).to.equal(
        "dns.nameservers",
      );
      await change(bed, { updatePolicy: "Restart" });
      await inSync(bed, "InSync");
      await bed.untilAll("Settled");
      expect((await stored(bed)).config).to.include({ nameserver: "10.0.0.1" });

      const refused = await bed
        .kubectl("patch", "hct", "db", "--type=merge", "-p", '{"spec":{"rootfs":{"size":"1Gi"}}}')
        .catch(String);
      expect(refused).to.include("rootfs grows and never shrinks");
      const quiet = await bed.host.mark();
      await looks(bed, 5);
      expect(await bed.host.mutations(quiet)).to.deep.equal([]);
    });
  });
});
