import type { Key } from "../api/meta.ts";
import { gateOf, isDown } from "../plan/gate.ts";
import type { Lab } from "../plan/lab.ts";
import type { World } from "../runtime/store.ts";
import { homelabs } from "./triggers.ts";

/**
 * Gates move with a guest's health or power, and the layers above go in the same turn (L5); a layer that is down lets
 * those below stop (L6). Remembers how each layer stood and answers the keys of whoever waits for one that moved.
 */
export class GateWatch {
  readonly #stood = new Map<string, string>();

  moved(lab: Lab, world: World): readonly Key[] {
    return [...lab.layers.keys()].flatMap((name) => {
      const gate = gateOf(lab, name);
      const opened = this.#moves(`${lab.namespace}/${name}/gate`, `${String(gate.passable)}/${gate.why}`);
      const stopped = this.#moves(`${lab.namespace}/${name}/down`, String(isDown(lab, name)));
      if (!opened && !stopped) return [];
      const waiters = [...(opened ? lab.order.above(name) : []), ...(stopped ? lab.order.below(name) : [])];
      return [
        { kind: "HomelabLayer", namespace: lab.namespace, name },
        ...homelabs(world, lab.namespace),
        ...waiters.flatMap((layer) => layerAndMembers(lab, layer)),
      ];
    });
  }

  #moves(what: string, state: string): boolean {
    const moved = this.#stood.get(what) !== state;
    if (moved) this.#stood.set(what, state);
    return moved;
  }
}

function layerAndMembers(lab: Lab, name: string): readonly Key[] {
  const { namespace } = lab;
  return [
    { kind: "HomelabLayer", namespace, name },
    ...(lab.byLayer.get(name) ?? []).map((member) => ({
      kind: member.object.kind,
      namespace,
      name: member.object.metadata.name,
    })),
  ];
}
