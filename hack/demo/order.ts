import type { Container } from "../../controller/api/index.ts";
import type { Scene } from "./scene.ts";
import type { Witness } from "./witness.ts";

/** The layers of the seed's lab, lowest first. */
export const layersInOrder: readonly string[] = ["infra-base", "core", "apps", "user-media"];

export interface Evidence {
  readonly scene: () => Scene;
  readonly witness: Witness;
}

export function membersOf(scene: Scene, layer: string): readonly Container[] {
  return scene.containers.filter((each) => each.spec.layerRef.name === layer);
}

/**
 * Milliseconds from the moment the last guest of `lower` was up, by the host's own memory, to the first start call for
 * one of `upper`. Up is: it serves; without probes: it runs. Negative: the order was broken. NaN: one was not started by
 * the controller, or never came up.
 */
export async function startGapMs(lower: string, upper: string, { scene, witness }: Evidence): Promise<number> {
  const up = membersOf(scene(), lower).map(({ spec }) =>
    witness.happened((spec.probes ?? []).length > 0 ? "serves" : "started", spec.vmid),
  );
  const started = membersOf(scene(), upper).map((each) => witness.asked("start", each.spec.vmid));
  return Math.min(...known(await Promise.all(started))) - Math.max(...known(await Promise.all(up)));
}

/** Why the shutdown since `begun` was not from the top down, by the host's own log; undefined when it was. */
export async function stopOrderBroken(begun: number, { scene, witness }: Evidence): Promise<string | undefined> {
  for (const [index, lower] of layersInOrder.entries()) {
    const upper = layersInOrder[index + 1];
    if (upper === undefined) return undefined;
    const ended = membersOf(scene(), upper).map((each) => witness.happened("shut down", each.spec.vmid, begun));
    const asked = membersOf(scene(), lower).map((each) => witness.asked("shutdown", each.spec.vmid, begun));
    // What a person had stopped before is not shut down again.
    const last = Math.max(...(await Promise.all(ended)).map((time) => time ?? 0));
    const first = Math.min(...known(await Promise.all(asked)));
    if (Number.isNaN(first)) return `a member of ${lower} was never asked to shut down`;
    if (first < last) return `${lower} was asked to shut down before ${upper} was down`;
  }
  return undefined;
}

function known(times: readonly (number | undefined)[]): readonly number[] {
  return times.map((time) => time ?? Number.NaN);
}
