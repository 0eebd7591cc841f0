import { isIPv6 } from "node:net";

/** A probe that did not get the answer it wanted. `message` says what was tried and where, in one phrase. */
export class ProbeFailure extends Error {
  /** The connection itself could not be made: refused, unreachable, or nobody answered the connect (H1). */
  readonly refused: boolean;
  constructor(refused: boolean, message: string) {
    super(message);
    this.name = "ProbeFailure";
    this.refused = refused;
  }
}

/** What system errors are called in a message. Codes of Node's net, dns and dgram. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  EHOSTDOWN: "host down",
  ETIMEDOUT: "connect timed out",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  ENOTFOUND: "name does not resolve",
  EAI_AGAIN: "name does not resolve for now",
};

const refusing: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ETIMEDOUT",
]);

/** The failure a thrown socket error stands for. */
export function failureOf(error: unknown, at: string): ProbeFailure {
  if (error instanceof ProbeFailure) return error;
  const code = codeOf(error);
  const said = words[code] ?? (error instanceof Error ? error.message : String(error));
  return new ProbeFailure(refusing.has(code), `${said} at ${at}`);
}

/** The `code` of a Node error; empty when it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** "10.0.0.5:53", "[fd00::5]:53". */
export function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
}

/** "within 2 s", for messages. */
export function within(ms: number): string {
  return `within ${String(ms / 1000)} s`;
}
