import type { GuestSpec } from "./declared.ts";
import { bootIn, homelabIn, layersIn, type Declared } from "./declared.ts";
import { markOf } from "./truth.ts";
import { POLL_MS, type Rule, type Scene } from "./scene.ts";

/** What is felt of a gate or a dependency may be so old: failing probes are counted. Whether it runs is polled. */
const STALE_MS = 45_000;
const HA_GRACE_MS = 55_000;
/** What stands in the way of a create is looked for each minute. */
const LOOK_MS = 75_000;

/** Of starts and creates. */
export const startRules: readonly Rule[] = [
  ["powerState", wantedStopped],
  ["I3", unmarked],
  ["O7", stoppedByHand],
  ["A2", runsAlready],
  ["O4", createdAlready],
  ["I5", createdAgain],
  ["L1", lowerGates],
  ["L4", dependencies],
  ["L2", preflight],
  ["A8", haRestarts],
  ["A7", noRoom],
];

function wantedStopped({ call, history, actor }: Scene): string | undefined {
  if (call !== "start" || actor === undefined || history.deaf) return undefined;
  return history.truth.wanted(actor) === "Stopped" ? "it is declared Stopped" : undefined;
}

function unmarked({ call, guest, actor, history, vmid, now }: Scene): string | undefined {
  if (call !== "start" || guest === undefined || actor?.spec.management !== "Full") return undefined;
  // A protected guest is never marked, and may be started all the same (I6).
  if (history.truth.isProtected(vmid)) return undefined;
  if (now - (history.touchedAt.get(vmid) ?? -Infinity) < POLL_MS) return undefined;
  return guest.tags.includes(markOf(actor.name)) ? undefined : `it does not carry the mark of ${actor.id}`;
}

function stoppedByHand({ call, history, vmid, actor }: Scene): string | undefined {
  const stop = call === "start" ? history.hands.byHand.get(vmid) : undefined;
  if (stop === undefined || actor?.spec.recovery.respectManualStop === false) return undefined;
  if (actor !== undefined && !history.truth.isStoppedByHand(actor)) return undefined;
  return `a person stopped it (${stop.upid}) and nobody released it`;
}

function runsAlready(scene: Scene): string | undefined {
  const { call, guest, history, vmid, now } = scene;
  if (call !== "start" || guest?.power !== "Running") return undefined;
  const since = history.hands.powerAt.get(vmid) ?? 0;
  if (byOurStart(scene, since)) return "our own start has brought it up already";
  return now - since > POLL_MS && now - history.processBeganAt > POLL_MS ? "it runs for long already" : undefined;
}

/** An object that took the vmid over a moment ago has seen none of its starts. */
function byOurStart({ history, vmid, actor }: Scene, since: number): boolean {
  const { uid } = actor?.object.metadata ?? {};
  const last = history.sent.findLast((one) => one.vmid === vmid && one.call === "start" && one.uid === uid);
  return last !== undefined && last.at <= since && history.touchedAt.get(vmid) !== since && since - last.at < 15_000;
}

function createdAlready({ call, guest, history, vmid, now }: Scene): string | undefined {
  if (call !== "create" || guest === undefined || now - (history.touchedAt.get(vmid) ?? -Infinity) < 2000)
    return undefined;
  return "it exists";
}

/** What was once seen here is not created again by itself. */
function createdAgain({ call, actor }: Scene): string | undefined {
  if (call !== "create" || actor === undefined) return undefined;
  const asked = actor.object.metadata.annotations?.["homelab.neuralcodelab.com/recreate"];
  if (actor.spec.management !== "Full") return `management is ${actor.spec.management}`;
  return actor.status.seenVmid === undefined || asked === String(actor.spec.vmid)
    ? undefined
    : "it was seen and is gone";
}

/** It has run in the boot that concerns it, as its record has it; the history holds the record against the world. */
function hasRun({ history }: Scene, one: Declared): boolean {
  const boot = bootIn(history.lab);
  const mine = one.status.bootID;
  if (mine === undefined) return false;
  if (boot === undefined || mine === boot.id) return true;
  const guest = history.truth.guest(one.spec.vmid);
  if (boot.node !== undefined) return guest?.node !== boot.node;
  const { name } = one.spec.layerRef;
  return boot.layer !== undefined && name !== boot.layer && !history.truth.above(boot.layer).includes(name);
}

