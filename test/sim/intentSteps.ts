import { annotation } from "../../controller/api/meta.ts";
import { clusterIn, homelabIn, layersIn } from "./declared.ts";
import { apply } from "./deletionSteps.ts";
import type { History } from "./history.ts";
import { nodeName } from "./plant.ts";
import { edit, pick, someObject, type StepRun, type StepTable } from "./stepTable.ts";

/** What people write: power, suspension, restarts, places, gates. */
export const intentSteps: StepTable = new Map<string, StepRun>([
  ["guest power", (history, a, b) => guestPower(history, a, b)],
  ["guest power again", (history, a, b) => guestPower(history, a, b)],
  ["layer power", (history, a, b) => layerEdit(history, a, { powerState: b % 2 === 0 ? "Stopped" : "Running" })],
  [
    "lab power",
    (history, _a, b) => {
      const powerState = b % 2 === 0 ? "Stopped" : "Running";
      return homelabEdit(history, { powerState });
    },
  ],
  ["lab runs", (history) => homelabEdit(history, { powerState: "Running" })],
  [
    "guest suspend",
    (history, a, b) => {
      const one = someObject(history, a);
      if (one === undefined) return undefined;
      edit(history, one.kind, one.name, { suspend: b % 2 === 0 });
      return `${one.id} ${b % 2 === 0}`;
    },
  ],
  ["layer suspend", (history, a, b) => layerEdit(history, a, { suspend: b % 2 === 0 })],
  ["lab suspend", (history, _a, b) => homelabEdit(history, { suspend: b % 2 === 0 })],
  [
    "cluster suspend",
    (history, _a, b) => {
      if (clusterIn(history.lab) === undefined) return undefined;
      edit(history, "ProxmoxCluster", "pve", { suspend: b % 2 === 0 });
      return String(b % 2 === 0);
    },
  ],
  [
    "restarted-at",
    (history, a, b) => {
      const one = someObject(history, a);
      if (one === undefined) return undefined;
      history.lab.kube.annotate(history.lab.key(one.kind, one.name), {
        [annotation.restartedAt]: `${history.now}-${b}`,
      });
      history.editedAt = history.now;
      history.hands.byHand.delete(one.spec.vmid);
      return one.id;
    },
  ],
  [
    "move to layer",
    (history, a, b) => {
      const one = someObject(history, a);
      const layer = pick([...layersIn(history.lab).keys()], b);
      if (one === undefined || layer === undefined) return undefined;
      edit(history, one.kind, one.name, { layerRef: { name: layer }, dependsOn: [] });
      return `${one.id} to ${layer}`;
    },
  ],
  ["move to node", (history, a, b) => moveToNode(history, a, b)],
  ["move to node again", (history, a, b) => moveToNode(history, a, b)],
  ["quorum", (history, a, b) => gateEdit(history, a, { quorum: pick(["100%", "50%", 1, "0%"], b) })],
  ["on timeout", (history, a, b) => gateEdit(history, a, { onTimeout: b % 2 === 0 ? "Proceed" : "Halt" })],
  ["min members", (history, a, b) => gateEdit(history, a, { minMembers: b % 3 })],
  [
    "autostart",
    (history, _a, b) => homelabEdit(history, { proxmoxStartup: pick(["Unmanaged", "NoAutostart", "Mirror"], b) }),
  ],
  [
    "new guest",
    (history, a, b) => {
      const like = someObject(history, a);
      if (like?.kind !== "Container") return undefined;
      const vmid = 400 + b;
      if (history.lab.proxmox.guests.has(vmid)) return undefined;
      const spec = { ...like.spec, vmid, dependsOn: [], management: "Full" };
      return apply(history, { kind: "Container", name: `n${vmid}`, spec });
    },
  ],
]);

/** To a node of the lab, seldom to one that is not there (A10). */
function moveToNode(history: History, a: number, b: number): string | undefined {
  const one = someObject(history, a);
  if (one === undefined || history.shape.nodes < 2) return undefined;
  const node = b % 10 === 9 ? "pve9" : nodeName(b % history.shape.nodes);
  if (node === one.spec.node) return undefined;
  history.moves.said(one, node);
  edit(history, one.kind, one.name, { node });
  return `${one.id} to ${node}`;
}

/** An own powerState that changes ends a hold (O7). */
function guestPower(history: History, a: number, b: number): string | undefined {
  const one = someObject(history, a);
  if (one === undefined) return undefined;
  const powerState = b % 2 === 0 ? "Stopped" : "Running";
  if (one.spec.powerState !== powerState) history.hands.byHand.delete(one.spec.vmid);
  edit(history, one.kind, one.name, { powerState });
  return `${one.id} ${powerState}`;
}

function layerEdit(history: History, a: number, change: Readonly<Record<string, unknown>>): string | undefined {
  const name = pick([...layersIn(history.lab).keys()], a);
  if (name === undefined) return undefined;
  edit(history, "HomelabLayer", name, change);
  return `${name} ${JSON.stringify(change)}`;
}

function gateEdit(history: History, a: number, change: Readonly<Record<string, unknown>>): string | undefined {
  const name = pick([...layersIn(history.lab).keys()], a);
  const gate = layersIn(history.lab).get(name ?? "")?.healthGate;
  return gate === undefined ? undefined : layerEdit(history, a, { healthGate: { ...gate, ...change } });
}

function homelabEdit(history: History, change: Readonly<Record<string, unknown>>): string | undefined {
  if (homelabIn(history.lab) === undefined) return undefined;
  edit(history, "Homelab", "home", change);
  return JSON.stringify(change);
}
