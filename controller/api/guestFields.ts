import { z } from "zod";
import { flag, integer, listMap, oneOf, ref, withRules, word } from "./fields.ts";
import type { Rule } from "./kind.ts";
import { probe } from "./probeFields.ts";

/** Fields of the spec that Container and VirtualMachine have in common. */
export const guestSpec = {
  clusterRef: ref(
    "The ProxmoxCluster the guest is on. May be left out while the namespace has exactly one. Once written it can be neither changed nor removed: a guest of another cluster is another guest.",
    "ProxmoxCluster",
  ).exactOptional(),
  layerRef: ref(
    "The HomelabLayer the guest belongs to. A change moves it there; it is neither stopped nor restarted for that. A layer that does not exist yet is waited for (LayerMissing).",
    "HomelabLayer",
  ),
  vmid: integer("Number of the guest in Proxmox. Immutable, and unique in the namespace.", 100, 999_999_999),
  hostname: withRules(z.string().min(1).max(253), {
    rule: "self.matches('^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$')",
    message: "a host name has letters, digits and hyphens only: write twingate-connector, not Twingate Connector",
  }),
  adoption: oneOf(
    "What to do when the vmid exists without our mark: Refuse leaves it alone (GuestNotOwned); Adopt writes the mark, a Proxmox tag, and changes nothing else.",
    ["Refuse", "Adopt"],
  ).default("Refuse"),
  deletionPolicy: oneOf(
    "What happens to the guest when this object is deleted: Retain leaves it and its mark as they are; Delete, under management Full, stops and destroys it with its system disk, guarded by its mark, its protection flag and the Homelab's brake. Data mounts and further disks go only with the annotation homelab.neuralcodelab.com/delete-data: <vmid>.",
    ["Retain", "Delete"],
  ).default("Retain"),
  updatePolicy: oneOf(
    "What happens to a change that a running guest takes over only when it is started: Live writes it, and it waits in Proxmox's pending list for the next start (status.pendingChanges); Restart also restarts the guest, lower layers first, one guest of a layer at a time, each after the one before is healthy again; Manual writes it only when the restarted-at annotation gets a new value, and restarts then. What a running guest takes over at once is written at once.",
    ["Live", "Restart", "Manual"],
  ).default("Live"),
  driftPolicy: oneOf(
    "What happens when the guest's configuration differs from the spec: Correct writes what differs; Report only shows it in status.drift. Absent: Correct for a guest that was created for this object, Report for one that was adopted or found again.",
    ["Correct", "Report"],
  ).exactOptional(),
  powerState: oneOf(
    "Whether the guest should run. Stopped shuts it down gracefully and holds it so; changing this field ends a manual hold. A guest runs only while its layer and its Homelab are Running too.",
    ["Running", "Stopped"],
  ).default("Running"),
  dependsOn: listMap(
    "Guests of the same layer or of one below that must be healthy before the first start of this one in a boot. They are stopped after it. A cycle is Stalled with its path.",
    z.object({
      kind: oneOf("Kind of the guest.", ["Container", "VirtualMachine"]),
      name: word("Name of the guest's object in the same namespace."),
    }),
    { keys: ["kind", "name"], max: 32 },
  ).exactOptional(),
  startupTimeoutSeconds: integer(
    "Seconds after an observed start during which failing probes do not count yet. A change applies to the next start.",
    1,
    86_400,
  ).default(300),
  probes: listMap(
    "How to tell that the guest is healthy: all probes must succeed. Without probes it is healthy when it runs.",
    probe,
    { keys: ["name"], max: 16 },
  ).exactOptional(),
  recovery: z
    .object({
      onStopped: oneOf("What to do when the guest crashed or powered itself off.", ["Restart", "None"]).default(
        "Restart",
      ),
      onUnhealthy: oneOf(
        "What to do when the guest was healthy and its probes fail. Restart shuts it down gracefully and starts it again; it is never done for a guest that was not healthy before, nor when several guests fail together.",
        ["None", "Restart"],
      ).default("None"),
      maxRestarts: integer(
        "Restarts within the window after which the guest is left alone (RestartLimit). 0 never restarts.",
        0,
        1000,
      ).default(3),
      windowSeconds: integer("Length of the window, in seconds, in which restarts are counted.", 1, 604_800).default(
        900,
      ),
      respectManualStop: flag(
        "Leave a guest alone that a person stopped, until it is seen running again, spec.powerState is changed, or the restarted-at annotation gets a new value.",
      ).default(true),
    })
    .describe("What to do when the guest fails. Changes take effect at once; restarts that were counted stay counted.")
    .prefault({}),
  shutdown: z
    .object({
      timeoutSeconds: integer("Seconds a graceful shutdown may take before it counts as failed.", 1, 7200).default(60),
      force: flag(
        "Kill the guest when the graceful shutdown runs into its timeout. A kill in the middle of a write loses data; leave it off for databases.",
      ).default(false),
    })
    .describe("How the guest is stopped. Changes apply to the next stop.")
    .prefault({}),
};

/** Rules of the spec that Container and VirtualMachine have in common. */
export const guestSpecRules: readonly Rule[] = [
  {
    rule: "self.vmid == oldSelf.vmid",
    message: "vmid is immutable: a guest with another number is another guest; declare it as another object",
    reason: "FieldValueForbidden",
    fieldPath: ".vmid",
  },
  {
    rule: "!has(oldSelf.clusterRef) || (has(self.clusterRef) && self.clusterRef.name == oldSelf.clusterRef.name)",
    message: "clusterRef can be neither changed nor removed once written: a guest of another cluster is another guest",
    reason: "FieldValueForbidden",
    fieldPath: ".clusterRef",
  },
];

/** Over the whole object: a guest does not wait for itself. */
export function noSelfDependency(kind: "Container" | "VirtualMachine"): Rule {
  return {
    rule: `!has(self.spec.dependsOn) || self.spec.dependsOn.all(d, d.kind != '${kind}' || d.name != self.metadata.name)`,
    message: "a guest cannot depend on itself: take its own name out of dependsOn",
    fieldPath: ".spec.dependsOn",
  };
}
