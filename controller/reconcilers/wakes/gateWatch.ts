import type { Key } from "../../api/meta.ts";
import { bootTurn, isUnrecorded } from "../../plan/layers/boot.ts";
import { gateOf, holdingLayers, isDown } from "../../plan/layers/gate.ts";
import { membersOf, type Lab } from "../../plan/lab.ts";
import type { Wake } from "../../runtime/controller.ts";
import type { World } from "../../runtime/store.ts";
import { homelabs, PARENT_MS } from "./triggers.ts";

/**
 * Gates move with a guest's health or power, and the layers above go in the same turn (L5); a layer that is down lets
 * those below stop (L6). Remembers how each layer stood and what it waited for, and answers the keys of whoever is
 * concerned by what moved.
 */
export class GateWatch {
  readonly #stood = new Map<string, string>();

  moved(lab: Lab, world: World): readonly Wake[] {
    const { namespace, order } = lab;
    const rank = (name: string): number => order.rank(name) ?? Infinity;
    const names = [...lab.layers.keys()].sort((a, b) => rank(a) - rank(b));
    const freed = names.filter((name) => {
      const waits = holdingLayers(lab, name);
      const stays = order.above(name).filter((upper) => !isDown(lab, upper));
      return this.#moves(`${namespace}/${name}/waits`, `${waits.join(",")} ${stays.join(",")}`);
    });
    const shown = names.filter((name) => {
      const gate = gateOf(lab, name);
      return this.#moves(`${namespace}/${name}/gate`, `${String(gate.passable)}/${gate.why}`);
    });
    if (freed.length + shown.length === 0) return [];
    const layers = [...new Set([...freed, ...shown])];
    // The guests are waited for; the parents only report. Why a gate has closed its guest's own pass finds out first.
    const closed = shown.length > 0 && shown.every((name) => !gateOf(lab, name).passable);
    const soon = closed && !isUnrecorded(lab, bootTurn(lab)) ? { afterMs: PARENT_MS } : {};
    return [
      ...freed.flatMap((layer) => keysIn(lab, layer)).map((key) => ({ key })),
      ...layers.map((name) => ({ key: { kind: "HomelabLayer", namespace, name }, ...soon })),
      ...homelabs(world, namespace).map((key) => ({ key, ...soon })),
    ];
  }

  #moves(what: string, state: string): boolean {
    const moved = this.#stood.get(what) !== state;
    if (moved) this.#stood.set(what, state);
    return moved;
  }
}

function keysIn(lab: Lab, layer: string): readonly Key[] {
  return membersOf(lab, layer).map((member) => ({
    kind: member.object.kind,
    namespace: lab.namespace,
    name: member.object.metadata.name,
  }));
}
