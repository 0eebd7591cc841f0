import fc from "fast-check";
import { anyMachineSpec } from "./anyMachineSpec.ts";
import { converges, type Subject } from "./anySpecs.ts";
import { declare, oneMachine } from "./oneMachine.ts";

/** `SPECS=500` tries more. */
const RUNS = Number(process.env["SPECS"] ?? 25);

const subject: Subject = {
  kind: "VirtualMachine",
  name: "vm",
  open: (spec) => oneMachine(spec),
  declare: (lab, spec) => {
    declare(lab, spec);
  },
  volumes: (lab) => new Map(lab.proxmox.guest(101).vm.disks.map(({ volume, sizeMiB = 0 }) => [volume, sizeMiB])),
};

describe("from any spec of a virtual machine to any other", function () {
  this.timeout(60_000 + RUNS * 2_000);

  it("A5, A11, I5: it converges as far as no data is at stake, disks only grow, and then there is silence", async () => {
    await fc.assert(
      fc.asyncProperty(anyMachineSpec, anyMachineSpec, async (first, second) => {
        await converges(subject, first as Record<string, unknown>, second as Record<string, unknown>);
      }),
      { numRuns: RUNS },
    );
  });
});
