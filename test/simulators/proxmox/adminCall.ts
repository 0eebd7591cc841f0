import type { AccessLog } from "./accessLog.ts";
import type { ApiServer } from "./apiServer.ts";
import type { Faults } from "./faults.ts";
import type { HostPower } from "./hostPower.ts";
import type { Lab } from "./lab.ts";

/** What the admin port works on. */
export interface Inside {
  readonly lab: Lab;
  readonly log: AccessLog;
  readonly faults: Faults;
  readonly host: HostPower;
  readonly server: ApiServer;
  /** Shows a certificate that ended yesterday, or the good one again. */
  presentCertificate(which: "expired" | "good"): void;
  publish(): void;
}

export type Json = Readonly<Record<string, unknown>>;

/** A call of the admin port. */
export interface AdminCall {
  readonly inside: Inside;
  /** The parts of the path that the pattern names. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
}

export interface AdminRoute {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  /** One line for the list that `GET /` gives. */
  readonly about: string;
  readonly handle: (call: AdminCall) => unknown;
}

/** A wrong request to the admin port. */
export class AdminError extends Error {}
