import type { Column, ConditionText } from "./kind.ts";

/** Columns of Container and VirtualMachine. */
export const guestColumns: readonly Column[] = [
  { name: "VMID", type: "integer", path: ".spec.vmid", description: "Number in Proxmox." },
  { name: "Layer", type: "string", path: ".spec.layerRef.name", description: "Layer it belongs to." },
  { name: "Node", type: "string", path: ".status.node", description: "Node it was last seen on." },
  { name: "Power", type: "string", path: ".status.powerState", description: "Running, Stopped or Unknown." },
  { name: "Health", type: "string", path: ".status.health", description: "What its probes say." },
  { name: "Address", type: "string", path: ".status.summary.address", description: "First observed address." },
];

/** Conditions of Container and VirtualMachine, in the order they are written. */
export const guestConditions: readonly ConditionText[] = [
  { type: "Running", means: "The guest is seen running. Unknown while its node cannot be seen." },
  { type: "Healthy", means: "All probes succeed; without probes: it runs." },
  {
    type: "ConfigInSync",
    means: "Nothing that is declared differs (status.drift) or waits for a restart (status.pendingChanges).",
  },
  { type: "Owned", means: "The guest carries the mark of this object." },
];

/** Fields by which Container and VirtualMachine can be selected. */
export const guestSelectable: readonly string[] = [
  ".spec.layerRef.name",
  ".spec.node",
  ".spec.clusterRef.name",
  ".spec.vmid",
];
