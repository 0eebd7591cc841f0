import { annotation } from "../../controller/api/meta.ts";
import { NAMESPACE } from "../fakes/lab.ts";
import { clusterIn, guestsIn, homelabIn, layersIn } from "./declared.ts";
import type { History } from "./history.ts";
import { byPerson, pick, someGuest, someObject, type StepRun, type StepTable } from "./stepTable.ts";

/** Objects taken away, put back, renamed; data that must not be lost; guests taken out of Proxmox. */
export const deletionSteps: StepTable = new Map<string, StepRun>([
  ["delete guest", deleteGuest],
  ["delete another", deleteGuest],
  ["prune", prune],
  ["apply again", applyAgain],
  ["apply more again", applyAgain],
  ["rename", rename],
  ["confirm destroys", (history) => confirm(history)],
  [
    "twin",
    (history, a, b) => {
      const one = someObject(history, a);
      return one === undefined ? undefined : apply(history, { kind: one.kind, name: `twin${b}`, spec: one.spec });
    },
  ],
  [
    "force-delete",
    (history, a) => {
      const one = pick(
        guestsIn(history.lab).filter((other) => other.deleting),
        a,
      );
      if (one === undefined) return undefined;
      history.lab.kube.annotate(history.lab.key(one.kind, one.name), { [annotation.forceDelete]: "true" });
      history.editedAt = history.now;
      return one.id;
    },
  ],
  ["delete lab", (history) => remove(history, "Homelab", homelabIn(history.lab) === undefined ? undefined : "home")],
  [
    "delete cluster",
    (history) => remove(history, "ProxmoxCluster", clusterIn(history.lab) === undefined ? undefined : "pve"),
  ],
  ["delete layer", (history, a) => remove(history, "HomelabLayer", pick([...layersIn(history.lab).keys()], a))],
  ["apply all again", applyAll],
  [
    "protection",
    (history, a) => {
      const guest = someGuest(history, a);
      return guest && byPerson(history, guest.vmid, () => void (guest.protection = !guest.protection));
    },
  ],
  [
    "snapshot",
    (history, a) => {
      const guest = someGuest(history, a);
      return guest && byPerson(history, guest.vmid, () => void guest.snapshots.push("before-upgrade"));
    },
  ],
  [
    "data mount",
    (history, a) => {
      const guest = someGuest(history, a, (one) => one.type === "lxc" && one.mounts.length === 0);
      const mount = { key: "mp0", volume: "local-zfs:data", sizeMiB: 1024, path: "/srv" };
      return guest && byPerson(history, guest.vmid, () => void guest.mounts.push(mount));
    },
  ],
  ["removed by hand", (history, a) => removedByHand(history, a)],
  [
    "stranger",
    (history, a, b) => {
      const { vmid } = someGuest(history, a) ?? {};
      const gone = removedByHand(history, a);
      if (vmid === undefined || gone === undefined) return undefined;
      const node = history.lab.proxmox.nodes.keys().next().value ?? "pve1";
      return byPerson(
        history,
        vmid,
        () => void history.lab.proxmox.add({ vmid, name: "stranger", node, type: b % 2 === 0 ? "qemu" : "lxc" }),
      );
    },
  ],
  [
    "clone",
    (history, a, b) => {
      const guest = someGuest(history, a);
      const vmid = 2000 + b;
      if (guest === undefined || history.lab.proxmox.guests.has(vmid)) return undefined;
      return byPerson(
        history,
        vmid,
        () => void history.lab.proxmox.add({ vmid, node: guest.node, tags: [...guest.tags], type: guest.type }),
      );
    },
  ],
  [
    "recreate",
    (history, a) => {
      const one = someObject(history, a);
      if (one === undefined) return undefined;
      const key = history.lab.key(one.kind, one.name);
      history.lab.kube.annotate(key, { [annotation.recreate]: String(one.spec.vmid) });
      history.editedAt = history.now;
      return one.id;
    },
  ],
]);

export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly spec: unknown;
}

/** Nothing new comes into a namespace that is being deleted. */
export function apply(history: History, { kind, name, spec }: Manifest): string | undefined {
  if (history.lab.kube.isTerminating(NAMESPACE)) return undefined;
  history.lab.kube.apply({ kind, metadata: { name, namespace: NAMESPACE }, spec });
  history.removed.delete(`${kind}/${name}`);
  history.editedAt = history.now;
  return `${kind}/${name}`;
}

export function remove(history: History, kind: string, name: string | undefined): string | undefined {
  const object = name === undefined ? undefined : history.lab.read(kind, name);
  if (name === undefined || object === undefined) return undefined;
  history.removed.set(`${kind}/${name}`, { kind, name, spec: object.spec });
  history.deletedAt.set(object.metadata.uid, history.now);
  history.lab.kube.delete(history.lab.key(kind, name));
  history.editedAt = history.now;
  return `${kind}/${name}`;
}

function deleteGuest(history: History, a: number): string | undefined {
  const one = someObject(history, a);
  return one === undefined ? undefined : remove(history, one.kind, one.name);
}

/** A commit that lost its files: every guest's object goes. */
function prune(history: History): string {
  return guestsIn(history.lab)
    .filter((one) => !one.deleting)
    .map((one) => remove(history, one.kind, one.name))
    .join(", ");
}

/** What is being deleted cannot be applied again until it is gone. */
function applyAgain(history: History, a: number): string | undefined {
  const gone = [...history.removed.values()].filter((one) => history.lab.read(one.kind, one.name) === undefined);
  const one = pick(gone, a);
  return one === undefined ? undefined : apply(history, one);
}

/** Also what a person does when all is over. */
export function applyAll(history: History): string {
  const kinds = new Set(["Homelab", "HomelabLayer", "ProxmoxCluster"]);
  const gone = [...history.removed.values()].filter((one) => kinds.has(one.kind));
  return gone.map((one) => apply(history, one)).join(", ");
}

function rename(history: History, a: number, b: number): string | undefined {
  const one = someObject(history, a);
  if (one === undefined) return undefined;
  const name = `r${b}`;
  if (history.lab.read(one.kind, name) !== undefined) return undefined;
  const { spec, kind } = one;
  if (b % 2 === 0) apply(history, { kind, name, spec });
  remove(history, kind, one.name);
  if (b % 2 === 1) apply(history, { kind, name, spec });
  history.removed.delete(one.id);
  return `${one.id} to ${name}`;
}

/** The hash is in the message, and so is the list it stands for. */
export function confirm(history: History): string | undefined {
  const held = guestsIn(history.lab).find((one) => history.lab.reason(one.kind, one.name) === "HeldByBrake");
  if (held === undefined || homelabIn(history.lab) === undefined) return undefined;
  const hash = /confirm-destroys=(\S+)/.exec(history.lab.message(held.kind, held.name))?.[1];
  if (hash === undefined) return undefined;
  history.lab.kube.annotate(history.lab.key("Homelab", "home"), { [annotation.confirmDestroys]: hash });
  history.confirms();
  history.editedAt = history.now;
  return hash;
}

/** Destroyed in Proxmox, stopped before. */
function removedByHand(history: History, a: number): string | undefined {
  const guest = someGuest(
    history,
    a,
    (one) => one.lock === undefined && history.lab.proxmox.nodes.get(one.node)?.online === true,
  );
  if (guest === undefined) return undefined;
  return byPerson(history, guest.vmid, () => {
    history.lab.proxmox.halt(guest);
    history.lab.proxmox.guests.delete(guest.vmid);
    history.hands.byHand.delete(guest.vmid);
  });
}
