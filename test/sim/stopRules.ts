import { guestsIn, type Declared } from "./declared.ts";
import { againstMove } from "./moveRules.ts";
import { isProtected, unmarked } from "./ownership.ts";
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

function forced({ detail, actor }: Scene): string | undefined {
  const force = (detail as { readonly force: boolean }).force;
  return force && actor?.spec.shutdown.force !== true ? "it is forced, and nobody wrote shutdown.force" : undefined;
}

function stoppedAlready({ guest, history, vmid, now }: Scene): string | undefined {
  if (guest === undefined || guest.power === "Running") return undefined;
  return now - (history.hands.powerAt.get(vmid) ?? 0) > POLL_MS ? "it is down for long already" : undefined;
}

/** Nothing that runs is stopped unless somebody declared it, asked for it, or opted in. */
function withoutWord(scene: Scene): string | undefined {
  const { history, actor, now } = scene;
  if (actor === undefined || history.deaf || actor.deleting) return undefined;
  if (history.truth.wanted(actor) === "Stopped") return undefined;
  const asked = actor.object.metadata.annotations?.["homelab.neuralcodelab.com/restarted-at"];
  if (asked !== undefined) return undefined;
  const sick = now - (history.sightings.sickAt.get(actor.id) ?? -Infinity) < SICK_MS;
  if (actor.spec.recovery.onUnhealthy === "Restart" && sick) return undefined;
  if (isToMove(scene)) return againstMove(scene);
  return "it should run, and nobody asked for a restart or another node";
}

/** A person has changed spec.node, and a container is down while it is moved (A10). */
function isToMove({ history, actor, guest }: Scene): boolean {
  if (actor?.kind !== "Container" || actor.spec.management !== "Full") return false;
  return history.moves.wordOf(actor) !== undefined && guest?.node !== actor.spec.node;
}

/** A declared stop waits until what is above, or depends on it, is down (L6, L4). */
function outOfOrder({ history, actor, now }: Scene): string | undefined {
  if (actor === undefined || actor.deleting || history.deaf || history.truth.wanted(actor) === "Running")
    return undefined;
  const above = new Set(history.truth.above(actor.spec.layerRef.name));
  const below = history.truth.below(actor.spec.layerRef.name);
  // What depends on a guest above its own layer goes in a circle: the layers' order stands (L4).
  const target = ({ spec }: Declared): boolean =>
    !below.has(spec.layerRef.name) && spec.dependsOn.some((one) => `${one.kind}/${one.name}` === actor.id);
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
