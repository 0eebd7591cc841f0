import type { Key } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { HealthPort } from "../health/port.ts";
import type { Kube } from "../runtime/kube.ts";
import type { PassReport } from "../runtime/passReport.ts";
import type { Queue } from "../runtime/queue.ts";
import type { ReconcilePorts } from "../runtime/reconcile.ts";
import type { Store } from "../runtime/store.ts";
import type { Connect } from "./shared/connections.ts";
import type { ConnectOmada } from "./network/omadaConnections.ts";
import type { TryOnce } from "./lab/preflights.ts";
import type { Clues } from "./lab/selfFinder.ts";

/** The world a machine lives in. */
export interface MachinePorts {
  readonly kube: Pick<Kube, "patch" | "secret" | "namespaceTerminating">;
  readonly store: Store;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: HealthPort;
  readonly connect: Connect;
  readonly connectOmada: ConnectOmada;
  /** Addresses of the machine this process runs on; they are never cut off (N2). */
  readonly ownAddresses: () => readonly string[];
  readonly tryOnce: TryOnce;
  readonly clues: () => Promise<Clues>;
  readonly record: ReconcilePorts["record"];
  /** Whether we lead and are not stopping. */
  readonly mayAct: () => boolean;
  readonly mayActUnrecorded?: () => boolean;
  readonly untilKilled: AbortSignal;
  readonly workers: number;
  readonly onPass?: (report: PassReport) => void;
  readonly onPanic?: (key: Key) => void;
}
