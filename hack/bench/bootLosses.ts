import type { GuestBoot } from "./bootTruth.ts";

/** Where a boot spent time that the lab itself did not need; milliseconds, one number for each time it happened. */
export interface Losses {
  /** From the release to the first start call. */
  readonly releaseToCall: readonly number[];
  /** From a service that listens to a guest that counts as healthy. */
  readonly servingToHealthy: readonly number[];
  /** From the last of a layer healthy to the start calls of the layer above. */
  readonly gateToCall: readonly number[];
  /** From healthy to where a person could see it. */
  readonly healthyToSeen: readonly number[];
}

export interface LossInput {
  readonly releasedAt: number;
  readonly boots: readonly GuestBoot[];
  readonly below: ReadonlyMap<string, readonly string[]>;
  /** When the controller says that a guest became healthy; milliseconds since the epoch. */
  readonly healthyAt: ReadonlyMap<string, number>;
  /** When the API server first showed it. */
  readonly seenAt: ReadonlyMap<string, number>;
}

/** Tells the single delays apart; for layers whose gates ask for all members at once. */
export function lossesOf({ releasedAt, boots, below, healthyAt, seenAt }: LossInput): Losses {
  const known = boots.map((boot) => ({
    ...boot,
    healthy: healthyAt.get(boot.name) ?? NaN,
    seen: seenAt.get(boot.name) ?? NaN,
  }));
  const opened = (layer: string): number =>
    Math.max(...known.filter((boot) => boot.layer === layer).map((boot) => boot.healthy));
  const measured = (values: readonly number[]): readonly number[] => values.filter((value) => !Number.isNaN(value));
  return {
    releaseToCall: known.length === 0 ? [] : [Math.min(...known.map((boot) => boot.asked)) - releasedAt],
    servingToHealthy: measured(known.map((boot) => boot.healthy - boot.serves)),
    gateToCall: measured(
      known.flatMap((boot) => {
        const lower = below.get(boot.layer) ?? [];
        return lower.length === 0 ? [] : [boot.asked - Math.max(...lower.map(opened))];
      }),
    ),
    healthyToSeen: measured(known.map((boot) => boot.seen - boot.healthy)),
  };
}
