import { silentLog } from "../../controller/base/log.ts";
import type { Probe, Target } from "../../controller/health/port.ts";
import { Prober } from "../../controller/health/prober.ts";
import { FakeClock } from "../fakes/clock.ts";
import { ScriptedAttempts, type Asked } from "./scriptedAttempts.ts";

export const web: Probe = { name: "web", tcpSocket: { port: 80 } };
export const db: Probe = { name: "db", postgres: {}, periodSeconds: 10, timeoutSeconds: 4 };
export const succeed = (asked: Asked): void => {
  asked.succeed();
};
export const refuse = (asked: Asked): void => {
  asked.fail("connection refused at 10.0.0.5:80", true);
};

export function target(over: Partial<Target> = {}): Target {
  return { probes: [web], startID: "1", addresses: () => ["10.0.0.5"], startupTimeoutSeconds: 300, ...over };
}

/** A prober whose time, answers and randomness the test holds. */
export interface Bench {
  readonly clock: FakeClock;
  readonly attempts: ScriptedAttempts;
  readonly prober: Prober;
  readonly changes: string[];
  readonly refusals: { key: string; time: number }[];
}

export function bench(options: { maxConcurrent?: number; random?: () => number } = {}): Bench {
  const clock = new FakeClock();
  const attempts = new ScriptedAttempts(() => clock.monotonic());
  const random = options.random ?? (() => 0);
  const prober = new Prober({ clock, log: silentLog, attempt: attempts.attempt, ...options, random });
  const changes: string[] = [];
  const refusals: Bench["refusals"] = [];
  prober.onChange((key) => changes.push(key));
  prober.onRefused((key) => refusals.push({ key, time: clock.monotonic() }));
  return { clock, attempts, prober, changes, refusals };
}

export function times(attempts: ScriptedAttempts): number[] {
  return attempts.asked.map(({ time }) => time);
}