function isFirst(scene: Scene): scene is Scene & { readonly actor: Declared } {
  return scene.call === "start" && scene.actor !== undefined && !scene.history.deaf && !hasRun(scene, scene.actor);
}

function lowerGates(scene: Scene): string | undefined {
  if (!isFirst(scene)) return undefined;
  const closed = [...scene.history.truth.below(scene.actor.spec.layerRef.name)].filter(
    (layer) => !couldPass(scene, layer),
  );
  return closed.length === 0 ? undefined : `its first start, while the gate of ${closed.join(", ")} is closed`;
}

/** Until a new process has judged for itself, what was written stands (L10). */
function resumedAt(history: Scene["history"]): number {
  return history.processBeganAt;
}

/** Open within what the controller can know; unseen members leave it as it was; given up under Proceed. */
function couldPass({ history, now }: Scene, layer: string): boolean {
  const { openAt, poweredAt } = history.sightings;
  const at = (when: ReadonlyMap<string, number>): number => when.get(layer) ?? -Infinity;
  if (now - at(openAt) < STALE_MS && now - at(poweredAt) < POLL_MS) return true;
  const spec = layersIn(history.lab).get(layer);
  if (spec === undefined) return false;
  const status = history.lab.status("HomelabLayer", layer) as { readonly gate?: { readonly open?: boolean } };
  const unsure = Math.max(history.sightings.unseenAt.get(layer) ?? -Infinity, resumedAt(history));
  if (now - unsure < STALE_MS && status.gate?.open === true) return true;
  return (
    spec.healthGate.onTimeout === "Proceed" &&
    now - history.sightings.bootBeganAt >= spec.healthGate.timeoutSeconds * 1000 - 5000
  );
}

function dependencies(scene: Scene): string | undefined {
  if (!isFirst(scene)) return undefined;
  const { history, now, actor } = scene;
  const { healthyAt, ranAt } = history.sightings;
  const sick = targetsOf(actor.spec).filter(
    (id) =>
      now - Math.max(healthyAt.get(id) ?? -Infinity, resumedAt(history)) > STALE_MS ||
      now - (ranAt.get(id) ?? -Infinity) > POLL_MS,
  );
  return sick.length === 0 ? undefined : `its first start, while ${sick.join(", ")} is not healthy`;
}

function targetsOf(spec: GuestSpec): readonly string[] {
  return spec.dependsOn.map((target) => `${target.kind}/${target.name}`);
}

function preflight(scene: Scene): string | undefined {
  if (!isFirst(scene)) return undefined;
  const { history, now, actor } = scene;
  const check = homelabIn(history.lab)?.spec.preflight?.find((one) => one.onFailure === "Block");
  const since = history.wanFailsSince;
  if (check === undefined || since === undefined || history.truth.below(actor.spec.layerRef.name).size > 0)
    return undefined;
  // Without a boot on record each process asks once: what passed then holds nothing any more.
  if (bootIn(history.lab) === undefined && since >= history.processBeganAt) return undefined;
  const begun = Math.max(history.sightings.bootBeganAt, history.sightings.appearedAt);
  // The witness looks once a second, so it hears of a beginning up to a second late.
  if (since > begun || now - begun >= (check.timeoutSeconds - 1) * 1000) return undefined;
  return "its first start, while a blocking preflight fails";
}

/** HA brings up again what it manages: for a minute that is not ours to repeat. The first start in a boot is no repeat. */
function haRestarts(scene: Scene): string | undefined {
  const { call, history, guest, vmid, now, actor } = scene;
  if (call !== "start" || guest?.ha !== "started" || actor === undefined || !hasRun(scene, actor)) return undefined;
  const crashed = history.hands.crashedAt.get(vmid);
  if (crashed === undefined || now - crashed >= HA_GRACE_MS) return undefined;
  return `HA manages it, and it went down ${((now - crashed) / 1000).toFixed(1)} s ago`;
}

function noRoom({ call, history, now }: Scene): string | undefined {
  const since = history.fullSince;
  return call === "create" && since !== undefined && now - since > LOOK_MS ? "its storage is full" : undefined;
}
