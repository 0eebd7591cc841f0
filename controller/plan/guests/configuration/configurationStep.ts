import { isDeleting } from "../../../api/meta.ts";
import type { ConfigChange, GuestConfig } from "../../../providers/port.ts";
import type { GuestAction } from "../guestAction.ts";
import type { GuestInput } from "../guestInput.ts";
import { heldBy } from "../guestPolicy.ts";
import type { Step } from "../guestStep.ts";
import { progressing, RECHECK_MS, stalled } from "../../outcomes.ts";
import { hasCreated, isAtWork } from "../guestTaskStep.ts";
import { changeOf, type Difference, type FieldChange } from "./difference.ts";
import { isRestartAsked } from "../restartRequest.ts";
import { corrects, updatePolicyOf } from "./policy.ts";
import { restartForChanges } from "./restartTurn.ts";
import { withSnapshot } from "../updateSnapshot.ts";

/**
 * What is declared of the guest itself, beside whatever else goes on: written, grown, refused, or restarted for. Before a
 * first start and before a restart that was asked for it goes first; nothing that is urgent waits for it.
 */
export function withConfiguration(step: Step, input: GuestInput, differences: readonly Difference[]): Step {
  const config = configToCorrect(step, input);
  if (config === undefined || !yields(step, input)) return step;
  // A volume grows before its mount is written, so that the write has its size.
  const steps = [growStep(input, differences, config), writeStep(input, differences, config)].flatMap((one) =>
    one === undefined ? [] : [orHeld(one, input)],
  );
  const next = steps.find(({ action, because }) => action !== undefined && because === undefined);
  if (next !== undefined) return { ...withoutAction(step), outcome: next.outcome, ...actionOf(next) };
  const held = steps.find(({ because }) => because !== undefined);
  return unwritten(step, input, { held, told: steps[0] ?? refusedStep(differences) });
}

/** A step of the configuration with the policy that holds it, where one does. */
interface HeldStep {
  readonly action?: GuestAction;
  readonly because: Step["outcome"] | undefined;
}

/** With the snapshot before it, where a policy wants one; what is held needs none. */
function orHeld(step: Step, input: GuestInput): Step & HeldStep {
  const because = step.action === undefined ? undefined : heldBy(step.action, input);
  if (because !== undefined) return { ...step, because };
  const next = withSnapshot(step, input);
  return { ...next, because: next.action === undefined ? undefined : heldBy(next.action, input) };
}

function heldOf(action: GuestAction | undefined): Pick<Step, "held"> {
  return action === undefined ? {} : { held: action };
}

/** Nothing can be written now: because something holds it, because Proxmox refused it, or because nothing is to be. */
function unwritten(
  step: Step,
  input: GuestInput,
  { held, told }: { readonly held: HeldStep | undefined; readonly told: Step | undefined },
): Step {
  const why = held?.because ?? told?.outcome;
  if (step.action?.first === true && why !== undefined && isFreshClone(input))
    return { ...withoutAction(step), outcome: why, ...heldOf(held?.action) };
  if (held?.because === undefined) return besideStep(step, input, told);
  return isAtRest(step) ? { ...step, outcome: held.because, ...heldOf(held.action) } : step;
}

/** Until it is configured it is its template: started so, it would take that one's name and address. */
function isFreshClone({ object }: GuestInput): boolean {
  if (object.kind !== "VirtualMachine" || object.spec.source?.clone === undefined) return false;
  return object.status?.createdVmid === object.spec.vmid && object.status.lastStart === undefined;
}

function actionOf({ action }: Step): Pick<Step, "action"> {
  return action === undefined ? {} : { action };
}

/** Nothing is to be written: a restart that is due, or what a person should know of, where nothing else goes on. */
function besideStep(step: Step, input: GuestInput, told: Step | undefined): Step {
  if (step.action !== undefined) return step;
  const due = restartForChanges(input);
  const restart = due === undefined ? undefined : orHeld(due, input);
  if (restart?.action !== undefined) return { ...step, ...withoutCause(restart) };
  const outcome = (told ?? restart)?.outcome;
  return isAtRest(step) && outcome !== undefined ? { ...step, outcome, ...heldOf(restart?.held) } : step;
}

/** The stored configuration where differences from it are ours to correct; undefined: they are not, or nothing is known. */
function configToCorrect(step: Step, { object, sight, ownership, task }: GuestInput): GuestConfig | undefined {
  if (step.finalizer !== undefined || isDeleting(object) || isAtWork(task)) return undefined;
  if (sight.is !== "present" || sight.guest.power === "Unknown") return undefined;
  if (object.spec.management !== "Full" || ownership?.is !== "ours") return undefined;
  if (!corrects(object, hasCreated(task))) return undefined;
  return sight.config;
}

