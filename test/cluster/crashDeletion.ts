import { expect } from "chai";
import { kubernetesKind, type CrashPoint } from "./crashPoints.ts";
import { withCrashLab, type CrashLab } from "./crashRounds.ts";
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
      let controller = await bed.start();
      await bed.untilAll("Settled", 60);
      const unmet = await armAll(lab, when);
      const deletion = bed.kubectl("delete", "containers", "--all", "--timeout=200s");
      deletion.catch(() => undefined);
      for (let met = await unmet(); met > 0; met = await unmet(met)) {
        await controller.kill();
        await bed.kubectl("delete", "lease", "homelab-controller", "--ignore-not-found");
        controller = await bed.start();
      }
      await deletion;
      expect(await bed.simulator.admin("GET", "/guests")).to.deep.equal([]);
      for (const type of ["vzshutdown", "vzdestroy"]) {
        const made = (await bed.host.tasks(type)).map(({ id, exit }) => `${id} ${exit ?? "running"}`);
        expect(made.toSorted(), type).to.deep.equal(guests.map(({ vmid }) => `${String(vmid)} OK`));
      }
    },
    // A destroy whose call was lost counts again when it is repeated: the brake errs on the safe side.
    { brake: { maxDestroys: 1000 } },
  );
}

/** Arms all points. The answer waits until more are met than `before`, and says how many; 0 once all were told. */
async function armAll(
  { bed, gate }: CrashLab,
  when: CrashPoint["when"],
): Promise<(before?: number) => Promise<number>> {
  const since = await bed.host.mark();
  const met = new Set<string>();
  const faults: string[] = [];
  const atGate: { readonly guest: string; readonly point: (typeof calls)[number]; left: number }[] = [];
  for (const [index, point] of calls.entries()) {
    const { name, vmid } = guests[index] ?? { name: "", vmid: 0 };
    if (point.at === "kubernetes") atGate.push({ guest: name, point, left: point.skip ?? 0 });
    else {
      const [method = "", path = ""] = point.call.replace("VMID", String(vmid)).split(" ");
      faults.push(await bed.fault({ method, path: `^${path}$`, count: 1, effect: { kind: "silence", when } }));
    }
  }
  gate.rule = (request) => {
    const armed = atGate.find(
      ({ guest, point }) =>
        !met.has(guest) &&
        point.call === kubernetesKind(request) &&
        new RegExp(`/containers/${guest}(/|$)`).test(request.path.split("?")[0] ?? ""),
    );
    if (armed === undefined || armed.left-- > 0) return undefined;
    met.add(armed.guest);
    return { is: "silence", when };
  };
  return async (before = 0) => {
    if (before === calls.length) return 0;
    return bed.untilHost(
      `more than ${String(before)} of ${String(calls.length)} points met`,
      async () => {
        const asked = await bed.host.all(since);
        const now = met.size + faults.filter((id) => asked.some((call) => call.fault === id)).length;
        return now > before ? now : undefined;
      },
      90,
    );
  };
}
