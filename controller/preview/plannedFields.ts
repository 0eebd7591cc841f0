import type { Container, VirtualMachine } from "../api/index.ts";
import { corrects, updatePolicyOf } from "../plan/guests/configuration/policy.ts";
import type { Difference } from "../plan/guests/configuration/difference.ts";
import type { Foresight } from "../plan/foresight/foresee.ts";
import { parseSpec, Container as ContainerKind, VirtualMachine as MachineKind } from "../api/index.ts";

/** A declared field whose value is another in reality. */
export interface PlannedField {
  readonly field: string;
  readonly from: string;
  readonly to: string;
  /**
   * live: at once; grow: the volume grows; restart: the guest is restarted for it; nextStart: with its next start;
   * onRequest: when a person asks with restarted-at; told: only shown; refused: never by the controller.
   */
  readonly applies: "live" | "grow" | "restart" | "nextStart" | "onRequest" | "told" | "refused";
  /** Why it is refused. */
  readonly because?: string;
  /** Who changed it in Proxmox, where its task list proves it. */
  readonly changedBy?: string;
}

type Guest = Container | VirtualMachine;

/** The fields of a guest that differ, with what becomes of each. */
export function fieldsOf(stored: Guest, { differences, steps, rest }: Foresight): readonly PlannedField[] {
  const strange = steps.length === 0 && rest.is === "stalled" && FOREIGN.has(rest.reason);
  const object = whole(stored);
  if (object === undefined || strange) return [];
  const written = steps.some(({ action }) => action.op === "Configure" || action.op === "Resize");
  return differences.map((difference) => {
    const { field, desired, actual, way, changed } = difference;
    const who = changed?.by?.by;
    return {
      field,
      from: actual,
      to: desired,
      applies: appliesTo(object, difference, written),
      ...(way.is === "refused" ? { because: way.because } : {}),
      ...(who === undefined ? {} : { changedBy: who }),
    };
  });
}

/** What is at this vmid is not this object's: how it differs says nothing. */
const FOREIGN: ReadonlySet<string> = new Set(["GuestNotOwned", "GuestTypeDiffers", "GuestDiffers", "VmidTaken"]);

function appliesTo(object: Guest, { way }: Difference, written: boolean): PlannedField["applies"] {
  if (object.spec.management !== "Full" || !corrects(object) || way.is === "told") return "told";
  if (way.is === "refused") return "refused";
  const policy = updatePolicyOf(object);
  if (way.is === "restart" && policy === "Manual" && !written) return "onRequest";
  if (!written) return "told";
  if (way.is !== "restart") return way.is;
  return policy === "Restart" ? "restart" : policy === "Live" ? "nextStart" : "onRequest";
}

/** With the defaults of its schema filled in. */
function whole(stored: Guest): Guest | undefined {
  const parsed = stored.kind === ContainerKind.kind ? parseSpec(ContainerKind, stored) : parseSpec(MachineKind, stored);
  return parsed.ok ? { ...stored, spec: parsed.spec } : undefined;
}
