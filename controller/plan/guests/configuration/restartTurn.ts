import type { GuestReport } from "../guestAction.ts";
import type { GuestInput } from "../guestInput.ts";
import type { Step } from "../guestStep.ts";
import { progressing, RECHECK_MS, stalled } from "../../outcomes.ts";
import { wasNeverSent } from "../guestTaskStep.ts";
import { standsOnSickGround } from "../holds.ts";
import type { Guest, Lab, Member } from "../../lab.ts";
import { isDeclared } from "./pendingChanges.ts";
import { corrects, updatePolicyOf } from "./policy.ts";

const TURN_MS = 5_000;

/** What waits in this guest's status and is restarted for; empty: no restart is due. */
function waitingIn({ object }: Pick<Member, "object">): readonly string[] {
  if (object.spec.management !== "Full" || updatePolicyOf(object) !== "Restart" || !corrects(object)) return [];
  return (object.status?.pendingChanges ?? []).filter(isDeclared).map(({ field }) => field);
}

/** What waits was found in this very pass: the turn goes by what is written, so it is looked at again once it is. */
export function newlyDue({ member, object }: GuestInput, report: Pick<GuestReport, "pendingChanges">): boolean {
  const found = { ...object, status: { ...object.status, pendingChanges: report.pendingChanges } } as Guest;
  return waitingIn(member).length === 0 && waitingIn({ object: found }).length > 0;
}

/** It is to be restarted, and could be. */
function isDue(member: Member): boolean {
  return (
    member.power === "Running" &&
    member.wanted === "Running" &&
    member.unstoppable === undefined &&
    !member.leaving &&
    waitingIn(member).length > 0
  );
}

/**
 * Why a guest's restart for waiting changes is not made yet; undefined: it is its turn. Lower layers go first, in a
 * layer one guest after the other, each when the one before is healthy again; the first that does not come back stops
 * the rest.
 */
export function restartTurn(lab: Lab, member: Member): string | undefined {
  const below = new Set([...lab.order.below(member.layer), member.layer]);
  const others = [...lab.members.values()].filter((other) => other.id !== member.id && below.has(other.layer));
  const isTried = member.object.status?.updating !== undefined;
  const away = others.find(
    (other) => other.object.status?.updating !== undefined && (!isTried || before(lab, other, member) < 0),
  );
  if (away !== undefined) return `${away.id} is being restarted, and is waited for until it is healthy again`;
  const boot = lab.homelab?.status?.lastBoot;
  if (boot !== undefined && boot.finishTime === undefined) return "a boot is under way";
  if (standsOnSickGround(lab, member)) return "what it depends on is not healthy";
  // Everybody else waits for the one that was tried: it does not wait for them.
  if (isTried) return undefined;
  const first = others.filter(isDue).sort((a, b) => before(lab, a, b))[0];
  return first === undefined || before(lab, member, first) < 0 ? undefined : `${first.id} is restarted first`;
}

function before(lab: Lab, a: Member, b: Member): number {
  const rank = (member: Member): number => lab.order.rank(member.layer) ?? 0;
  return rank(a) - rank(b) || a.object.spec.vmid - b.object.spec.vmid;
}

/** The restart for what waits, or why it is not made; undefined: none is due. A guest that starts is left to do so. */
export function restartForChanges(input: GuestInput): Step | undefined {
  const { member, lab, object } = input;
  const fields = waitingIn(member);
  if (fields.length === 0 || !isDue(member) || member.health === "Starting") return undefined;
  const tried = wasNeverSent(input) ? undefined : object.status?.updating;
  if (tried !== undefined) {
    const wait = Date.parse(tried.time) + RECHECK_MS - lab.now;
    if (wait > 0)
      return {
        outcome: stalled(
          "StopRefused",
          `it did not shut down for its restart, so ${fields.join(", ")} waits; it is tried again every 5 min. Shut it down by hand, or set shutdown.force: true (a kill can lose data)`,
          Math.min(wait, RECHECK_MS),
        ),
      };
  }
  const because = `updatePolicy is Restart, and these wait for it: ${fields.join(", ")}`.slice(0, 512);
  const action = { op: "Shutdown", effect: "stops", makesTask: true, restart: true, update: true, because } as const;
  if (restartTurn(lab, member) !== undefined)
    return {
      outcome: { is: "settled", reason: "Settled", message: "running; its restart waits", afterMs: TURN_MS },
      held: action,
    };
  return { outcome: progressing("Stopping", `restarting: ${because}`), action };
}
