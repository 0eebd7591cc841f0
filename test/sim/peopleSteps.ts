import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { PERSON, backup, migrate, reboot, stop } from "../fakes/proxmox.ts";
import type { History } from "./history.ts";
import { nodeName } from "./plant.ts";
import { byPerson, someGuest, type StepRun, type StepTable } from "./stepTable.ts";

const online = (history: History, guest: FakeGuest): boolean =>
  history.lab.proxmox.nodes.get(guest.node)?.online === true;

/** Something a person does to one guest in Proxmox, on a node that answers. */
function toGuest(act: (history: History, guest: FakeGuest, b: number) => void) {
  return (history: History, a: number, b: number): string | undefined => {
    const guest = someGuest(
      history,
      a,
      (one) => online(history, one) && one.lock !== "create" && one.lock !== "destroyed",
    );
    return guest === undefined
      ? undefined
      : byPerson(history, guest.vmid, () => {
          act(history, guest, b);
        });
  };
}

/** What people do in Proxmox, and what guests do by themselves. */
export const peopleSteps: StepTable = new Map<string, StepRun>([
  ["stop by hand", toGuest(({ lab }, { vmid }) => void stop(lab.proxmox, vmid))],
  [
    "shutdown by hand",
    toGuest(({ lab }, { vmid }) => void lab.proxmox.shutdown(vmid, { timeoutSeconds: 60, force: false }, PERSON)),
  ],
  ["start by hand", toGuest(({ lab }, { vmid }) => void lab.proxmox.start(vmid, PERSON))],
  [
    "reboot by hand",
    toGuest(({ lab }, guest) => {
      if (guest.power === "Running" && guest.stopMs < 60_000) reboot(lab.proxmox, guest.vmid);
    }),
  ],
  [
    "backup",
    toGuest(({ lab }, guest, b) => {
      if (guest.lock === undefined) backup(lab.proxmox, guest.vmid, 5_000 + b * 60);
    }),
  ],
  [
    "migrate",
    toGuest(({ lab, shape }, guest, b) => {
      const target = nodeName(b % shape.nodes);
      const up = lab.proxmox.nodes.get(target)?.online === true;
      if (target !== guest.node && up && guest.lock === undefined) migrate(lab.proxmox, guest.vmid, target);
    }),
  ],
  [
    "crash",
    toGuest(({ lab }, guest) => {
      if (guest.power === "Running") lab.proxmox.crash(guest.vmid);
    }),
  ],
  [
    "out of memory",
    toGuest(({ lab }, guest) => {
      if (guest.power === "Running") lab.proxmox.crash(guest.vmid);
    }),
  ],
  ["hang", toGuest(({ lab }, { vmid }) => void lab.hung.add(vmid))],
  ["answers again", toGuest(({ lab }, { vmid }) => void lab.hung.delete(vmid))],
  [
    "ignores shutdown",
    toGuest((_history, guest) => {
      guest.stopMs = Number.POSITIVE_INFINITY;
    }),
  ],
  [
    "obeys again",
    toGuest((_history, guest) => {
      guest.stopMs = 3_000;
    }),
  ],
  [
    "tags removed",
    toGuest((_history, guest) => {
      guest.tags = guest.tags.filter((tag) => !tag.startsWith("hl."));
    }),
  ],
  [
    "tags changed",
    toGuest((_history, guest, b) => {
      guest.tags = [...guest.tags, `note${b}`];
    }),
  ],
  [
    "onboot changed",
    toGuest((_history, guest) => {
      guest.onboot = !guest.onboot;
    }),
  ],
  [
    "lock left over",
    toGuest((_history, guest) => {
      guest.lock ??= "snapshot";
    }),
  ],
  [
    "unlocked",
    toGuest((_history, guest) => {
      if (guest.lock === "snapshot") guest.lock = undefined;
    }),
  ],
]);
