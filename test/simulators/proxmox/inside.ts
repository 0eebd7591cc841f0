import type { AdminCall as Call, AdminRoute as Route } from "../shared/adminCall.ts";
import type { AccessLog } from "../shared/accessLog.ts";
import type { TlsServer } from "../shared/tlsServer.ts";
import type { Answered } from "./accessLog.ts";
import type { Faults } from "./effect.ts";
import type { HostPower } from "./hostPower.ts";
import type { Lab } from "./lab.ts";

/** What the admin port works on. */
export interface Inside {
  readonly lab: Lab;
  readonly log: AccessLog<Answered>;
  readonly faults: Faults;
  readonly host: HostPower;
  readonly server: TlsServer;
  /** Shows a certificate that ended yesterday, or the good one again. */
  presentCertificate(which: "expired" | "good"): void;
  publish(): void;
}

export type AdminCall = Call<Inside>;
export type AdminRoute = Route<Inside>;
