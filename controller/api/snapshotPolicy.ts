import { z } from "zod";
import { flag, integer, list, listMap, oneOf, ref, suspend, text, time, withRules, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";

const guestKind = oneOf("Kind of the guest.", ["Container", "VirtualMachine"]);

const selector = z
  .object({
    layerRef: ref("Only guests of this layer.", "HomelabLayer").exactOptional(),
    matchLabels: listMap(
      "Only guests that carry every one of these labels.",
      z.object({ key: word("Key of the label.", 317), value: text("Its value.", 63) }),
      { keys: ["key"], max: 16 },
    ).exactOptional(),
  })
  .describe("Guests of the namespace by layer and labels. Empty: all of them.");

const count = (of: string): z.ZodInt => integer(`Snapshots to keep of ${of}, the newest of each.`, 1, 1000);

const keep = withRules(
  z.object({
    last: integer("The newest so many.", 1, 1000).exactOptional(),
    hourly: count("the last hours that have one").exactOptional(),
    daily: count("the last days that have one").exactOptional(),
    weekly: count("the last weeks that have one; they begin on Monday").exactOptional(),
    monthly: count("the last months that have one").exactOptional(),
  }),
  {
    rule: "has(self.last) || has(self.hourly) || has(self.daily) || has(self.weekly) || has(self.monthly)",
    message: "keep says at least one of last, hourly, daily, weekly, monthly; leave it out to keep all",
  },
).describe(
  "Which snapshots of this policy stay; one that no rule keeps is removed. Periods are those of timeZone. Absent: all stay. Snapshots that are not of this policy are never removed.",
);

export const SnapshotPolicy = defineKind({
  kind: "SnapshotPolicy",
  plural: "snapshotpolicies",
  shortNames: ["hsnap"],
  description:
    "Snapshots of guests on a schedule and before their updates, and how many of them stay. One guest of a node at a time. Restoring one is a person's decision: the controller waits while Proxmox works on the guest.",
  spec: withRules(
    z.object({
      schedule: withRules(z.string().min(9).max(128), {
        rule: "self.matches('^[^ ]+( [^ ]+){4}$')",
        message:
          'schedule is a cron expression of five fields, such as "30 2 * * *": minute, hour, day, month, weekday',
      }).describe(
        "When, as a cron expression: minute, hour, day of month, month, day of week. A run that was missed is caught up once.",
      ),
      timeZone: withRules(z.string().min(1).max(64), {
        rule: "self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$')",
        message: "timeZone is a name of the IANA database, such as Europe/Madrid",
      })
        .describe("Time zone of schedule and keep, by its IANA name.")
        .default("Etc/UTC"),
      selector: selector.exactOptional(),
      targets: listMap(
        "Guests by name, beside those of the selector.",
        z.object({ kind: guestKind, name: word("Its name.") }),
        { keys: ["kind", "name"], max: 256 },
      ).exactOptional(),
      keep: keep.exactOptional(),
      includeMemory: flag(
        "Save the memory of running VMs too, which takes its time and space. Containers have none to save.",
      ).default(false),
      beforeUpdate: flag(
        "Make a snapshot of a guest before the controller changes its configuration, grows a volume of it or restarts it for changes: one for each generation of its spec. Without that snapshot nothing of it is changed. A suspended policy asks for none. A migration and a first configuration are no updates.",
      ).default(false),
      suspend,
    }),
    {
      rule: "has(self.selector) || has(self.targets)",
      message: "name the guests: selector, targets, or both; selector: {} is every guest",
    },
  ),
  status: z.object({
    lastScheduleTime: time("The last time of the schedule that is done with.").exactOptional(),
    nextScheduleTime: time("The next one.").exactOptional(),
    guests: list(
      "The guests it concerns, the first 256 of them.",
      z.object({
        kind: guestKind,
        name: word("Its name."),
        count: integer("Snapshots of this policy that it has.", 0, 10_000),
        newest: time("The time of the schedule that its newest one of a run is of.").exactOptional(),
        message: text("Why the last run has none; empty when it has.", 512).exactOptional(),
      }),
      256,
    ).exactOptional(),
    task: z
      .object({
        action: word("Snapshot or DeleteSnapshot.", 64),
        kind: guestKind,
        name: word("Name of the guest."),
        snapshot: word("Name of the snapshot.", 40),
        startTime: time("When the intent was written, before the call."),
        upid: text("Proxmox's id of the task (UPID).", 256).exactOptional(),
      })
      .describe("The step under way at Proxmox; absent at rest.")
      .exactOptional(),
    lastHandledReconcileAt: text(
      "Value of the reconcile-requested-at annotation that was last answered.",
      256,
    ).exactOptional(),
    summary: z
      .object({ guests: text('Guests with a snapshot of the last run, of all: "11/12".', 32).exactOptional() })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "Schedule", type: "string", path: ".spec.schedule", description: "When." },
    {
      name: "Guests",
      type: "string",
      path: ".status.summary.guests",
      description: "With a snapshot of the last run, of all.",
    },
    { name: "Last", type: "string", path: ".status.lastScheduleTime", description: "Last run that is done." },
    { name: "Next", type: "string", path: ".status.nextScheduleTime", description: "Next run.", priority: 1 },
  ],
  conditions: [],
  selectableFields: [],
  rules: [],
});

export type SnapshotPolicy = ObjectOf<typeof SnapshotPolicy>;
export type SnapshotPolicyStatus = StatusOf<typeof SnapshotPolicy>;
