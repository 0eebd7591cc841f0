import { z } from "zod";
import { containerCreation, mountRules } from "./containerFields.ts";
import { suspend, oneOf, text, withRules, word } from "./fields.ts";
import { guestStatus } from "./guestStatus.ts";
import { guestColumns, guestConditions, guestSelectable } from "./guestView.ts";
import { guestSpec, guestSpecRules, noSelfDependency } from "./guestFields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";

export const Container = defineKind({
  kind: "Container",
  plural: "containers",
  shortNames: ["hct"],
  description:
    "An LXC container on Proxmox VE: adopted as it is or created from a template, started when its layer's turn comes, watched by probes, recovered when it fails and shut down in order.",
  spec: withRules(
    z.object({
      clusterRef: guestSpec.clusterRef,
      layerRef: guestSpec.layerRef,
      vmid: guestSpec.vmid,
      node: word(
        "Proxmox node on which the container is created. Default: the only node. A change moves the container there: it is shut down gracefully, migrated, and started again if it ran. Nothing is moved that HA manages, that its storage or devices keep where it is, or that was found on another node without such a change: that is reported as drift and stays there.",
        63,
      ).exactOptional(),
      hostname: guestSpec.hostname
        .describe(
          "Host name. At creation the default is the object's name. Under management Power a container whose name differs is not touched (GuestDiffers). A change is written at once (driftPolicy) and in effect inside the container with its next start.",
        )
        .exactOptional(),
      description: text(
        "Notes shown in the Proxmox UI. A change is written at once. Absent: not managed; empty: none.",
        8192,
      ).exactOptional(),
      management: oneOf(
        "How far the controller goes: Full creates, marks and powers; Power only starts, stops and restarts, and needs no mark; Observe only watches. Takes effect at once.",
        ["Full", "Power", "Observe"],
      ).default("Full"),
      adoption: guestSpec.adoption,
      deletionPolicy: guestSpec.deletionPolicy,
      updatePolicy: guestSpec.updatePolicy,
      driftPolicy: guestSpec.driftPolicy,
      powerState: guestSpec.powerState,
      dependsOn: guestSpec.dependsOn,
      ...containerCreation,
      startupTimeoutSeconds: guestSpec.startupTimeoutSeconds,
      probes: guestSpec.probes,
      recovery: guestSpec.recovery,
      shutdown: guestSpec.shutdown,
      suspend,
    }),
    ...guestSpecRules,
    ...mountRules,
  ),
  status: guestStatus,
  columns: guestColumns,
  conditions: guestConditions,
  selectableFields: guestSelectable,
  rules: [noSelfDependency("Container")],
});

export type Container = ObjectOf<typeof Container>;
export type ContainerStatus = StatusOf<typeof Container>;
