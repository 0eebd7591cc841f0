import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { ProviderError } from "../../base/outcome.ts";
import type { ClusterSeen, MutationName, ProxmoxConnection, ProxmoxPort } from "../port.ts";
import { proveAbsence } from "./absence.ts";
import { readAddresses } from "./addresses.ts";
import type { RequestRecord } from "../shared/requestRecord.ts";
import { configureByTask, configureGuest, readConfig, resizeGuest } from "./configuration.ts";
import { Engine } from "./engine.ts";
import { createContainer, destroyGuest, readGuest, shutdownGuest, startGuest } from "./guests.ts";
import { createMachine, downloadImage } from "./machines.ts";
import { Look } from "./look.ts";
import { readLosses } from "./losses.ts";
import { migrateGuest } from "./migration.ts";
import { readMigrationObstacles } from "./migrationObstacles.ts";
import { hasVolume, readObstacles } from "./obstacles.ts";
import { createSnapshot, deleteSnapshot, readCanSnapshot, readSnapshots } from "./snapshots.ts";
import { Starts } from "./starts.ts";
import { readBridges, readPermissions } from "./surroundings.ts";
import { readTaskLog, readTaskState, readTasks } from "./tasks.ts";
import { View } from "../shared/view.ts";

export interface ConnectPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Called immediately before each mutation leaves; throws a `ProviderError("unreachable")` without the lease (P1). */
  readonly allowed: () => void;
  readonly onRequest?: (record: RequestRecord) => void;
  /** Where the sequence numbers begin: after those of the connection before, so that they never go back (O2). */
  readonly firstSequence?: number;
}

/** Connects to a Proxmox VE cluster and begins to look at it. */
export function connectProxmox(connection: ProxmoxConnection, ports: ConnectPorts): ProxmoxPort {
  const { clock } = ports;
  const log = ports.log.with({ proxmoxCluster: connection.name });
  const engine = new Engine(connection, {
    clock,
    allowed: () => {
      if (!view.sure) throw new ProviderError("unreachable", "Proxmox did not answer the last look; nothing was sent");
      ports.allowed();
    },
    ...(ports.onRequest === undefined ? {} : { onRequest: ports.onRequest }),
    ...(ports.firstSequence === undefined ? {} : { firstSequence: ports.firstSequence }),
  });
  const starts = new Starts();
  const look = new Look(engine, clock, starts);
  const view = new View<ClusterSeen>({
    clock,
    log,
    product: "Proxmox",
    pollIntervalSeconds: connection.pollIntervalSeconds,
    busyMs: 1_000,
    look: (before, signal) => {
      if (!view.sure) look.forgetVersion();
      return look.look(before, signal);
    },
    nextTryTime: () => engine.nextTryTime,
  });
  view.begin();
  return {
    ...reads(engine, { clock, starts, look }),
    ...mutations(engine, view),
    seen: () => view.seen(),
    sure: () => view.sure,
    reach: () => view.reach(),
    tlsVerified: connection.tls.insecureSkipVerify !== true,
    identity: connection.tokenId,
    onChange: (listener) => view.onChange(listener),
    hurry: () => {
      view.hurry();
    },
    keepBusy: (key, busy) => {
      view.keepBusy(key, busy);
    },
    mark: () => engine.mark(),
    close: () => {
      view.close();
      engine.close();
    },
  };
}

type Reads =
  | "permissions"
  | "readGuest"
  | "readConfig"
  | "readAddresses"
  | "proveAbsence"
  | "tasks"
  | "taskState"
  | "taskLog"
  | "losses"
  | "snapshots"
  | "canSnapshot"
  | "bridges"
  | "createObstacles"
  | "hasVolume"
  | "migrationObstacles";

function reads(
  engine: Engine,
  at: { readonly clock: Clock; readonly starts: Starts; readonly look: Look },
): Pick<ProxmoxPort, Reads> {
  return {
    permissions: (signal) => readPermissions(engine, signal),
    readGuest: (ref, signal) =>
      readGuest(engine, ref, { now: at.clock.now(), monotonic: at.clock.monotonic(), starts: at.starts }, signal),
    readConfig: (ref, signal) => readConfig(engine, ref, signal),
    readAddresses: (ref, own, signal) => readAddresses(engine, ref, own, signal),
    proveAbsence: (vmid, signal) => proveAbsence(engine, vmid, signal),
    tasks: async (node, query, signal) => {
      const seen = await readTasks(engine, node, query, { signal });
      // From here on the looks tell when it ends.
      if (seen.some((task) => task.id === "" && task.exit === undefined)) at.look.watchTasks(node);
      return seen;
    },
    taskState: (upid, signal) => readTaskState(engine, upid, signal),
    taskLog: (upid, signal) => readTaskLog(engine, upid, signal),
    losses: (ref, signal) => readLosses(engine, ref, signal),
    snapshots: (ref, signal) => readSnapshots(engine, ref, signal),
    canSnapshot: (ref, signal) => readCanSnapshot(engine, ref, signal),
    bridges: (node, signal) => readBridges(engine, node, signal),
    createObstacles: (create, signal) => readObstacles(engine, create, signal),
    hasVolume: (node, volume, signal) => hasVolume(engine, node, volume, signal),
    migrationObstacles: (ref, target, signal) => readMigrationObstacles(engine, ref, target, signal),
  };
}

/** Each is one request; afterwards, however it ended, the poller looks at once. */
function mutations(engine: Engine, view: View<ClusterSeen>): Pick<ProxmoxPort, MutationName> {
  const thenLook = async <T>(sent: Promise<T>): Promise<T> => {
    try {
      return await sent;
    } finally {
      view.hurry();
    }
  };
  return {
    start: (ref, signal) => thenLook(startGuest(engine, ref, signal)),
    shutdown: (ref, how, signal) => thenLook(shutdownGuest(engine, ref, how, signal)),
    create: (container, signal) => thenLook(createContainer(engine, container, signal)),
    createMachine: (machine, signal) => thenLook(createMachine(engine, machine, signal)),
    download: (image, signal) => thenLook(downloadImage(engine, image, signal)),
    destroy: (ref, signal) => thenLook(destroyGuest(engine, ref, signal)),
    migrate: (ref, move, signal) => thenLook(migrateGuest(engine, ref, move, signal)),
    createSnapshot: (ref, snapshot, signal) => thenLook(createSnapshot(engine, ref, snapshot, signal)),
    deleteSnapshot: (ref, name, signal) => thenLook(deleteSnapshot(engine, ref, name, signal)),
    configure: (ref, change, digest, signal) => thenLook(configureGuest(engine, ref, { change, digest }, signal)),
    configureByTask: (ref, change, digest, signal) =>
      thenLook(configureByTask(engine, ref, { change, digest }, signal)),
    resize: (ref, growth, digest, signal) => thenLook(resizeGuest(engine, ref, { ...growth, digest }, signal)),
  };
}
