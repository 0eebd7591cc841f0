import { guestsIn, type Declared } from "./declared.ts";
import { markOf } from "./truth.ts";
import { POLL_MS, type Rule, type Scene } from "./scene.ts";

/** A minute, as whole seconds measure it. */
const PENDING_MS = 58_900;
const SICK_MS = 40_000;

export const stopRules: readonly Rule[] = [
  ["I6", isProtected],
  ["A9", forced],
  ["A2", stoppedAlready],
  ["I3", unmarked],
  ["L1", withoutWord],
  ["L6", outOfOrder],
  ["I5", tooSoon],
];

function isProtected({ history, vmid }: Scene): string | undefined {
  return history.truth.isProtected(vmid) && !history.deaf ? "it is protected" : undefined;
}

function forced({ detail, actor }: Scene): string | undefined {
  const force = (detail as { readonly force: boolean }).force;
  return force && actor?.spec.shutdown.force !== true ? "it is forced, and nobody wrote shutdown.force" : undefined;
}

function stoppedAlready({ guest, history, vmid, now }: Scene): string | undefined {
  if (guest === undefined || guest.power === "Running") return undefined;
  return now - (history.hands.powerAt.get(vmid) ?? 0) > POLL_MS ? "it is down for long already" : undefined;
}

function unmarked({ guest, actor, history, vmid, now }: Scene): string | undefined {
  if (guest === undefined || actor?.spec.management !== "Full") return undefined;
  if (now - (history.touchedAt.get(vmid) ?? -Infinity) < POLL_MS) return undefined;
  return guest.tags.includes(markOf(actor.name)) ? undefined : `it does not carry the mark of ${actor.id}`;
}

/** Nothing that runs is stopped unless somebody declared it, asked for it, or opted in. */
function withoutWord({ history, actor, now }: Scene): string | undefined {
  if (actor === undefined || history.deaf || actor.deleting) return undefined;
  if (history.truth.wanted(actor) === "Stopped") return undefined;
  const asked = actor.object.metadata.annotations?.["homelab.neuralcodelab.com/restarted-at"];
  if (asked !== undefined) return undefined;
  const sick = now - (history.sightings.sickAt.get(actor.id) ?? -Infinity) < SICK_MS;
  if (actor.spec.recovery.onUnhealthy === "Restart" && sick) return undefined;
  return "it should run, and nobody asked for a restart";
}

/** A declared stop waits until what is above, or depends on it, is down (L6, L4). */
function outOfOrder({ history, actor, now }: Scene): string | undefined {
  if (actor === undefined || actor.deleting || history.deaf || history.truth.wanted(actor) === "Running")
    return undefined;
  const above = new Set(history.truth.above(actor.spec.layerRef.name));
  const target = ({ spec }: Declared): boolean => spec.dependsOn.some((one) => `${one.kind}/${one.name}` === actor.id);
  const own = actor.spec.powerState === "Stopped";
  const waited = guestsIn(history.lab).filter(
    (one) =>
      ((!own && above.has(one.spec.layerRef.name)) || (target(one) && history.truth.wanted(one) === "Stopped")) &&
      history.truth.runs(one) &&
      history.truth.unstoppable(one) === undefined &&
      now - (history.hands.powerAt.get(one.spec.vmid) ?? 0) > POLL_MS,
  );
  return waited.length === 0 ? undefined : `${waited.map((one) => one.id).join(", ")} still runs`;
}

function tooSoon({ history, actor }: Scene): string | undefined {
  if (actor?.deleting !== true) return undefined;
  const waited = history.leavingMs(actor.object.metadata.uid);
  return waited < PENDING_MS ? `${(waited / 1000).toFixed(1)} s after its deletion` : undefined;
}
