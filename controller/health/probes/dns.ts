import { Resolver } from "node:dns/promises";
import type { Probe } from "../port.ts";
import { codeOf, failureOf, hostPort, ProbeFailure, within } from "../probeFailure.ts";
import { ipOf } from "./ipOf.ts";

/** The name or the type does not exist: the server works and said so (node:dns error codes). */
const answered: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

const refusals: Readonly<Record<string, string>> = {
  ESERVFAIL: "SERVFAIL",
  EREFUSED: "REFUSED",
  ENOTIMP: "NOTIMP",
  EFORMERR: "FORMERR",
  EBADRESP: "malformed answer",
};

const OWN_TIMEOUT_MS = 600_000;

/**
 * Asks one server for one name, once. NXDOMAIN and an empty answer are answers: the probe asks whether the server
 * works, not what it holds. SERVFAIL, REFUSED and the like are failures. Type SOA unless said otherwise.
 */
export async function dns(
  probe: NonNullable<Probe["dns"]>,
  address: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const port = probe.port ?? 53;
  const type = probe.type ?? "SOA";
  const at = hostPort(address, port);
  const asked = `${type} ${probe.name} at ${at}`;
  const ip = await ipOf(address, signal);
  // A resolver of its own for each attempt: c-ares remembers answers and slow servers per resolver.
  // The deadline is the signal's: c-ares knows nothing of a process that stood still.
  const resolver = new Resolver({ timeout: OWN_TIMEOUT_MS, tries: 1 });
  resolver.setServers([hostPort(ip, port)]);
  const onAbort = (): void => {
    resolver.cancel();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) throw new ProbeFailure(false, `no answer ${within(deadlineMs)} to ${asked}`);
    await resolver.resolve(probe.name, type);
  } catch (error) {
    const code = codeOf(error);
    if (answered.has(code)) return;
    if (code === "ECANCELLED" || code === "ETIMEOUT")
      throw new ProbeFailure(false, `no answer ${within(deadlineMs)} to ${asked}`);
    const refusal = refusals[code];
    throw refusal === undefined ? failureOf(error, at) : new ProbeFailure(false, `${refusal} to ${asked}`);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
