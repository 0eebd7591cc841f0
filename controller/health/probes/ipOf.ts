import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { failureOf, ProbeFailure } from "../probeFailure.ts";

/** The address of a host; addresses are returned as they are. A look-up cannot be cancelled, so it is only left behind. */
export async function ipOf(host: string, signal: AbortSignal): Promise<string> {
  if (isIP(host) !== 0) return host;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(new ProbeFailure(false, `name does not resolve in time at ${host}`));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    const found = await Promise.race([lookup(host), aborted.promise]);
    return found.address;
  } catch (error) {
    throw failureOf(error, host);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
