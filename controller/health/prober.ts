import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Attempts } from "./attempt.ts";
import { begin, heard, isTransition, reprobed, seenOf, startupEnded, type Course, type Heard } from "./course.ts";
import { Listeners } from "./listeners.ts";
import { given, isDue, noNotices, type Notices } from "./notices.ts";
import { hostsOf, once } from "./once.ts";
import type { HealthPort, HealthSeen, Probe, Target } from "./port.ts";
import { Slots, type Errand } from "./slots.ts";
import { firstDelayMs, intervalMs, timingOf, type Pace } from "./timing.ts";

export interface ProberParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly attempt: Attempts;
  /** In [0, 1). */
  readonly random: () => number;
  /** Attempts in flight at once, over all guests. Default 64. */
  readonly maxConcurrent?: number;
}

/** One start of a guest under watch. */
interface Watched {
  readonly key: string;
  readonly startTime: number;
  readonly routines: Map<string, Routine>;
  target: Target;
  course: Course;
  cancelStartup: () => void;
}

/** One probe of one start, over and over. */
interface Routine {
  readonly probe: Probe;
  readonly errand: Errand;
  readonly abort: AbortController;
  cancelTimer: () => void;
  notices: Notices;
}

/**
 * Runs all probes of all guests on one schedule and keeps what they say in memory. `watch` itself tells nobody: the
 * caller reads `of` right after it. That a guest was once healthy is remembered over its restarts and over times in
 * which it is not watched (H3).
 */
export class Prober implements HealthPort {
  readonly #parts: ProberParts;
  readonly #slots: Slots;
  readonly #watched = new Map<string, Watched>();
  readonly #everHealthy = new Set<string>();
  readonly #changed: Listeners;
  readonly #refused: Listeners;
  #closed = false;

  constructor(parts: ProberParts) {
    this.#parts = parts;
    this.#slots = new Slots(parts.maxConcurrent ?? 64);
    this.#changed = new Listeners(parts.log);
    this.#refused = new Listeners(parts.log);
  }

  watch(key: string, target: Target | undefined): void {
    const before = this.#watched.get(key);
    if (before !== undefined && before.target.startID === target?.startID) {
      this.#amend(before, target);
      return;
    }
    if (before !== undefined) this.#end(before);
    if (target !== undefined && !this.#closed) this.#begin(key, target);
  }

  of(key: string): HealthSeen | undefined {
    const watched = this.#watched.get(key);
    return watched === undefined ? undefined : seenOf(watched.course);
  }

  onChange(listener: (key: string) => void): () => void {
    return this.#changed.add(listener);
  }

  onRefused(listener: (key: string) => void): () => void {
    return this.#refused.add(listener);
  }

  close(): void {
    this.#closed = true;
    for (const watched of [...this.#watched.values()]) this.#end(watched);
    this.#changed.clear();
    this.#refused.clear();
  }

  #begin(key: string, target: Target): void {
    const startTime = this.#parts.clock.monotonic();
    const watched: Watched = {
      key,
      startTime,
      routines: new Map(),
      target,
      course: begin(target, this.#everHealthy.has(key), startTime),
      cancelStartup: () => undefined,
    };
    this.#watched.set(key, watched);
    this.#remember(watched);
    this.#armStartup(watched);
    for (const probe of target.probes) this.#add(watched, probe);
  }

  #end(watched: Watched): void {
    this.#watched.delete(watched.key);
    watched.cancelStartup();
    for (const routine of watched.routines.values()) this.#stop(routine);
  }

  /** The same start, told again: addresses are always taken anew; probes begin anew only where they differ. */
  #amend(watched: Watched, target: Target): void {
    const before = watched.target;
    watched.target = target;
    if (before.startupTimeoutSeconds !== target.startupTimeoutSeconds) this.#armStartup(watched);
    if (before.probes === target.probes || isDeepStrictEqual(before.probes, target.probes)) return;
    const old = new Map(watched.routines);
    watched.routines.clear();
    const kept = new Set<string>();
    for (const probe of target.probes) {
      const routine = old.get(probe.name);
      if (routine === undefined || !isDeepStrictEqual(routine.probe, probe)) continue;
      kept.add(probe.name);
      watched.routines.set(probe.name, routine);
      old.delete(probe.name);
    }
    for (const routine of old.values()) this.#stop(routine);
    watched.course = reprobed(watched.course, target.probes, kept, this.#parts.clock.monotonic());
    this.#remember(watched);
    for (const probe of target.probes) if (!kept.has(probe.name)) this.#add(watched, probe);
  }

  #armStartup(watched: Watched): void {
    watched.cancelStartup();
    if (watched.course.startupOver) return;
    const { clock } = this.#parts;
    const left = watched.startTime + watched.target.startupTimeoutSeconds * 1_000 - clock.monotonic();
    watched.cancelStartup = clock.after(Math.max(0, left), () => {
      this.#become(watched, startupEnded(watched.course, clock.monotonic()));
    });
  }

  #add(watched: Watched, probe: Probe): void {
    const routine: Routine = {
      probe,
      errand: { id: JSON.stringify([watched.key, probe.name]), run: () => this.#attempt(watched, routine) },
      abort: new AbortController(),
      cancelTimer: () => undefined,
      notices: noNotices,
    };
    watched.routines.set(probe.name, routine);
    this.#schedule(routine, firstDelayMs(timingOf(probe), watched.target.resume !== undefined, this.#parts.random()));
  }

  #stop(routine: Routine): void {
    routine.cancelTimer();
    this.#slots.remove(routine.errand);
    routine.abort.abort();
  }

