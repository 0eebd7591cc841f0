import { expect } from "chai";
import type { CrashPoint } from "./crashPoints.ts";
import { withCrashLab } from "./crashRounds.ts";
import { killedAtEach } from "./crashSweep.ts";
import type { BedGuest } from "./labObjects.ts";

const calls: readonly Omit<CrashPoint, "when">[] = [
  { at: "proxmox", call: "POST /nodes/pve1/lxc/VMID/status/shutdown" },
  { at: "proxmox", call: "DELETE /nodes/pve1/lxc/VMID" },
  { at: "proxmox", call: "GET /nodes/pve1/lxc/VMID/snapshot" },
  { at: "kubernetes", call: "PATCH containers" },
  { at: "kubernetes", call: "PATCH containers/status (intent)" },
  { at: "kubernetes", call: "PATCH containers/status (intent)", skip: 1 },
  { at: "kubernetes", call: "PATCH containers/status (receipt)" },
  { at: "kubernetes", call: "PATCH containers/status (receipt)", skip: 1 },
  { at: "kubernetes", call: "PATCH containers/status (report)" },
];

/** Each has a point of its own. */
const guests: readonly BedGuest[] = calls.map((_, index) => ({
  name: `guest${String(index)}`,
  vmid: 200 + index,
  layer: "only",
  spec: { deletionPolicy: "Delete" },
}));

/**
 * A lab full of guests is deleted at once; whenever a call of one of them is held at its point, the controller is killed
 * and another one goes on, until all points were met and all guests are gone.
 */
export function deletionUnderCrashes(when: CrashPoint["when"]): Promise<void> {
  return withCrashLab(
    guests,
    async (lab) => {
      const { bed } = lab;
      const first = await bed.start();
      await bed.untilAll("Settled", 60);
      const points = guests.map(({ name, vmid }, index) => {
        const { at = "proxmox", call = "", skip = 0 } = calls[index] ?? {};
        return { at, call: call.replace("VMID", String(vmid)), when, skip, object: `containers/${name}` };
      });
      let deletion: Promise<unknown> = Promise.resolve();
      const begin = (): Promise<void> => {
        deletion = bed.kubectl("delete", "containers", "--all", "--timeout=200s");
        deletion.catch(() => undefined);
        return Promise.resolve();
      };
      await killedAtEach(lab, points, { first, begin });
      await deletion;
      expect(await bed.simulator.admin("GET", "/guests")).to.deep.equal([]);
      for (const type of ["vzshutdown", "vzdestroy"]) {
        const made = (await bed.host.tasks(type)).map(({ id, exit }) => `${id} ${exit ?? "running"}`);
        expect(made.toSorted(), type).to.deep.equal(guests.map(({ vmid }) => `${String(vmid)} OK`));
      }
    },
    // A destroy whose call was lost counts again when it is repeated: the brake errs on the safe side.
    { homelab: { brake: { maxDestroys: 1000 } } },
  );
}
