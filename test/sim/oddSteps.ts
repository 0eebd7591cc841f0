import { annotation } from "../../controller/api/meta.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import type { History } from "./history.ts";
import { byPerson, pick, someGuest, someObject, type StepRun, type StepTable } from "./stepTable.ts";

const types = ["vzstart", "vzshutdown", "vzcreate", "qmstart", "vzdestroy"];

/** What is rare in Proxmox, and must change nothing: HA, odd ends of tasks, rotated logs, full storage, others' marks. */
export const oddSteps: StepTable = new Map<string, StepRun>([
  [
    "HA takes it",
    (history, a) => toGuest(history, a, (one) => (one.ha = one.power === "Running" ? "started" : "stopped")),
  ],
  ["HA lets go", (history, a) => toGuest(history, a, (one) => (one.ha = undefined))],
  [
    "marked by another namespace",
    (history, a) => toGuest(history, a, (one) => (one.tags = [...plain(one), "hl.other.db"])),
  ],
  ["task ends oddly", endsOddly],
  ["task ends oddly again", endsOddly],
  [
    "log rotated",
    (history) => {
      history.prune();
      return "";
    },
  ],
  [
    "storage full",
    (history) => {
      history.fill();
      return "";
    },
  ],
  [
    "storage has room",
    (history) => {
      history.lab.proxmox.fullStorages.clear();
      history.fullSince = undefined;
      return "";
    },
  ],
  [
    "delete-data",
    (history, a, b) => {
      const one = someObject(history, a);
      if (one === undefined) return undefined;
      const vmid = String(one.spec.vmid + (b % 3 === 0 ? 1 : 0));
      history.lab.kube.annotate(history.lab.key(one.kind, one.name), { [annotation.deleteData]: vmid });
      history.editedAt = history.now;
      return `${one.id}=${vmid}`;
    },
  ],
]);

function plain({ tags }: FakeGuest): readonly string[] {
  return tags.filter((tag) => !tag.startsWith("hl."));
}

function toGuest(history: History, a: number, act: (guest: FakeGuest) => unknown): string | undefined {
  const guest = someGuest(history, a, (one) => one.lock === undefined);
  return guest && byPerson(history, guest.vmid, () => void act(guest));
}

/** Warnings are a success; what died says nothing about its work. */
function endsOddly(history: History, a: number, b: number): string {
  const type = pick(types, a) ?? "vzstart";
  const { proxmox } = history.lab;
  const exit = b % 2 === 0 ? "WARNINGS: 1" : "unexpected status";
  if (b % 4 === 3) proxmox.failTask(type, exit);
  else proxmox.endTask(type, exit);
  return `${type}: ${exit}${b % 4 === 3 ? ", undone" : ""}`;
}
