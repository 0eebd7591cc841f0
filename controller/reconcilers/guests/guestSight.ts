import type { Guest } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import { ProviderError } from "../../base/outcome.ts";
import type { Sight } from "../../plan/guests/guestInput.ts";
import type {
  ClusterSeen,
  GuestConfig,
  GuestRef,
  GuestSeen,
  ProxmoxPort,
  Reach,
  TaskSeen,
} from "../../providers/port.ts";
import type { Connection } from "../shared/connections.ts";
import { explain } from "./guestExplain.ts";
import { lossesOf } from "./guestLosses.ts";
import { immovableOf } from "./immovable.ts";
import { newer, type GuestRecord } from "../lab/guestMemory.ts";
import type { NodeTasks } from "../shared/nodeTasks.ts";

export interface Looking {
  readonly connection: Connection;
  readonly record: GuestRecord;
  readonly clock: Clock;
  readonly nodeTasks: NodeTasks;
  readonly meets: (tasks: readonly TaskSeen[]) => void;
}

/** What there is to see of a guest, no older than our own last act on it (O2, O3, O4). Changes nothing. */
export async function lookAt(object: Guest, looking: Looking, signal: AbortSignal): Promise<Sight> {
  const { port } = looking.connection;
  const hidden = unreachable(port.reach());
  if (hidden !== undefined) return hidden;
  const seen = port.seen();
  if (seen === undefined) return { is: "unseen", reason: "Connecting", message: "Proxmox has not answered yet" };
  const guest = await freshGuest(object, looking, seen, signal);
  if (guest === undefined) return absence(object, looking, seen, signal);
  looking.record.takenAt = undefined;
  const node = seen.nodes.get(guest.node);
  if (node?.online === false)
    return {
      is: "unseen",
      reason: "NodeOffline",
      message: `node ${guest.node} is offline; whether the guest runs is unknown until it is back`,
    };
  return present(object, guest, { ...looking, seen }, signal);
}

function unreachable(reach: Reach): Sight | undefined {
  switch (reach.is) {
    case "reachable":
      return undefined;
    case "connecting":
      return { is: "unseen", reason: "Connecting", message: "connecting to Proxmox" };
    case "unreachable":
      return { is: "unseen", reason: "HostUnreachable", message: reach.message };
    case "unauthorized":
      return { is: "unseen", reason: "Unauthorized", message: reach.message };
    case "untrusted":
      return { is: "unseen", reason: "CertificateMismatch", message: reach.message };
  }
}

/** The poller's view, unless it is older than what we did last: then the guest itself is asked. */
async function freshGuest(
  object: Guest,
  { connection, record }: Looking,
  seen: ClusterSeen,
  signal: AbortSignal,
): Promise<GuestSeen | undefined> {
  const listed = newer(seen.guests.get(object.spec.vmid), record.read);
  const known = listed !== undefined && listed.sequence >= seen.sequence ? listed : seen.guests.get(object.spec.vmid);
  if (known === undefined || known.sequence >= record.freshAfter) return known;
  // What we have moved is where it was to go before any list says so (A10).
  const target = object.status?.migration?.to;
  for (const node of target === undefined || target === known.node ? [known.node] : [known.node, target]) {
    record.read = await readAt({ ...known, node }, connection.port, signal);
    if (record.read !== undefined) return record.read;
  }
  return undefined;
}

async function readAt(ref: GuestRef, port: ProxmoxPort, signal: AbortSignal): Promise<GuestSeen | undefined> {
  try {
    return await port.readGuest(ref, signal);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "missing") return undefined;
    throw error;
  }
}

/** Quorum comes back without a change of any list. */
const UNPROVEN_MS = 30_000;
/** A poll that was asked for has answered by then. */
const UNLISTED_MS = 2_000;

