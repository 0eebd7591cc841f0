import type { Clock } from "../base/clock.ts";
import type { Probe } from "./port.ts";
import { ProbeFailure } from "./probeFailure.ts";
import { dns } from "./probes/dns.ts";
import { http } from "./probes/http.ts";
import { ntp } from "./probes/ntp.ts";
import { postgres } from "./probes/postgres.ts";
import { tcp } from "./probes/tcp.ts";

/**
 * One attempt of one probe at one address. Resolves when the probe succeeds, rejects with ProbeFailure otherwise;
 * settles within `deadlineMs` of time in which this process runs, and at once when `signal` aborts.
 */
export type Attempts = (probe: Probe, address: string, deadlineMs: number, signal: AbortSignal) => Promise<void>;

/** Attempts over real sockets. */
export function attempt(clock: Clock): Attempts {
  const askTime = ntp(clock);
  const run: Attempts = (probe, address, deadlineMs, signal) => {
    if (probe.tcpSocket !== undefined) return tcp(probe.tcpSocket, address, deadlineMs, signal);
    if (probe.httpGet !== undefined) return http(probe.httpGet, address, deadlineMs, signal);
    if (probe.dns !== undefined) return dns(probe.dns, address, deadlineMs, signal);
    if (probe.ntp !== undefined) return askTime(probe.ntp, address, deadlineMs, signal);
    if (probe.postgres !== undefined) return postgres(probe.postgres, address, deadlineMs, signal);
    return Promise.reject(new ProbeFailure(false, "probe names nothing to try"));
  };
  return async (probe, address, deadlineMs, signal) => {
    const limit = new AbortController();
    const abort = (): void => {
      limit.abort();
    };
    const cancel = deadline(clock, deadlineMs, abort);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      await run(probe, address, deadlineMs, limit.signal);
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
    }
  };
}

/** A timer that comes later than this says that the process stood still: starved of CPU, stopped, or asleep. */
const LATE_MS = 50;
/** How often an attempt gets its time once more for that. */
const MORE = 3;

/**
 * Calls `expire` after `ms`. When this process itself was late, an answer may lie unread, and silence says nothing of
 * the guest: then the time begins anew, some times. Timers run before sockets are read.
 */
function deadline(clock: Clock, ms: number, expire: () => void, more = MORE): () => void {
  const due = clock.monotonic() + ms;
  let cancel = clock.after(ms, () => {
    if (more === 0 || clock.monotonic() - due <= LATE_MS) expire();
    else cancel = deadline(clock, ms, expire, more - 1);
  });
  return () => {
    cancel();
  };
}
