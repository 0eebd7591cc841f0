import type { Homelab } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import type { Probe } from "../../health/port.ts";
import { NO_BOOT, type Preflight } from "../../plan/lab.ts";

/** Tries a probe once; answers why not, or undefined when it passed. */
export type TryOnce = (probe: Probe, signal: AbortSignal) => Promise<string | undefined>;

type Check = NonNullable<Homelab["spec"]["preflight"]>[number];

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

  /** How far the checks of the boot that goes on are; none when no boot does. */
  of(homelab: Homelab | undefined): readonly Preflight[] {
    const boot = homelab === undefined ? undefined : goingOn(homelab);
    if (homelab === undefined || boot === undefined) return [];
    const run = this.#runs.get(homelab.metadata.namespace);
    if (run?.boot === boot.id) return [...run.states.values()];
    return (homelab.spec.preflight ?? []).map((check) => stateOf(homelab, check));
  }

  /** Begins the checks of a boot that has begun, once, or goes on with them (L10); ends those of another one. */
  follow(homelab: Homelab): void {
    const { namespace } = homelab.metadata;
    const going = goingOn(homelab);
    const known = this.#runs.get(namespace);
    if (known?.boot === going?.id) return;
    known?.abort.abort(new Error("that boot is over"));
    this.#runs.delete(namespace);
    if (going !== undefined) this.#begin(homelab, going);
  }

  #begin(homelab: Homelab, boot: Going): void {
    const { namespace } = homelab.metadata;
    const checks = homelab.spec.preflight ?? [];
    const states = new Map(checks.map((check) => [check.name, stateOf(homelab, check)]));
    const run: Run = { boot: boot.id, abort: new AbortController(), states };
    this.#runs.set(namespace, run);
    const earlier = boot.startTime === undefined ? 0 : Math.max(0, this.#clock.now() - Date.parse(boot.startTime));
    const begun = this.#clock.monotonic() - earlier;
    for (const check of checks.filter(({ name }) => states.get(name)?.state === "Pending"))
      void this.#check(run, check, begun, (state, message) => {
        states.set(check.name, { name: check.name, onFailure: check.onFailure, state, message });
        this.#onChange(namespace);
      });
  }

  close(): void {
    for (const run of this.#runs.values()) run.abort.abort(new Error("closing"));
    this.#runs.clear();
  }

  /** Never rejects. `begun`: monotonic milliseconds. */
  async #check(
    { abort }: Run,
    check: Check,
    begun: number,
    say: (state: Preflight["state"], message: string) => void,
  ): Promise<void> {
    const { signal } = abort;
    const probe: Probe = { name: check.name, tcpSocket: { port: check.tcpSocket.port, hosts: check.tcpSocket.hosts } };
    let said: string | undefined;
    while (!signal.aborted) {
      const refusal = await this.#try(probe, signal);
      if (isAborted(signal)) return;
      if (refusal === undefined) {
        say("Passed", "");
        return;
      }
      if (this.#clock.monotonic() - begun >= check.timeoutSeconds * 1000) {
        say("GivenUp", refusal);
        return;
      }
      if (refusal !== said) say("Pending", refusal);
      said = refusal;
      await this.#clock.sleep(PERIOD_MS, signal).catch(() => undefined);
    }
  }
}

interface Going {
  readonly id: string;
  /** RFC 3339; absent: nobody wrote down when it began. */
  readonly startTime?: string;
}

/** The boot that goes on. Where none was ever recorded, because something ran at the go switch, each process asks once. */
function goingOn({ status, metadata }: Homelab): Going | undefined {
  const boot = status?.lastBoot;
  if (boot === undefined) return { id: `${NO_BOOT} ${metadata.uid}` };
  return boot.finishTime === undefined ? boot : undefined;
}

/** A call, for the compiler takes a property for unchanged over an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** As the boot's record has it, which an earlier process may have written (L10). */
function stateOf(homelab: Homelab, { name, onFailure }: Check): Preflight {
  const step = homelab.status?.lastBoot?.steps?.find((one) => one.name === `preflight ${name}`);
  const state = step?.state === "Done" ? "Passed" : step?.state === "Skipped" ? "GivenUp" : "Pending";
  return { name, onFailure, state, message: state === "Passed" ? "" : (step?.message ?? "") };
}