/** A step that is not done now, or that may as well come second. */
function yields({ action }: Step, input: GuestInput): boolean {
  if (action === undefined || heldBy(action, input) !== undefined) return true;
  return action.first === true || (action.op === "Shutdown" && action.restart === true && action.counts !== true);
}

/** Who holds it, every action is asked once more. */
function withoutCause({ because: _, ...step }: Step & HeldStep): Step {
  return step;
}

function isAtRest({ action, outcome }: Step): boolean {
  return action === undefined && outcome.is === "settled";
}

function withoutAction({ action: _, events: __, ...rest }: Step): Omit<Step, "action" | "events"> {
  return rest;
}

/** All that may be written now, in one write that carries the digest of what it was compared with (A5). */
function writeStep(input: GuestInput, differences: readonly Difference[], config: GuestConfig): Step | undefined {
  const { object } = input;
  const all = updatePolicyOf(object) !== "Manual" || isRestartAsked(object);
  const chosen = differences.flatMap(({ way, ...rest }) =>
    way.is === "live" || (way.is === "restart" && all) ? [{ ...rest, edit: way.edit }] : [],
  );
  if (chosen.length === 0) return undefined;
  const change = changeOf(
    chosen.map(({ edit }) => edit),
    config,
  );
  return acted(input, {
    op: "Configure",
    effect: "configures",
    makesTask: object.kind === "VirtualMachine" && makesVolumes(change),
    because: chosen
      .map(({ field, desired, actual, changed }) => `${field} ${short(actual)} → ${short(desired)}${by(changed)}`)
      .join(", ")
      .slice(0, LONGEST),
    change,
    digest: config.digest,
  });
}

/** What is made, or copied out of an image, takes its time: the answer to a plain write would be lost (contract 5.2). */
function makesVolumes({ disks = [], efiDisk, tpm, cloudInitDrive }: ConfigChange): boolean {
  return [efiDisk, tpm, cloudInitDrive, ...disks].some((one) => one !== undefined && "storage" in one);
}

/** One volume at a time. */
function growStep(input: GuestInput, differences: readonly Difference[], config: GuestConfig): Step | undefined {
  const first = differences.find(({ way }) => way.is === "grow");
  if (first?.way.is !== "grow") return undefined;
  const { disk, sizeMiB } = first.way;
  return acted(input, {
    op: "Resize",
    effect: "configures",
    makesTask: true,
    because: `${first.field} ${first.actual} → ${first.desired}`,
    growth: { disk, sizeMiB },
    digest: config.digest,
  });
}

/** Whose change is put back, where that is known (I4). */
function by(changed: FieldChange | undefined): string {
  return changed?.by === undefined ? "" : ` (changed by ${changed.by.by})`;
}

const SHORT = 64;
const LONGEST = 768;

function short(text: string): string {
  return text.length <= SHORT ? text : `${text.slice(0, SHORT - 1)}…`;
}

/** The act, or, after Proxmox refused it for this spec, its text for a while (A7). */
function acted({ object, memory }: GuestInput, action: GuestAction): Step {
  const refused = memory.configFailure;
  const wait = refused === undefined ? 0 : RECHECK_MS - refused.agoMs;
  if (refused?.op === action.op && refused.generation === object.metadata.generation && wait > 0)
    return {
      outcome: stalled(
        reasonOf(refused),
        `${refused.text} (${action.because})${cureOf(refused.text, object.spec.vmid)}. It is tried again every 5 min, and when the spec changes`,
        wait,
      ),
    };
  return { outcome: progressing("Configuring", `writing ${action.because}`, 100), action };
}

/** Proxmox's record of a size is older than the volume: only its own rescan brings the two together. */
function cureOf(text: string, vmid: number): string {
  return text.includes("already at specified size") ? `; on the node: pct rescan --vmid ${String(vmid)}` : "";
}

function reasonOf({ kind, text }: { readonly kind?: string; readonly text: string }): Parameters<typeof stalled>[0] {
  if (kind === "permission") return "PermissionMissing";
  const full = kind === "space" || /out of space|no space|not enough (free )?space|quota/i.test(text);
  return full ? "StorageFull" : "RefusedByProvider";
}

/** What we never do is said; data first. */
function refusedStep(differences: readonly Difference[]): Step | undefined {
  const refused = differences.flatMap(({ field, desired, way }) =>
    way.is === "refused" ? [{ reason: way.reason, text: `${field}: ${short(desired)}: ${way.because}` }] : [],
  );
  const reason = (["WouldLoseData", "RootOnly", "SpecInvalid"] as const).find((one) =>
    refused.some((each) => each.reason === one),
  );
  if (reason === undefined) return undefined;
  return { outcome: stalled(reason, refused.map(({ text }) => text).join("; "), RECHECK_MS) };
}
