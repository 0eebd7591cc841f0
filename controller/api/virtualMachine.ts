import { z } from "zod";
import { oneOf, suspend, withRules, word } from "./fields.ts";
import { guestSpec, guestSpecRules, noSelfDependency } from "./guestFields.ts";
import { guestStatus } from "./guestStatus.ts";
import { guestColumns, guestConditions, guestSelectable } from "./guestView.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf } from "./kind.ts";

export const VirtualMachine = defineKind({
  kind: "VirtualMachine",
  plural: "virtualmachines",
  shortNames: ["hvm"],
  description:
    "A QEMU virtual machine on Proxmox VE that exists already: started when its layer's turn comes, watched by probes, recovered when it fails and shut down in order.",
  spec: withRules(
    z.object({
      clusterRef: guestSpec.clusterRef,
      layerRef: guestSpec.layerRef,
      vmid: guestSpec.vmid,
      node: word(
        "Proxmox node the machine should be on. Default: the only node. A machine found on another node is reported as drift and stays there.",
        63,
      ).exactOptional(),
      hostname: guestSpec.hostname
        .describe(
          "Name of the machine in Proxmox, as a safeguard: one whose name differs is not touched (GuestDiffers). Absent: not compared.",
        )
        .exactOptional(),
      management: oneOf(
        "How far the controller goes: Power starts, stops and restarts; Observe only watches. Takes effect at once.",
        ["Power", "Observe"],
      ).default("Power"),
      adoption: guestSpec.adoption,
      powerState: guestSpec.powerState,
      dependsOn: guestSpec.dependsOn,
      startupTimeoutSeconds: guestSpec.startupTimeoutSeconds,
      probes: guestSpec.probes,
      recovery: guestSpec.recovery,
      shutdown: guestSpec.shutdown,
      suspend,
    }),
    ...guestSpecRules,
  ),
  status: guestStatus,
  columns: guestColumns,
  conditions: guestConditions,
  selectableFields: guestSelectable,
  rules: [noSelfDependency("VirtualMachine")],
});

export type VirtualMachine = ObjectOf<typeof VirtualMachine>;