  #schedule(routine: Routine, ms: number): void {
    routine.cancelTimer = this.#parts.clock.after(Math.max(0, ms), () => {
      this.#slots.add(routine.errand);
    });
  }

  async #attempt(watched: Watched, routine: Routine): Promise<void> {
    const { clock, attempt, random } = this.#parts;
    const { probe, abort } = routine;
    const begun = clock.monotonic();
    const addresses = watched.target.addresses();
    const what: Heard =
      hostsOf(probe, addresses).length === 0 ? "noAddress" : await once(attempt, probe, addresses, abort.signal);
    if (abort.signal.aborted) return;
    const before = watched.course;
    const at = { wall: clock.now(), monotonic: clock.monotonic() };
    const course = heard(before, probe, what, at);
    // Scheduled before anybody hears of it: a listener may end this watch.
    const interval = intervalMs(timingOf(probe), paceOf(course, what), random());
    this.#schedule(routine, begun + interval - at.monotonic);
    this.#become(watched, course);
    this.#giveNotice(watched, routine, what);
  }

  #become(watched: Watched, course: Course): void {
    const before = watched.course;
    watched.course = course;
    this.#remember(watched);
    if (!isTransition(before, course)) return;
    const { key } = watched;
    if (before.state !== course.state)
      this.#parts.log.info("guest health changed", { key, state: course.state, before: before.state });
    this.#changed.tell(key);
  }

  #remember(watched: Watched): void {
    if (watched.course.wasHealthy) this.#everHealthy.add(watched.key);
  }

  #giveNotice(watched: Watched, routine: Routine, what: Heard): void {
    if (what !== "noAddress" && (what.ok || !what.refused)) {
      routine.notices = noNotices;
      return;
    }
    const monotonic = this.#parts.clock.monotonic();
    // A starting guest without an address is about to get one, and only a look will show it.
    const urgent = what === "noAddress" && watched.course.state === "Starting";
    if (!urgent && !isDue(routine.notices, monotonic)) return;
    routine.notices = given(routine.notices, monotonic);
    this.#refused.tell(watched.key);
  }
}

function paceOf(course: Course, what: Heard): Pace {
  if (course.state !== "Starting") return "Usual";
  return what !== "noAddress" && !what.ok && what.refused ? "Refused" : "Starting";
}