/** Not listed: absent only when nextid says so (O4). */
async function absence(
  object: Guest,
  { connection, record }: Looking,
  seen: ClusterSeen,
  signal: AbortSignal,
): Promise<Sight> {
  const { port } = connection;
  record.read = undefined;
  record.lockedSince = undefined;
  const { vmid } = object.spec;
  switch (await port.proveAbsence(vmid, signal)) {
    case "absent":
      record.takenAt = undefined;
      return { is: "absent" };
    case "unknown":
      return {
        is: "unseen",
        reason: "HostUnreachable",
        message: `whether ${String(vmid)} exists cannot be proven: the Proxmox cluster is not quorate or does not answer`,
        retryMs: UNPROVEN_MS,
      };
    case "taken": {
      record.takenAt ??= port.mark();
      connection.permissionsStale = true;
      if (seen.sequence < record.takenAt) {
        port.hurry();
        return {
          is: "unseen",
          reason: "Connecting",
          message: `${String(vmid)} exists and is not listed yet; looking again`,
          retryMs: UNLISTED_MS,
        };
      }
      return {
        is: "hidden",
        message: `${String(vmid)} exists, but the token may not see it: grant VM.Audit on /vms/${String(vmid)} to the token and its user`,
      };
    }
  }
}

type Scene = Looking & { readonly seen: ClusterSeen };

async function present(object: Guest, guest: GuestSeen, scene: Scene, signal: AbortSignal): Promise<Sight> {
  const { record, connection, seen } = scene;
  if (guest.power === "Running") record.lastRunning = seen.nodes.get(guest.node)?.time ?? scene.clock.now();
  noteLock(guest, record, scene.clock);
  const down = await explain(object, guest, scene, signal);
  const config = await configOf(guest, scene, signal);
  return {
    is: "present",
    guest,
    config,
    addresses: await addressesOf(guest, config, scene, signal),
    busy: undefined,
    down,
    losses: await lossesOf(object, guest, connection.port, signal),
    ...(await immovableOf(object, guest, scene, signal)),
  };
}

function isInTheMaking({ lock }: GuestSeen): boolean {
  return lock === "create" || lock === "clone";
}

/** Read when never read and when something about the guest changed (O5); not before it is all there. */
async function configOf(
  guest: GuestSeen,
  { record, connection, clock, seen }: Scene,
  signal: AbortSignal,
): Promise<GuestConfig | undefined> {
  if (isInTheMaking(guest)) return undefined;
  const fingerprint = [guest.node, guest.name, guest.lock, guest.startTime, ...guest.tags].join("|");
  const known = record.config;
  if (known?.fingerprint === fingerprint && !known.stale) return known.config;
  try {
    const config = await connection.port.readConfig(guest, signal);
    const nodeTime = seen.nodes.get(guest.node)?.time ?? clock.now();
    record.formerConfig = known;
    record.config = { fingerprint, config, at: clock.monotonic(), node: guest.node, nodeTime, stale: false };
    return config;
  } catch (error) {
    if (
      error instanceof ProviderError &&
      (error.kind === "permission" || error.kind === "missing" || error.kind === "other")
    )
      return undefined;
    throw error;
  }
}

/**
 * Asked after a start until there is one, and after a connect failure; never periodically. Which interfaces are its own
 * the configuration says that was read for the pass: it is not read for this (O5).
 */
async function addressesOf(
  guest: GuestSeen,
  config: GuestConfig | undefined,
  { record, connection }: Looking,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (guest.power !== "Running") {
    record.addresses = undefined;
    return [];
  }
  const startID = startIdOf(guest);
  const known = record.addresses;
  if (known !== undefined && !known.stale && known.startID === startID && known.list.length > 0) return known.list;
  // An answer that can't be had says nothing: probes go on at the last addresses of this start (O4).
  const last = known?.startID === startID ? known.list : [];
  if (config === undefined) return last;
  const list = await connection.port.readAddresses(guest, config.networks, signal).catch(() => last);
  record.addresses = { startID, list, stale: false };
  return list;
}

/** One start of one guest: its node and start time. */
export function startIdOf(guest: GuestSeen): string {
  return `${guest.node}/${String(guest.startTime ?? 0)}`;
}

/** The last written verdict stands while it is still the same start (L10). */
export function resumeOf(object: Guest, guest: GuestSeen): "Healthy" | "Unhealthy" | undefined {
  const { status } = object;
  if (status?.startTime === undefined || guest.startTime === undefined) return undefined;
  if (Math.abs(Date.parse(status.startTime) - guest.startTime) > 5000) return undefined;
  return status.health === "Healthy" || status.health === "Unhealthy" ? status.health : undefined;
}

/** Since when it is locked: a lock that stands for a minute without any task is left over (A4). */
function noteLock(guest: GuestSeen, record: GuestRecord, clock: Clock): void {
  if (guest.lock === undefined) record.lockedSince = undefined;
  else record.lockedSince ??= clock.monotonic();
}
