import { textOf } from "../base/outcome.ts";
import type { Attempts } from "./attempt.ts";
import type { Probe } from "./port.ts";
import { ProbeFailure } from "./probeFailure.ts";
import { timingOf } from "./timing.ts";
import type { Answer } from "./verdict.ts";

/**
 * Tries a probe once at each of its hosts in turn, each with the probe's own timeout, until one answers (preflight).
 * `addresses` serve when the probe names no host itself. Never rejects.
 */
export async function once(
  attempts: Attempts,
  probe: Probe,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<Answer> {
  const failures: ProbeFailure[] = [];
  for (const host of hostsOf(probe, addresses)) {
    try {
      await attempts(probe, host, timingOf(probe).timeoutMs, signal);
      return { ok: true };
    } catch (error) {
      failures.push(error instanceof ProbeFailure ? error : new ProbeFailure(false, textOf(error)));
    }
    if (signal.aborted) break;
  }
  return {
    ok: false,
    refused: failures.every((failure) => failure.refused),
    message: failures.length === 0 ? "no address yet" : failures.map((failure) => failure.message).join("; "),
  };
}

/** Where a probe goes: its own hosts, else its host, else the first observed address (H1). */
export function hostsOf(probe: Probe, addresses: readonly string[]): readonly string[] {
  const named = probe.tcpSocket?.hosts ?? [];
  if (named.length > 0) return named;
  return probe.host === undefined ? addresses.slice(0, 1) : [probe.host];
}
