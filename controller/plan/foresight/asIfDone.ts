import { FINALIZER } from "../../api/meta.ts";
import type { Decision } from "../action.ts";
import { changeOf, type Difference } from "../guests/configuration/difference.ts";
import type { GuestStatus } from "../../api/index.ts";
import type { GuestAction, GuestPatch } from "../guests/guestAction.ts";
import type { GuestInput, Sight, Task } from "../guests/guestInput.ts";
import type { Guest, Member } from "../lab.ts";
import { markText } from "../mark.ts";
import type { GuestConfig, GuestSeen } from "../../providers/port.ts";
import { createdConfig, grownConfig, keysOf, writtenConfig } from "./writtenConfig.ts";

type Present = Extract<Sight, { is: "present" }>;
type GuestDecision = Decision<GuestStatus, GuestAction>;

/** What the guest's next pass would go by once the status is written as decided, and nothing else has happened. */
export function asIfWritten(input: GuestInput, decision: GuestDecision): GuestInput {
  return next(input, { object: written(input.object, decision), sight: input.sight, task: { is: "none" } });
}

/** What the guest's next pass would go by once the step has done what it says, and its guest is well. */
export function asIfDone(
  input: GuestInput,
  decision: GuestDecision,
  action: GuestAction,
  differences: readonly Difference[],
): GuestInput {
  const object = written(input.object, decision, { ...action.record, task: undefined });
  const task: Task = action.makesTask
    ? { is: "known", action: action.op, upid: "", state: { is: "ended", ok: true, exit: "OK" } }
    : { is: "none" };
  const ownership = action.op === "Mark" ? { is: "ours" as const } : input.ownership;
  const image = action.op === "Download" ? { there: true, checked: true } : input.image;
  return next({ ...input, ownership, image }, { object, sight: sightAfter(input, action, differences), task });
}

interface After {
  readonly object: Guest;
  readonly sight: Sight;
  readonly task: Task;
}

function next(input: GuestInput, { object, sight, task }: After): GuestInput {
  const { lab, ownership } = input;
  const running = sight.is === "present" && sight.guest.power === "Running";
  const created = task.is === "known" && task.action === "Create" && sight.is === "present";
  const isMarked = created && sight.guest.tags.includes(markText(object.metadata));
  const probed = running && (object.spec.probes ?? []).length > 0;
  return {
    ...input,
    object,
    sight,
    task,
    member: memberAfter(input.member, object, sight),
    ownership: created ? { is: isMarked ? "ours" : "unmarked" } : ownership,
    health: probed
      ? { state: "Healthy", since: lab.monotonic, probes: [], judged: true, wasHealthy: true, noAddress: false }
      : undefined,
  };
}

function memberAfter(before: Member, object: Guest, sight: Sight): Member {
  if (sight.is === "absent") return { ...before, object, power: "Absent", health: "Unknown", healthySince: undefined };
  if (sight.is !== "present") return { ...before, object };
  const { guest, config } = sight;
  const running = guest.power === "Running";
  return {
    ...before,
    object,
    node: guest.node,
    power: guest.power,
    health: running ? "Healthy" : "Unknown",
    healthySince: running ? Number.NEGATIVE_INFINITY : undefined,
    startTime: guest.startTime,
    held: object.status?.hold !== undefined && !running,
    stopping: false,
    repairing: false,
    downCause: sight.down?.cause,
    ...(config === undefined ? {} : { onboot: config.onboot }),
  };
}

/** Without the fields that are undefined, as it is stored. */
function written(object: Guest, { report, finalizer }: GuestDecision, patch: GuestPatch = {}): Guest {
  const others = (object.metadata.finalizers ?? []).filter((one) => one !== FINALIZER);
  const { observedGeneration = 0, conditions = [] } = object.status ?? {};
  const fields = Object.entries({ ...report, ...patch }).filter(([, value]) => value !== undefined);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(finalizer === undefined ? {} : { finalizers: finalizer === "add" ? [...others, FINALIZER] : others }),
    },
    status: { ...Object.fromEntries(fields), observedGeneration, conditions },
  };
}

function sightAfter(input: GuestInput, action: GuestAction, differences: readonly Difference[]): Sight {
  const { sight } = input;
  if (action.op === "Create") return created(input, action) ?? sight;
  return sight.is === "present" ? presentAfter(input, sight, { action, differences }) : sight;
}

function presentAfter(
  { lab }: GuestInput,
  sight: Present,
  { action, differences }: { readonly action: GuestAction; readonly differences: readonly Difference[] },
): Sight {
  const { startTime: _, ...stopped } = sight.guest;
  switch (action.op) {
    case "Start": {
      const guest: GuestSeen = { ...stopped, power: "Running", startTime: lab.now };
      const config = sight.config === undefined ? undefined : { ...sight.config, pending: [] };
      return { ...sight, guest, config, down: undefined };
    }
    case "Shutdown":
      return {
        ...sight,
        guest: { ...stopped, power: "Stopped" },
        down: { cause: "Own", message: "stopped by this controller" },
      };
    case "Migrate":
      return { ...sight, guest: { ...sight.guest, node: action.target ?? sight.guest.node } };
    case "Destroy":
      return { is: "absent" };
    case "Mark":
    case "SetStartup":
    case "Configure":
    case "Resize":
      return configured(sight, action, differences);
    case "Snapshot": {
      const { able, names } = sight.snapshots ?? { able: true, names: [] };
      const made = action.snapshot === undefined ? [] : [action.snapshot.name];
      return { ...sight, snapshots: { able, names: [...names, ...made] } };
    }
    case "Create":
    case "Download":
      return sight;
  }
}

function configured(sight: Present, action: GuestAction, differences: readonly Difference[]): Present {
  const { change = {}, growth } = action;
  const guest = { ...sight.guest, tags: change.tags ?? sight.guest.tags };
  if (sight.config === undefined) return { ...sight, guest };
  const waiting = sight.guest.power === "Running" ? waitingKeys(sight.config, differences) : [];
  const written = keysOf(change);
  const config = writtenConfig(
    sight.config,
    change,
    waiting.filter((key) => written.includes(key)),
  );
  return { ...sight, guest, config: growth === undefined ? config : grownConfig(config, growth) };
}

/** Keys of what a running guest takes over with its next start. */
function waitingKeys(config: GuestConfig, differences: readonly Difference[]): readonly string[] {
  const edits = differences.flatMap(({ way }) => (way.is === "restart" ? [way.edit] : []));
  return keysOf(changeOf(edits, config));
}

function created({ object }: GuestInput, { creation }: GuestAction): Present | undefined {
  if (creation === undefined) return undefined;
  const { vmid, node } = creation;
  const config = createdConfig(creation);
  const guest: GuestSeen = {
    type: object.kind === "Container" ? "lxc" : "qemu",
    node,
    vmid,
    name: "hostname" in creation ? creation.hostname : creation.name,
    power: "Stopped",
    tags: config?.tags ?? [],
    template: false,
    sequence: 0,
  };
  return {
    is: "present",
    guest,
    config,
    addresses: [],
    busy: undefined,
    down: undefined,
    losses: undefined,
  };
}
