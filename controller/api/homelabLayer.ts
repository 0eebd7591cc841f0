import { z } from "zod";
import { integer, intOrString, list, listMap, oneOf, suspend, text, time, withRules, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";

const healthGate = z
  .object({
    quorum: withRules(
      intOrString("Members that must be healthy for the gate to open: a number, or a percentage, which is rounded up."),
      {
        rule: "type(self) == int ? self >= 0 : string(self).matches('^(100|[1-9]?[0-9])%$')",
        message: 'quorum is a number of members or a percentage from "0%" to "100%": write 2 or "50%"',
      },
    ).default("100%"),
    minMembers: integer(
      "Objects that must name this layer before the gate can open. 0 lets an empty layer pass.",
      0,
      10_000,
    ).default(1),
    minHealthySeconds: integer("Seconds the quorum must have held before the gate opens.", 0, 86_400).default(0),
    timeoutSeconds: integer(
      "Seconds from the layer's release after which onTimeout applies. It is never shorter than the longest startupTimeoutSeconds of its members and half a minute.",
      1,
      86_400,
    ).default(300),
    onTimeout: oneOf(
      "Halt keeps the layers above down until the gate opens; Proceed starts them, and the lab is Degraded.",
      ["Halt", "Proceed"],
    ).default("Halt"),
  })
  .describe("When the layers above may start. Changes take effect at once; nothing that runs is stopped by a gate.")
  .prefault({});

export const HomelabLayer = defineKind({
  kind: "HomelabLayer",
  plural: "homelablayers",
  shortNames: ["hll"],
  description:
    "A step of the boot: guests that start together, behind the layers it depends on and before those above.",
  spec: z.object({
    displayName: text("Name for people. A change is shown and does nothing else.", 256).exactOptional(),
    dependsOn: listMap(
      "Layers that must be ready first; those are stopped after this one. Any graph without a cycle; a cycle is Stalled with its path. Takes effect at the next step.",
      z.object({ name: word("Name of the HomelabLayer in the same namespace.") }),
      { keys: ["name"], max: 32 },
    ).exactOptional(),
    powerState: oneOf(
      "Stopped shuts down the layers above, then this one, and keeps them down; Running boots them again in order. Takes effect at the next step.",
      ["Running", "Stopped"],
    ).default("Running"),
    healthGate,
    suspend,
  }),
  status: z.object({
    order: integer("Longest path from a layer without dependencies, from 1.", 0, 10_000).exactOptional(),
    ready: integer("Members that count as healthy.", 0, 1_000_000).exactOptional(),
    total: integer(
      "Members that count: neither declared Stopped nor held by hand nor leaving.",
      0,
      1_000_000,
    ).exactOptional(),
    notReady: list(
      "The first 20 members that are not ready, and why.",
      z.object({
        kind: word("Kind of the member.", 63),
        name: word("Its name."),
        reason: text("Reason of its Ready condition.", 128),
      }),
      20,
    ).exactOptional(),
    gate: z
      .object({
        open: z.boolean().describe("Whether the layers above may start."),
        bootID: text("The boot its state belongs to.", 64).exactOptional(),
        openTime: time("When it first opened in that boot.").exactOptional(),
      })
      .describe("The health gate of the layer.")
      .exactOptional(),
    lastStart: z
      .object({
        bootID: text("The boot.", 64),
        releaseTime: time("When all lower gates were open."),
        countTime: time(
          "Since when healthGate.timeoutSeconds counts, where that is not the release: it begins anew with a changed layer or member, and stands still while the host or Proxmox is away.",
        ).exactOptional(),
        readyTime: time("When the gate opened.").exactOptional(),
        durationSeconds: z.number().min(0).describe("From release to ready, in seconds.").exactOptional(),
      })
      .describe("How the layer came up in the last boot.")
      .exactOptional(),
    lastHandledReconcileAt: text(
      "Value of the reconcile-requested-at annotation that was last answered.",
      256,
    ).exactOptional(),
    summary: z
      .object({
        members: text('Members ready of those that count: "3/3".', 32).exactOptional(),
        dependsOn: text('Names of the layers below: "core,storage".', 1024).exactOptional(),
        boot: text('How long the last start took: "19s".', 32).exactOptional(),
      })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "Order", type: "integer", path: ".status.order", description: "Place in the boot." },
    {
      name: "Members",
      type: "string",
      path: ".status.summary.members",
      description: "Members ready of those that count.",
    },
    { name: "Depends-On", type: "string", path: ".status.summary.dependsOn", description: "Layers it waits for." },
    { name: "Boot", type: "string", path: ".status.summary.boot", description: "How long its last start took." },
  ],
  conditions: [
    { type: "MembersHealthy", means: "Every member that counts is healthy." },
    { type: "GateOpen", means: "The layers above may start." },
  ],
  selectableFields: [],
  rules: [
    {
      rule: "!has(self.spec.dependsOn) || self.spec.dependsOn.all(d, d.name != self.metadata.name)",
      message: "a layer cannot depend on itself: take its own name out of dependsOn",
      fieldPath: ".spec.dependsOn",
    },
  ],
});

export type HomelabLayer = ObjectOf<typeof HomelabLayer>;
export type HomelabLayerStatus = StatusOf<typeof HomelabLayer>;
