import type { Guest } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import type { HealthSeen } from "../../health/port.ts";
import { idOf } from "../../plan/lab.ts";
import type { GuestSeen } from "../../providers/port.ts";

interface Feeling {
  /** Unknown: not looked at or not judged yet. */
  readonly state: "Healthy" | "Not" | "Unknown";
  /** What the prober says; undefined without probes. */
  readonly felt: HealthSeen | undefined;
  readonly guest: GuestSeen | undefined;
}

interface Known {
  readonly mark: string;
  readonly since: number;
}

const NOT: Known = { mark: "", since: 0 };

/** Since when each guest is healthy, on the monotonic clock, over restarts of the controller too (L3, L10). */
export class HealthySince {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Monotonic milliseconds; undefined when it is not healthy. */
  of(object: Guest, { state, felt, guest }: Feeling): number | undefined {
    const key = `${object.metadata.namespace}/${idOf(object)}`;
    if (state === "Not") this.#known.set(key, NOT);
    if (state !== "Healthy") return undefined;
    const mark = felt === undefined ? `start ${guest?.startTime ?? 0}` : `probes ${felt.since}`;
    const known = this.#known.get(key);
    if (known?.mark === mark) return known.since;
    const now = this.#clock.monotonic();
    const before = known === undefined ? this.#writtenMs(object) : 0;
    const since = Math.min(felt?.since ?? now, now - before);
    this.#known.set(key, { mark, since });
    return since;
  }

  /** How long an earlier process had seen it so, by the wall clock. */
  #writtenMs({ status }: Guest): number {
    const written = status?.conditions?.find(({ type }) => type === "Healthy");
    if (written?.status !== "True") return 0;
    return Math.max(0, this.#clock.now() - Date.parse(written.lastTransitionTime));
  }
}
