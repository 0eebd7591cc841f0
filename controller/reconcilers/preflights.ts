import type { Homelab } from "../api/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Probe } from "../health/port.ts";
import type { Preflight } from "../plan/lab.ts";

/** Tries a probe once; answers why not, or undefined when it passed. */
export type TryOnce = (probe: Probe, signal: AbortSignal) => Promise<string | undefined>;

interface Run {
  readonly boot: string;
  readonly abort: AbortController;
  readonly states: Map<string, Preflight>;
}

const PERIOD_MS = 5_000;

/** The outside world before the first layer of a boot (L2): tried from the boot's beginning until it passes or is given up. */
export class Preflights {
  readonly #clock: Clock;
  readonly #try: TryOnce;
  readonly #onChange: (namespace: string) => void;
  readonly #runs = new Map<string, Run>();

  constructor(clock: Clock, tryOnce: TryOnce, onChange: (namespace: string) => void) {
    this.#clock = clock;
    this.#try = tryOnce;
    this.#onChange = onChange;
  }

  /** How far the checks of the current boot are. Before any answer a check is Pending with an empty message. */
  of(homelab: Homelab | undefined): readonly Preflight[] {
    if (homelab === undefined) return [];
    const run = this.#runs.get(homelab.metadata.namespace);
    const boot = homelab.status?.lastBoot?.id;
    return (homelab.spec.preflight ?? []).map((check) => {
      const known = run?.boot === boot ? run?.states.get(check.name) : undefined;
      return known ?? { name: check.name, onFailure: check.onFailure, state: "Pending", message: "" };
    });
  }

  /** Begins the checks of a boot that has begun, once; ends those of an older one. */
  follow(homelab: Homelab): void {
    const { namespace } = homelab.metadata;
    const boot = homelab.status?.lastBoot;
    const known = this.#runs.get(namespace);
    if (boot === undefined || boot.finishTime !== undefined || known?.boot === boot.id) return;
    known?.abort.abort(new Error("another boot has begun"));
    const run: Run = { boot: boot.id, abort: new AbortController(), states: new Map() };
    this.#runs.set(namespace, run);
    for (const check of homelab.spec.preflight ?? []) void this.#check(namespace, run, check);
  }

  close(): void {
    for (const run of this.#runs.values()) run.abort.abort(new Error("closing"));
    this.#runs.clear();
  }

  /** Never rejects. */
  async #check(namespace: string, run: Run, check: NonNullable<Homelab["spec"]["preflight"]>[number]): Promise<void> {
    const begun = this.#clock.monotonic();
    const probe: Probe = { name: check.name, tcpSocket: { port: check.tcpSocket.port, hosts: check.tcpSocket.hosts } };
    const say = (state: Preflight["state"], message: string): void => {
      const before = run.states.get(check.name);
      if (before?.state === state && before.message === message) return;
      run.states.set(check.name, { name: check.name, onFailure: check.onFailure, state, message });
      this.#onChange(namespace);
    };
    while (!run.abort.signal.aborted) {
      const refusal = await this.#try(probe, run.abort.signal);
      if (run.abort.signal.aborted) return;
      if (refusal === undefined) {
        say("Passed", "");
        return;
      }
      const over = this.#clock.monotonic() - begun >= check.timeoutSeconds * 1000;
      say(over ? "GivenUp" : "Pending", refusal);
      if (over) return;
      await this.#clock.sleep(PERIOD_MS, run.abort.signal).catch(() => undefined);
    }
  }
}
