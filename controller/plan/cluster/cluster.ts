import type { ProxmoxCluster, ProxmoxClusterStatus } from "../../api/index.ts";
import { annotation, annotationOf, type BaseStatus } from "../../api/meta.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { ClusterSeen } from "../../providers/port.ts";
import type { Action, Decision, EventNote } from "../action.ts";
import type { Lab } from "../lab.ts";
import { clusterClaims, needsText, type Link } from "./clusterClaims.ts";
import type { Need } from "../need.ts";
import { brokenWay, nextClusterIncident } from "./clusterIncident.ts";
import { incidentEvents } from "../guests/incident.ts";
import { pathText } from "../guests/probePath.ts";

type Report = Omit<ProxmoxClusterStatus, keyof BaseStatus>;

export interface ClusterInput {
  readonly reach: Link;
  readonly seen: ClusterSeen | undefined;
  readonly tlsVerified: boolean;
  /** Undefined: not read yet. */
  readonly missing: readonly Need[] | undefined;
  readonly lab: Lab;
}

/** Values of a Secret are looked at so often while in use (P3). */
const SECRET_MS = 60_000;

/** How the connection to one Proxmox VE cluster is. */
export function planCluster(cluster: ProxmoxCluster, input: ClusterInput): Decision<ProxmoxClusterStatus, Action> {
  const report = reportOf(cluster, input);
  const outcome = outcomeOf(cluster, input);
  const incident = incidentEvents(cluster.status?.lastIncident, report.lastIncident);
  return {
    outcome,
    report,
    conditions: clusterClaims(input),
    events: [...nodeEvents(cluster, report), ...incident],
    // Its incident is told instead.
    ...(incident.some(({ type }) => type === "Warning") ? { quiet: true } : {}),
    ...(input.reach.is === "connecting" ||
    (input.reach.is === "reachable" && (input.missing === undefined || !input.lab.warm))
      ? { premature: true }
      : {}),
  };
}

function outcomeOf(cluster: ProxmoxCluster, input: ClusterInput): Outcome {
  const { reach, missing } = input;
  switch (reach.is) {
    case "connecting":
      return {
        is: "progressing",
        reason: "Connecting",
        message: `connecting to ${cluster.spec.endpoints.join(", ")}`,
        afterMs: 5_000,
      };
    case "unreachable":
      return { is: "unknown", reason: "HostUnreachable", message: reach.message, afterMs: SECRET_MS };
    case "unauthorized":
      return {
        is: "stalled",
        reason: "Unauthorized",
        message: `${reach.message}. Correct Secret ${cluster.spec.credentialsRef.name} (tokenId, tokenSecret); it is noticed within a minute`,
        afterMs: SECRET_MS,
      };
    case "untrusted":
      return { is: "stalled", reason: "CertificateMismatch", message: reach.message, afterMs: SECRET_MS };
    case "secretMissing":
      return { is: "stalled", reason: "SecretMissing", message: reach.message, afterMs: SECRET_MS };
    case "reachable":
      break;
  }
  if (missing !== undefined && missing.length > 0)
    return {
      is: "stalled",
      reason: "PermissionMissing",
      message: `the token lacks ${needsText(missing)}; grant it to the token and to its user (docs/permissions.md)`,
      afterMs: SECRET_MS,
    };
  const broken = brokenWay(cluster, input);
  if (broken !== undefined) {
    const message = `ProbePathBroken: ${pathText(broken)}`;
    return { is: "progressing", reason: "ProbeFailing", message, afterMs: SECRET_MS };
  }
  if (cluster.spec.suspend)
    return {
      is: "settled",
      reason: "Suspended",
      message: "reachable; suspended: nothing on it is changed",
      afterMs: SECRET_MS,
    };
  return { is: "settled", reason: "Settled", message: "reachable and authorized", afterMs: SECRET_MS };
}

function reportOf(cluster: ProxmoxCluster, { reach, seen, missing, lab }: ClusterInput): Report {
  const { observedGeneration: _, conditions: __, ...before } = cluster.status ?? { observedGeneration: -1 };
  const requested = annotationOf(cluster, annotation.reconcileRequestedAt);
  const handled = requested === undefined ? {} : { lastHandledReconcileAt: requested };
  const needs =
    missing === undefined || missing.length === 0
      ? {}
      : { missingPermissions: missing.map(({ privilege, path }) => ({ privilege, path })) };
  const { missingPermissions: ___, lastIncident: ____, ...kept } = before;
  const incident = nextClusterIncident(cluster, { reach, lab });
  const told = { ...handled, ...needs, ...(incident === undefined ? {} : { lastIncident: incident }) };
  if (seen === undefined) return { ...kept, ...told };
  const vmids = new Set(
    [...lab.members.values()].filter((m) => m.cluster === cluster.metadata.name).map((m) => m.object.spec.vmid),
  );
  const managed = [...seen.guests.keys()].filter((vmid) => vmids.has(vmid)).length;
  const nodes = [...seen.nodes.values()].sort((a, b) => a.name.localeCompare(b.name));
  return {
    ...told,
    version: seen.version,
    nodes: nodes.map((node) => ({
      name: node.name,
      online: node.online,
      ...(node.version === undefined ? {} : { version: node.version }),
      ...bootTimeOf(cluster, node.name, node.bootTime),
    })),
    guests: { managed, unmanaged: seen.guests.size - managed },
    summary: {
      nodes: `${String(nodes.filter((node) => node.online).length)}/${String(nodes.length)}`,
      guests: `${String(managed)}/${String(seen.guests.size)}`,
    },
  };
}

/** Measured anew by each process, with an error of a second or two: the written time stands while it is the same boot (L10). */
function bootTimeOf(cluster: ProxmoxCluster, name: string, bootTime: number | undefined): { bootTime?: string } {
  const before = cluster.status?.nodes?.find((node) => node.name === name)?.bootTime;
  if (bootTime === undefined) return before === undefined ? {} : { bootTime: before };
  if (before !== undefined && Math.abs(Date.parse(before) - bootTime) <= 10_000) return { bootTime: before };
  return { bootTime: rfc3339(bootTime) };
}

function nodeEvents(cluster: ProxmoxCluster, report: Report): EventNote[] {
  return (report.nodes ?? []).flatMap((node): EventNote[] => {
    const before = cluster.status?.nodes?.find((other) => other.name === node.name);
    if (before === undefined) return [];
    const told: EventNote[] = [];
    if (before.online && !node.online)
      told.push({
        type: "Warning",
        reason: "NodeOffline",
        action: "Observe",
        message: `node ${node.name} is offline; its guests are unknown`,
      });
    if (!before.online && node.online)
      told.push({ type: "Normal", reason: "NodeOnline", action: "Observe", message: `node ${node.name} is online` });
    if (before.bootTime !== undefined && node.bootTime !== undefined && before.bootTime !== node.bootTime)
      told.push({
        type: "Warning",
        reason: "HostReboot",
        action: "Observe",
        message: `node ${node.name} has booted at ${node.bootTime}`,
      });
    return told;
  });
}
