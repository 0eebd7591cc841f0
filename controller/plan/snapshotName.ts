import { shortHash } from "./shortHash.ts";

/** Longest name of a snapshot in Proxmox. */
const LONGEST = 40;
const STAMP = 14;

/** The snapshots of one policy, told from all others by their names. */
export interface SnapshotNames {
  /** The name for a time of the schedule or of an update, milliseconds. */
  of(time: number): string;
  /** The time a snapshot is of; undefined: it is not this policy's. */
  timeOf(name: string): number | undefined;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Runs of a schedule are due at whole minutes, and updates never are: so no name of the one is a name of the other. */
export function isOfRun(time: number): boolean {
  return time % MINUTE_MS === 0;
}

/** The time that a snapshot before an update is named by, milliseconds. */
export function updateTime(now: number): number {
  const time = now - (now % SECOND_MS);
  return isOfRun(time) ? time + SECOND_MS : time;
}

/**
 * Names like `hl-nightly-1a2b3c-20261124023000`: a readable piece of the policy's name, a hash of namespace and name that
 * tells it from every other policy's, and the time in UTC. Which snapshot a run has made can so be seen on the guest itself.
 */
export function snapshotNames(policy: { readonly namespace: string; readonly name: string }): SnapshotNames {
  const hash = shortHash(`${policy.namespace}/${policy.name}`);
  const room = LONGEST - "hl-".length - 1 - hash.length - 1 - STAMP;
  const readable = policy.name
    .replace(/[^a-z0-9-]/g, "-")
    .slice(0, room)
    .replace(/-+$/, "");
  const prefix = `hl-${readable}-${hash}-`;
  return {
    of: (time) => `${prefix}${stampOf(time)}`,
    timeOf: (name) => (name.startsWith(prefix) ? timeOfStamp(name.slice(prefix.length)) : undefined),
  };
}

/** 20261124023000, in UTC. */
function stampOf(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, "").slice(0, STAMP);
}

function timeOfStamp(stamp: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp);
  if (parts === null) return undefined;
  const [, year = "", month = "", day = "", hour = "", minute = "", second = ""] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** In the description of each snapshot: beside its name the proof that it is this policy's. */
export function markOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `[hl:${namespace}/${name}]`;
}
