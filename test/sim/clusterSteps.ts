import type { FakeFault } from "../fakes/proxmox.ts";
import { everyPrivilege } from "../fakes/privileges.ts";
import { Conflict, KubeUnavailable } from "../../controller/runtime/kube.ts";
import { errorOf } from "./hostSteps.ts";
import type { History } from "./history.ts";
import { byPerson, pick, someGuest, type StepRun, type StepTable } from "./stepTable.ts";
import { putSecret } from "./proxmoxSecret.ts";

const calls: readonly FakeFault["on"][] = [
  "start",
  "shutdown",
  "create",
  "destroy",
  "configure",
  "look",
  "readGuest",
  "readConfig",
  "readAddresses",
  "proveAbsence",
  "tasks",
  "taskState",
  "losses",
  "permissions",
];

/** An error after the effect is an answer that was lost; what Proxmox refuses has no effect. */
function fault(history: History, a: number, b: number): string {
  const on = pick(calls, b) ?? "start";
  const when = a % 2 === 0 ? "before" : "after";
  const error = when === "after" ? errorOf(b % 2) : errorOf(b);
  history.lab.fault(on, when, error);
  return `${on} ${when} its effect: ${error.message}`;
}

/** What both servers do wrong: lost answers, privileges, secrets; the API server away, slow, forgetful. */
export const clusterSteps: StepTable = new Map<string, StepRun>([
  ["fault", fault],
  ["another fault", fault],
  ["yet another fault", fault],
  [
    "guest hidden",
    (history, a) => {
      const guest = someGuest(history, a);
      return guest === undefined
        ? undefined
        : byPerson(history, guest.vmid, () => {
            guest.hidden = true;
          });
    },
  ],
  [
    "guest shown",
    (history, a) => {
      const guest = someGuest(history, a, (one) => one.hidden);
      return guest === undefined
        ? undefined
        : byPerson(history, guest.vmid, () => {
            guest.hidden = false;
          });
    },
  ],
  [
    "privilege lost",
    (history, a) => {
      const name = pick([...(everyPrivilege.get("/")?.keys() ?? [])], a) ?? "";
      const rest = [...(everyPrivilege.get("/") ?? [])].filter(([other]) => other !== name);
      history.lab.proxmox.permissions = new Map([["/", new Map(rest)]]);
      return name;
    },
  ],
  [
    "privileges back",
    (history) => {
      history.lab.proxmox.permissions = everyPrivilege;
      return "";
    },
  ],
  [
    "token refused",
    (history) => {
      history.lab.proxmox.unauthorized = true;
      return "";
    },
  ],
  [
    "secret changed",
    (history) => {
      history.lab.proxmox.unauthorized = false;
      putSecret(history);
      return "";
    },
  ],
  [
    "cluster quorum",
    (history, a) => {
      history.lab.proxmox.quorate = a % 2 === 1;
      return String(a % 2 === 1);
    },
  ],
  [
    "api away",
    (history) => {
      history.lab.kube.away();
      history.kubeSick(3_600_000);
      return "";
    },
  ],
  ["api back", apiBack],
  ["api back again", apiBack],
  [
    "history expired",
    (history) => {
      history.lab.kube.expire();
      history.kubeSick(0);
      return "";
    },
  ],
  [
    "watches stall",
    (history) => {
      history.lab.kube.stall();
      history.kubeStalls();
      return "";
    },
  ],
  [
    "api fails",
    (history, a, b) => {
      const error =
        b % 2 === 0 ? new Conflict("the object has been modified") : new KubeUnavailable("etcd leader", 500);
      history.lab.kube.failNext("patch", error, 1 + (a % 4));
      return error.message;
    },
  ],
]);

function apiBack(history: History): string {
  history.lab.kube.back();
  history.kubeWell();
  return "";
}
