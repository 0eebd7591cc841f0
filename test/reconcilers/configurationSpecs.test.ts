import fc from "fast-check";
import { anySpec } from "./anySpec.ts";
import { converges, type Subject } from "./anySpecs.ts";
import { CREATABLE, oneGuest } from "./oneGuest.ts";

/** `SPECS=500` tries more. */
const RUNS = Number(process.env["SPECS"] ?? 25);

const subject: Subject = {
  kind: "Container",
  name: "db",
  open: (spec) => oneGuest({ wish: { spec: { ...CREATABLE, probes: [], ...spec } } }),
  declare: (lab, spec) => {
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...CREATABLE, probes: [], ...spec } });
  },
  volumes: (lab) => {
    const { rootfs, mounts } = lab.proxmox.guest(101);
    return new Map([rootfs, ...mounts].map((mount) => [mount?.volume ?? "", mount?.sizeMiB ?? 0]));
  },
};

describe("from any spec of a container to any other", function () {
  this.timeout(60_000 + RUNS * 2_000);

  it("A5, A11, I5: it converges as far as no data is at stake, volumes only grow, and then there is silence", async () => {
    await fc.assert(
      fc.asyncProperty(anySpec, anySpec, async (first, second) => {
        await converges(subject, first as Record<string, unknown>, second as Record<string, unknown>);
      }),
      { numRuns: RUNS },
    );
  });
});
