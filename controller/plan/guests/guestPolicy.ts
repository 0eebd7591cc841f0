import type { Outcome } from "../../base/outcome.ts";
import type { Reason } from "../../base/reasons.ts";
import type { GuestAction } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";
import { RECHECK_MS } from "../outcomes.ts";
import { holdFirstStart, holdStart, holdStop } from "./holds.ts";
import { changeNeeds } from "./configuration/changeNeeds.ts";
import { migratingBefore } from "./handledNode.ts";
import { machineNeeds } from "./machineNeeds.ts";
import { guestPath, lacking, needText, type Need } from "../need.ts";
import { creationNeeds, destructionNeeds, migrationNeeds } from "./permissions.ts";

/** Says why a step may not be done now, or nothing. */
type Policy = (action: GuestAction, input: GuestInput) => Outcome | undefined;

/**
 * Everything that may hold a step, in its precedence: suspend, protection, management, then the rest. A plan never asks
 * any of this.
 */
const policies: readonly Policy[] = [
  suspended,
  allowed,
  protection,
  management,
  owned,
  permitted,
  refused,
  busy,
  brake,
  firstStart,
  turnToStop,
  turnToMove,
];

/** The first policy that holds the step, or undefined when it may be done. */
export function heldBy(action: GuestAction, input: GuestInput): Outcome | undefined {
  for (const policy of policies) {
    const held = policy(action, input);
    if (held !== undefined) return held;
  }
  return undefined;
}

const will: Record<GuestAction["op"], string> = {
  Start: "would start it",
  Shutdown: "would shut it down",
  Download: "would fetch its image",
  Create: "would create it",
  Mark: "would adopt it (a tag is written, nothing else)",
  SetStartup: "would set onboot and startup order",
  Configure: "would change its configuration",
  Resize: "would grow a volume",
  Destroy: "would destroy it",
  Migrate: "would migrate it",
  Snapshot: "would make a snapshot of it and then change it",
};

function suspended(action: GuestAction, { member, sight }: GuestInput): Outcome | undefined {
  if (!member.suspended) return undefined;
  const then = action.op === "Mark" && sight.is === "present" ? thenPower(sight.guest.power, member.wanted) : "";
  return settled("Suspended", `suspended; ${will[action.op]}${then}: ${action.because}`);
}

/** What an adopted guest would meet next. */
function thenPower(is: string, wanted: string): string {
  if (is === wanted || is === "Unknown") return "";
  return wanted === "Running" ? ", then start it when its layer's turn comes" : ", then shut it down";
}

function allowed(_action: GuestAction, { forbidden }: GuestInput): Outcome | undefined {
  if (forbidden === undefined) return undefined;
  const is = forbidden.reason === "HomelabMissing" ? "waiting" : "stalled";
  return { is, reason: forbidden.reason, message: forbidden.message };
}

/** Protected guests may be started, never stopped, changed or destroyed (I6). */
function protection(action: GuestAction, { rules, object, member }: GuestInput): Outcome | undefined {
  if (rules === undefined || action.effect === "starts" || action.effect === "creates") return undefined;
  if (rules.protectedVmids.has(object.spec.vmid))
    return settled(
      "Protected",
      `protected: vmid ${String(object.spec.vmid)} is never stopped or changed; ${will[action.op]} otherwise`,
    );
  if (rules.protectionKnown || !needsProof(action)) return undefined;
  return {
    is: "stalled",
    reason: "ConfirmProtection",
    message:
      `${will[action.op]}, but it is not known which guest this controller itself runs in (${member.id} could be it). ` +
      `List its vmid in spec.protectedVmids of ProxmoxCluster ${rules.name}, or [] if it runs outside`,
  };
}

/** What could take the controller down for good: a stop by declaration, a destroy, an autostart switched off (I6). */
function needsProof(action: GuestAction): boolean {
  return (
    action.effect === "destroys" ||
    action.declared === true ||
    action.update === true ||
    action.moves === true ||
    action.change?.onboot === false
  );
}

function management(action: GuestAction, { object }: GuestInput): Outcome | undefined {
  const mode = object.spec.management;
  if (mode === "Observe") return settled("Observing", `only observed; ${will[action.op]} otherwise`);
  if (mode === "Power" && ((action.effect !== "starts" && action.effect !== "stops") || action.moves === true))
    return settled("Settled", `management is Power; ${will[action.op]} otherwise`);
  return undefined;
}

/** A person's word for the vmid is enough for power; everything else needs our mark, save starting a protected one (I3). */
function owned(action: GuestAction, { ownership, object, rules }: GuestInput): Outcome | undefined {
  if (action.effect === "creates" || action.effect === "marks" || object.spec.management === "Power") return undefined;
  if (ownership === undefined || ownership.is === "ours") return undefined;
  if (action.effect === "starts" && rules?.protectedVmids.has(object.spec.vmid) === true) return undefined;
  return { is: "waiting", reason: "Adopting", message: "waits for its mark" };
}

