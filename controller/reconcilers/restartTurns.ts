import type { GuestStatus } from "../api/index.ts";
import type { Decision } from "../plan/action.ts";
import type { GuestAction } from "../plan/guestAction.ts";

/**
 * One restart for waiting changes, or one step of a migration, in a namespace from its decision until it is on record: two guests that are looked at
 * at once cannot both have the turn.
 */
export class RestartTurns {
  readonly #holders = new Map<string, string>();

  /** True when this guest may go on with what it decided. */
  admits(namespace: string, key: string, action: GuestAction | undefined): boolean {
    const holder = this.#holders.get(namespace);
    if (action?.update !== true && action?.moves !== true) {
      if (holder === key) this.#holders.delete(namespace);
      return true;
    }
    if (holder !== undefined && holder !== key) return false;
    this.#holders.set(namespace, key);
    return true;
  }

  /** The guest is gone. */
  forget(key: string): void {
    for (const [namespace, holder] of this.#holders) if (holder === key) this.#holders.delete(namespace);
  }
}

/** The decision without its action: not in this pass. */
export function later({
  action: _,
  events: __,
  ...rest
}: Decision<GuestStatus, GuestAction>): Decision<GuestStatus, GuestAction> {
  return rest;
}
