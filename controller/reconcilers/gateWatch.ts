import type { Key } from "../api/meta.ts";
import { gateOf } from "../plan/gate.ts";
import type { Lab } from "../plan/lab.ts";
import type { World } from "../runtime/store.ts";
import { homelabs } from "./triggers.ts";

/**
 * Gates move with a guest's health or power, and the layers above go in the same turn (L5). Remembers how each gate
 * stood and answers the keys of whoever waits behind one that moved.
 */
export class GateWatch {
  readonly #stood = new Map<string, string>();

  moved(lab: Lab, world: World): readonly Key[] {
    const keys: Key[] = [];
    for (const name of lab.layers.keys()) {
      const gate = gateOf(lab, name);
      const text = `${String(gate.passable)}/${gate.why}`;
      const where = `${lab.namespace}/${name}`;
      if (this.#stood.get(where) === text) continue;
      this.#stood.set(where, text);
      keys.push(
        { kind: "HomelabLayer", namespace: lab.namespace, name },
        ...homelabs(world, lab.namespace),
        ...behind(lab, name),
      );
    }
    return keys;
  }
}

function behind(lab: Lab, name: string): readonly Key[] {
  const { namespace } = lab;
  return lab.order.above(name).flatMap((layer) => [
    { kind: "HomelabLayer", namespace, name: layer },
    ...(lab.byLayer.get(layer) ?? []).map((member) => ({
      kind: member.object.kind,
      namespace,
      name: member.object.metadata.name,
    })),
  ]);
}