/** What the token may not do is not tried: it is named, and goes on when the privilege is there (A7). */
function permitted(action: GuestAction, input: GuestInput): Outcome | undefined {
  const { permissions } = input;
  if (permissions === undefined) return undefined;
  const missing = lacking(permissions, needsOfAction(action, input));
  if (missing.length === 0) return undefined;
  return {
    is: "stalled",
    reason: "PermissionMissing",
    message: `${will[action.op]}, but the token lacks ${missing.map(needText).join(", ")}; grant it to the token and to its user (docs/permissions.md)`,
    afterMs: 60_000,
  };
}

/** Proxmox refused just this for want of a privilege that our reading did not foresee: not again for five minutes (A7). */
function refused(action: GuestAction, { memory, object }: GuestInput): Outcome | undefined {
  const failure = [memory.lastFailure, memory.configFailure].find((past) => past?.op === action.op);
  if (failure?.op !== action.op || failure.kind !== "permission") return undefined;
  const wait = RECHECK_MS - failure.agoMs;
  if (wait <= 0 || failure.generation !== object.metadata.generation) return undefined;
  return { is: "stalled", reason: "PermissionMissing", message: failure.text, afterMs: wait };
}

function needsOfAction(action: GuestAction, { object, lab, sight }: GuestInput): readonly Need[] {
  const path = guestPath(object.spec.vmid);
  switch (action.effect) {
    case "starts":
    case "stops":
      return [{ privilege: "VM.PowerMgmt", path }, ...(action.moves === true ? migrationNeeds(object.spec.vmid) : [])];
    case "marks":
      return [{ privilege: "VM.Config.Options", path }];
    case "configures":
      return changeNeeds(object.spec.vmid, action, sight.is === "present" ? sight.config : undefined);
    case "creates":
      return object.kind === "Container" ? creationNeeds(object, lab) : machineNeeds(action);
    case "destroys":
      return destructionNeeds(object.spec.vmid);
    case "moves":
      return migrationNeeds(object.spec.vmid);
    case "snapshots":
      return [{ privilege: "VM.Snapshot", path }];
  }
}

function busy(action: GuestAction, { sight, object }: GuestInput): Outcome | undefined {
  if (sight.is !== "present" || sight.busy === undefined) return undefined;
  const { word, by, leftover } = sight.busy;
  if (word === "startall")
    return {
      is: "waiting",
      reason: "NodeStarting",
      message: `its node starts its guests by itself${by === undefined ? "" : ` (${by})`}; waits for that to end`,
      afterMs: 1000,
    };
  if (word === "stopall")
    return {
      is: "waiting",
      reason: "NodeStopping",
      message: `its node stops all guests${by === undefined ? "" : ` (${by})`}`,
      afterMs: 1000,
    };
  if (!leftover)
    return {
      is: "waiting",
      reason: "GuestBusy",
      message: `${word}${by === undefined ? "" : ` by ${by}`} is at work on it; ${will[action.op]} afterwards`,
      afterMs: 2000,
    };
  const command = object.kind === "Container" ? "pct" : "qm";
  return {
    is: "stalled",
    reason: "LeftoverLock",
    message: `lock "${word}" is left over and no task runs; if nothing works on it, clear it on the node: ${command} unlock ${String(object.spec.vmid)}`,
    afterMs: 10_000,
  };
}

/** Only a few destructive steps in ten minutes; the rest wait for a person (I8). */
function brake(action: GuestAction, { brake }: GuestInput): Outcome | undefined {
  if (action.effect !== "destroys" || brake.recent < brake.max || brake.confirmed) return undefined;
  return {
    is: "stalled",
    reason: "HeldByBrake",
    message:
      `spec.brake.maxDestroys is ${String(brake.max)}, and that many were destroyed within ten minutes; ` +
      `held: ${brake.held.join(", ")}. To go on: kubectl annotate hl --all --overwrite homelab.neuralcodelab.com/confirm-destroys=${brake.hash}`,
    afterMs: 30_000,
  };
}

function firstStart(action: GuestAction, { lab, member }: GuestInput): Outcome | undefined {
  if (action.effect !== "starts") return undefined;
  return action.first === true ? holdFirstStart(lab, member) : holdStart(lab);
}

/** A guest that is to be destroyed waits for nobody: its object is gone, the layers above go on without it. */
function turnToStop(action: GuestAction, { lab, member }: GuestInput): Outcome | undefined {
  const declared = action.declared === true && !member.leaving;
  return declared ? holdStop(lab, member) : undefined;
}

/** Of each node one guest is moved at a time; no layer holds it (A10). */
function turnToMove(action: GuestAction, input: GuestInput): Outcome | undefined {
  const other = action.moves === true ? migratingBefore(input) : undefined;
  if (other === undefined) return undefined;
  return { is: "waiting", reason: "Migrating", message: `waits for the migration of ${other}`, afterMs: 5_000 };
}

function settled(reason: Reason, message: string): Outcome {
  return { is: "settled", reason, message };
}
