import type { ProxmoxCluster, ProxmoxClusterStatus } from "../../api/index.ts";
import { rfc3339Millis } from "../../base/clock.ts";
import type { Link } from "./clusterClaims.ts";
import type { Lab } from "../lab.ts";
import { brokenPathOf, pathText, type BrokenPath } from "../guests/probePath.ts";

type Incident = NonNullable<ProxmoxClusterStatus["lastIncident"]>;

interface Known {
  readonly reach: Link;
  readonly lab: Lab;
}

/**
 * The connection's last outage after this pass: the host does not answer, or the way to its guests is broken. These have
 * one owner, the ProxmoxCluster; the guests only name it (H3, H4). It is over when the host answers and no guests fail
 * together; what another state of the connection says is neither.
 */
export function nextClusterIncident(cluster: ProxmoxCluster, known: Known): Incident | undefined {
  const before = cluster.status?.lastIncident;
  const open = before !== undefined && before.recoverTime === undefined;
  const trouble = troubleOf(cluster, known);
  const now = rfc3339Millis(known.lab.now);
  const well = known.reach.is === "reachable" && !isDoubted(cluster, known);
  if (trouble === undefined) return open && well ? { ...before, recoverTime: now } : before;
  if (open) return before;
  const { cause, lastGood, message } = trouble;
  const startTime = lastGood === undefined ? now : rfc3339Millis(lastGood);
  return { cause, startTime, detectTime: now, message: message.slice(0, 1024) };
}

interface Trouble {
  readonly cause: "HostUnreachable" | "ProbePathBroken";
  /** Wall milliseconds. */
  readonly lastGood: number | undefined;
  readonly message: string;
}

function troubleOf(cluster: ProxmoxCluster, known: Known): Trouble | undefined {
  const { reach, lab } = known;
  if (reach.is === "unreachable") {
    const lastGood = lastLook(cluster.metadata.name, lab) ?? reach.since;
    return { cause: "HostUnreachable", lastGood, message: reach.message };
  }
  const broken = brokenWay(cluster, known);
  if (broken === undefined) return undefined;
  const good = broken.sick.flatMap((member) => member.lastGood ?? []);
  const lastGood = good.length === 0 ? undefined : Math.min(...good);
  return { cause: "ProbePathBroken", lastGood, message: pathText(broken) };
}

/**
 * The broken way to guests of a host that answers. While it does not answer either, guests that fail say nothing of the
 * way to them: that is told once a look was answered, and stands until one tells otherwise.
 */
export function brokenWay(cluster: ProxmoxCluster, known: Known): BrokenPath | undefined {
  const incident = cluster.status?.lastIncident;
  const told = incident?.cause === "ProbePathBroken" && incident.recoverTime === undefined;
  const shown = known.reach.is === "reachable" && (told || !isDoubted(cluster, known));
  return shown ? brokenPathOf(cluster.metadata.name, known.lab) : undefined;
}

/** The last look was not answered. */
function isDoubted({ metadata }: ProxmoxCluster, { lab }: Known): boolean {
  return lab.clusters.get(metadata.name)?.doubted === true;
}

/** Each good look says of whoever is healthy that it was good until then. */
function lastLook(cluster: string, lab: Lab): number | undefined {
  const members = [...lab.members.values()].filter((member) => member.cluster === cluster);
  const good = members.flatMap((member) => member.lastGood ?? []);
  return good.length === 0 ? undefined : Math.max(...good);
}
