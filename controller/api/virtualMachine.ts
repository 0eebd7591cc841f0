import { z } from "zod";
import { oneOf, suspend, text, withRules, word } from "./fields.ts";
import { guestSpec, guestSpecRules, noSelfDependency } from "./guestFields.ts";
import { guestStatus } from "./guestStatus.ts";
import { guestColumns, guestConditions, guestSelectable } from "./guestView.ts";
import { vmHardwareFields } from "./vmFields.ts";
import { vmSourceRules } from "./vmSource.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf } from "./kind.ts";

export const VirtualMachine = defineKind({
  kind: "VirtualMachine",
  plural: "virtualmachines",
  shortNames: ["hvm"],
  description:
    "A QEMU virtual machine on Proxmox VE: there already, cloned from a template or made from images, started when its layer's turn comes, watched by probes, recovered when it fails and shut down in order.",
  spec: withRules(
    z.object({
      clusterRef: guestSpec.clusterRef,
      layerRef: guestSpec.layerRef,
      vmid: guestSpec.vmid,
      node: word(
        "Proxmox node the machine should be on. Default: the only node. A change migrates the machine there, online if it runs, with its local disks; with management: Power it is only reported. Nothing is moved that HA manages, that its devices keep where it is, or that was found on another node without such a change: that is reported as drift and stays there.",
        63,
      ).exactOptional(),
      hostname: guestSpec.hostname
        .describe(
          "Name of the machine in Proxmox. Under management Power it is a safeguard: one whose name differs is not touched (GuestDiffers). Under Full a change is written at once. Absent: not compared, and the object's name at creation.",
        )
        .exactOptional(),
      management: oneOf(
        "How far the controller goes: Power starts, stops and restarts, and needs no mark; Full also creates, marks and configures; Observe only watches. Takes effect at once.",
        ["Power", "Full", "Observe"],
      ).default("Power"),
      description: text(
        "Notes shown in the Proxmox UI. A change is written at once. Absent: not managed; empty: none.",
        8192,
      ).exactOptional(),
      adoption: guestSpec.adoption,
      deletionPolicy: guestSpec.deletionPolicy,
      updatePolicy: guestSpec.updatePolicy,
      driftPolicy: guestSpec.driftPolicy,
      powerState: guestSpec.powerState,
      dependsOn: guestSpec.dependsOn,
      ...vmHardwareFields,
      startupTimeoutSeconds: guestSpec.startupTimeoutSeconds,
      probes: guestSpec.probes,
      recovery: guestSpec.recovery,
      shutdown: guestSpec.shutdown,
      suspend,
    }),
    ...guestSpecRules,
    ...vmSourceRules,
  ),
  status: guestStatus,
  columns: guestColumns,
  conditions: guestConditions,
  selectableFields: guestSelectable,
  rules: [noSelfDependency("VirtualMachine")],
});

export type VirtualMachine = ObjectOf<typeof VirtualMachine>;
