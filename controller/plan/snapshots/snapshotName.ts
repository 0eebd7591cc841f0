import { shortHash } from "../shortHash.ts";

/** Longest name of a snapshot in Proxmox. */
const LONGEST = 40;
const STAMP = 14;

/** The snapshots of one policy, told from all others by their names. */
export interface SnapshotNames {
  /** The name for a time of the schedule, milliseconds. */
  of(time: number): string;
  /** The time of the schedule a snapshot is of; undefined: it is not this policy's. */
  timeOf(name: string): number | undefined;
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
