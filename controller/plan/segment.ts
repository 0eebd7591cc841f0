import ipaddr from "ipaddr.js";
import type { NetworkSegment, NetworkSegmentStatus } from "../api/index.ts";
import { annotation, annotationOf, type BaseStatus, type Claim } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { BridgeSeen } from "../providers/port.ts";
import type { Action, Decision } from "./action.ts";

type Report = Omit<NetworkSegmentStatus, keyof BaseStatus>;
type NodeReport = NonNullable<NonNullable<Report["proxmox"]>["nodes"]>[number];

export interface SegmentInput {
  /** Bridges by node; or why they cannot be seen, which is somebody else's trouble. */
  readonly bridges:
    | ReadonlyMap<string, readonly BridgeSeen[]>
    /** `early`: this process has not asked yet, and what an earlier one wrote stands (L10). */
    | { readonly unseen: Outcome; readonly early?: boolean };
  /** Older segments of the namespace that are not being deleted. */
  readonly elders: readonly NetworkSegment[];
  /** Guests attached to it. */
  readonly members: number;
}

const RECHECK_MS = 300_000;

const NO_NODE: Outcome = {
  is: "unknown",
  reason: "NodeOffline",
  message: "no node is online whose bridges could be read",
};

/** The Proxmox side of a network: does each node have the bridge as declared? Nothing is changed (L8). */
export function planSegment(segment: NetworkSegment, input: SegmentInput): Decision<NetworkSegmentStatus, Action> {
  const requested = annotationOf(segment, annotation.reconcileRequestedAt);
  const common = {
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    summary: { members: String(input.members) },
  };
  if ("unseen" in input.bridges) {
    const before = segment.status?.proxmox;
    return {
      outcome: input.bridges.unseen,
      report: { ...common, ...(before === undefined ? {} : { proxmox: before }) },
      conditions: [
        {
          type: "ProxmoxReady",
          status: "Unknown",
          reason: input.bridges.unseen.reason,
          message: input.bridges.unseen.message,
        },
      ],
      quiet: true,
      ...(input.bridges.early === true ? { premature: true } : {}),
    };
  }
  if (input.bridges.size === 0) return planSegment(segment, { ...input, bridges: { unseen: NO_NODE } });
  const nodes = [...input.bridges].map(([name, bridges]) => nodeOf(name, segment, bridges));
  const faults = nodes.flatMap((node) => faultsOf(node, segment));
  return {
    outcome: clash(segment, input.elders) ?? outcomeOf(segment, faults),
    report: { ...common, proxmox: { nodes } },
    conditions: [claimOf(faults)],
  };
}

function nodeOf(name: string, segment: NetworkSegment, bridges: readonly BridgeSeen[]): NodeReport {
  const bridge = bridges.find((other) => other.name === segment.spec.proxmox.bridge);
  if (bridge?.active !== true) return { name, bridge: "", vlanAware: false };
  return { name, bridge: bridge.name, vlanAware: bridge.vlanAware, mtu: bridge.mtu };
}

function faultsOf(node: NodeReport, { spec }: NetworkSegment): string[] {
  const { bridge } = spec.proxmox;
  if (node.bridge === "")
    return [`node ${node.name} has no active bridge ${bridge}; create it in Proxmox under node, Network, and apply`];
  const faults: string[] = [];
  if (spec.vlan !== undefined && !node.vlanAware)
    faults.push(
      `bridge ${bridge} of node ${node.name} is not VLAN-aware; tick "VLAN aware" there to carry VLAN ${String(spec.vlan)}`,
    );
  if (spec.mtu !== undefined && node.mtu !== undefined && spec.mtu > node.mtu)
    faults.push(`bridge ${bridge} of node ${node.name} has MTU ${String(node.mtu)}, less than ${String(spec.mtu)}`);
  return faults;
}

function outcomeOf(segment: NetworkSegment, faults: readonly string[]): Outcome {
  if (faults.length > 0)
    return { is: "stalled", reason: "BridgeMissing", message: faults.join("; "), afterMs: RECHECK_MS };
  if (segment.spec.suspend)
    return { is: "settled", reason: "Suspended", message: "suspended; the bridge is as declared", afterMs: RECHECK_MS };
  return { is: "settled", reason: "Settled", message: "every node has the bridge as declared", afterMs: RECHECK_MS };
}

function claimOf(faults: readonly string[]): Claim {
  if (faults.length === 0)
    return {
      type: "ProxmoxReady",
      status: "True",
      reason: "BridgeAsDeclared",
      message: "every node has the bridge as declared",
    };
  return { type: "ProxmoxReady", status: "False", reason: "BridgeMissing", message: faults.join("; ") };
}

/** VLANs are unique and networks do not overlap within a namespace; the younger object is told. */
function clash(segment: NetworkSegment, elders: readonly NetworkSegment[]): Outcome | undefined {
  const taken = elders.find((elder) => isSameNetwork(elder.spec, segment.spec));
  if (taken !== undefined) {
    const { vlan, proxmox } = segment.spec;
    const what = vlan === undefined ? `the untagged network of ${proxmox.bridge}` : `VLAN ${String(vlan)}`;
    const message = `${what} is that of NetworkSegment ${taken.metadata.name}, which comes first; correct one of them`;
    return { is: "stalled", reason: "VlanTaken", message };
  }
  const overlap = elders.find((elder) => overlaps(elder.spec.cidr, segment.spec.cidr));
  if (overlap === undefined) return undefined;
  return {
    is: "stalled",
    reason: "CidrOverlaps",
    message: `${segment.spec.cidr} overlaps ${overlap.spec.cidr} of NetworkSegment ${overlap.metadata.name}`,
  };
}

/** Untagged networks are told apart by their bridge; a VLAN is one for the whole lab, switches included. */
function isSameNetwork(a: NetworkSegment["spec"], b: NetworkSegment["spec"]): boolean {
  return a.vlan === b.vlan && (a.vlan !== undefined || a.proxmox.bridge === b.proxmox.bridge);
}

/** True when two networks share an address: one contains the other's first. */
export function overlaps(a: string, b: string): boolean {
  if (!ipaddr.isValidCIDR(a) || !ipaddr.isValidCIDR(b)) return false;
  const [left, leftBits] = ipaddr.parseCIDR(a);
  const [right, rightBits] = ipaddr.parseCIDR(b);
  if (left.kind() !== right.kind()) return false;
  const bits = Math.min(leftBits, rightBits);
  return left.match(right, bits);
}
