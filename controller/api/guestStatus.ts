import { z } from "zod";
import { integer, list, listMap, oneOf, text, time, word } from "./fields.ts";
import { incidentOf } from "./incidentFields.ts";

const upid = text("Proxmox's id of the task (UPID).", 256);

/** Status of Container and VirtualMachine. */
export const guestStatus = z.object({
  node: text("Proxmox node the guest was last seen on.", 64).exactOptional(),
  powerState: oneOf("Whether the guest runs, as last seen; Unknown while it cannot be seen.", [
    "Running",
    "Stopped",
    "Unknown",
  ]).exactOptional(),
  health: oneOf(
    "Starting until every probe has succeeded once since the start, then Healthy or Unhealthy; Unknown while the guest does not run or cannot be seen.",
    ["Healthy", "Starting", "Unhealthy", "Unknown"],
  ).exactOptional(),
  startTime: time("When the guest was last started, as the node's clock has it.").exactOptional(),
  bootID: text(
    "The boot (Homelab status.lastBoot.id) in which the guest was last seen running. Gates no longer hold it in that boot.",
    64,
  ).exactOptional(),
  createdVmid: integer(
    "vmid of the guest that was created for this very object. Absent for adopted ones.",
    100,
    999_999_999,
  ).exactOptional(),
  seenVmid: integer(
    "vmid that was once seen to exist here. If it vanishes it is not created again by itself.",
    100,
    999_999_999,
  ).exactOptional(),
  markedVmid: integer(
    "vmid of the guest that was seen with this object's mark. If another namespace's mark takes its place it is not adopted back by itself.",
    100,
    999_999_999,
  ).exactOptional(),
  addresses: list(
    "Addresses observed on the guest's own interfaces: static first, IPv4 first.",
    text("An IP address.", 64),
    32,
  ).exactOptional(),
  probes: listMap(
    "What each probe last found. Changes on transitions only.",
    z.object({
      name: word("Name of the probe.", 63),
      state: oneOf("Unknown until the first verdict.", ["Succeeding", "Failing", "Unknown"]),
      message: text("Why it fails; empty while it succeeds.", 1024).exactOptional(),
      lastTransitionTime: time("When the state last changed.").exactOptional(),
    }),
    { keys: ["name"], max: 16 },
  ).exactOptional(),
  task: z
    .object({
      action: word("What is being done, such as Start, Shutdown or Create.", 64),
      startTime: time("When the intent was written, before the call."),
      nodeTime: time("The clock of the guest's node then; a task that is older is not this step's.").exactOptional(),
      upid: upid.exactOptional(),
    })
    .describe("The step under way at Proxmox; absent at rest. Its UPID is added when Proxmox has answered.")
    .exactOptional(),
  hold: z
    .object({
      by: text("The Proxmox user who stopped the guest.", 256),
      time: time("When it was stopped."),
      upid: upid.exactOptional(),
    })
    .describe(
      "Set while a person's stop is respected. It ends when the guest is seen running, spec.powerState is changed, or restarted-at gets a new value.",
    )
    .exactOptional(),
  lastStart: z
    .object({
      bootID: text("The boot it belongs to.", 64),
      requestTime: time("When the start was asked for; absent when somebody else started it.").exactOptional(),
      runningTime: time("When it was first seen running.").exactOptional(),
      healthyTime: time("When it was first healthy.").exactOptional(),
      slowestProbe: text("The probe that succeeded last.", 63).exactOptional(),
    })
    .describe("How the guest came up the last time.")
    .exactOptional(),
  restarts: z
    .object({
      count: integer("Restarts by the controller within the current window.", 0, 1_000_000),
      lastTime: time("When the last one was issued.").exactOptional(),
      lastCause: text("Why.", 64).exactOptional(),
      windowStartTime: time("When the current window began.").exactOptional(),
    })
    .describe("Restarts for recovery, counted against spec.recovery.maxRestarts.")
    .exactOptional(),
  lastIncident: incidentOf("Crashed, Unhealthy, StoppedByHand, HA or Unknown"),
  drift: list(
    "Where the guest's configuration differs from the spec. It is corrected where driftPolicy says so and it can be done without loss.",
    z.object({
      field: word("Field of the spec."),
      desired: text("Value in the spec.", 1024),
      actual: text("Value in Proxmox.", 1024),
      changedBy: text("Who changed it in Proxmox, where its task list proves it.", 256).exactOptional(),
      changeTime: time("When, by the node's clock.").exactOptional(),
    }),
    64,
  ).exactOptional(),
  pendingChanges: list(
    "Changes that are not in effect yet.",
    z.object({
      field: word("Field of the spec, or the Proxmox key of what the spec does not mention."),
      message: text("Why it waits.", 1024),
    }),
    64,
  ).exactOptional(),
  updating: z
    .object({
      time: time("When the restart was asked for."),
      formerStartTime: time("Its start before that.").exactOptional(),
    })
    .describe(
      "Set from a restart for waiting changes (updatePolicy Restart) until the guest is healthy again. Other guests of its layer and of those above are not restarted meanwhile.",
    )
    .exactOptional(),
  snapshotBefore: z
    .object({
      name: word("Name of the snapshot.", 40),
      generation: integer("The generation of the spec whose changes came after it.", 0, Number.MAX_SAFE_INTEGER),
    })
    .describe(
      "The snapshot that was asked for before the last update, where a SnapshotPolicy has beforeUpdate. Whether it is there, the guest itself tells.",
    )
    .exactOptional(),
  unmanaged: list(
    "Keys of the guest's configuration that the spec does not mention; they are left as they are.",
    text("A Proxmox configuration key.", 64),
    256,
  ).exactOptional(),
  deletion: z
    .object({
      firstSeenTime: time(
        "When the deletion was first seen; the first stop follows 60 s later at the earliest.",
      ).exactOptional(),
    })
    .describe("Set while the object is being deleted.")
    .exactOptional(),
  lastHandledRestartAt: text(
    "Value of the restarted-at annotation that was last acted upon, or found at the first pass.",
    256,
  ).exactOptional(),
  pendingRestart: z
    .object({
      value: text("Value of the restarted-at annotation.", 256),
      powerState: oneOf("Whether the guest ran when it was first seen: stop and start it, or only start it.", [
        "Running",
        "Stopped",
      ]),
    })
    .describe("A restart that was asked for and waits. What happens to the guest meanwhile may answer it.")
    .exactOptional(),
  lastHandledReconcileAt: text(
    "Value of the reconcile-requested-at annotation that was last answered.",
    256,
  ).exactOptional(),
  lastHandledRecreate: text(
    "Value of the recreate annotation that was answered; to ask again remove the annotation first.",
    64,
  ).exactOptional(),
  lastHandledPowerState: oneOf("spec.powerState as last acted upon; a change of it ends a hold.", [
    "Running",
    "Stopped",
  ]).exactOptional(),
  lastHandledNode: text(
    "spec.node that is in force; without one, the node the guest was last seen on. Only a change of spec.node away from it migrates the guest.",
    64,
  ).exactOptional(),
  migration: z
    .object({
      from: text("Node the guest leaves.", 64),
      to: text("Node it is migrated to.", 64),
      failure: text("Why it was not migrated; it is not tried again by itself.", 1024).exactOptional(),
    })
    .describe(
      "Set from the first step of a migration until the guest runs on the new node, or rests there. After a failure it stays until spec.node is changed or restarted-at gets a new value.",
    )
    .exactOptional(),
  summary: z
    .object({ address: text("First observed address.", 64).exactOptional() })
    .describe("Short texts for the columns of kubectl get.")
    .exactOptional(),
});
