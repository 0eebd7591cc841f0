import type { AccessLog } from "../shared/accessLog.ts";
import type { AdminCall as CallOf, AdminRoute as RouteOf } from "../shared/adminCall.ts";
import type { TlsServer } from "../shared/tlsServer.ts";
import type { Answered } from "./accessLog.ts";
import type { Faults } from "./effect.ts";
import type { Hosting } from "./hosting.ts";
import type { Lab } from "./lab.ts";

/** What the admin port works on. */
export interface Inside {
  readonly lab: Lab;
  readonly log: AccessLog<Answered>;
  readonly faults: Faults;
  readonly server: TlsServer;
  readonly hosting: Hosting;
}

export type AdminCall = CallOf<Inside>;
export type AdminRoute = RouteOf<Inside>;
