import ipaddr from "ipaddr.js";
import type { NetworkSegment, NetworkSegmentStatus } from "../../api/index.ts";
import { annotation, annotationOf, type BaseStatus, type Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { BridgeSeen } from "../../providers/port.ts";
import type { Decision } from "../action.ts";
import type { NetAction } from "./netInput.ts";

type Report = Omit<NetworkSegmentStatus, keyof BaseStatus>;
type NodeReport = NonNullable<NonNullable<Report["proxmox"]>["nodes"]>[number];

/** Bridges by node; or why they cannot be seen, which is somebody else's trouble. */
type Bridges =
  | ReadonlyMap<string, readonly BridgeSeen[]>
  /** `early`: this process has not asked yet, and what an earlier one wrote stands (L10). */
  | { readonly unseen: Outcome; readonly early?: boolean };

export interface SegmentInput {
  /** Undefined: it has no Proxmox side. */
  readonly bridges: Bridges | undefined;
  /** What the Omada side came to; undefined: it has none. */
  readonly omada?: Decision<BaseStatus, NetAction> | undefined;
  /** Older segments of the namespace that are not being deleted. */
  readonly elders: readonly NetworkSegment[];
  /** Guests attached to it. */
  readonly members: number;
  /** What is wrong with the Static addresses in it, a sentence each. */
  readonly addressFaults?: readonly string[];
}

const RECHECK_MS = 300_000;

const NO_NODE: Outcome = {
  is: "unknown",
  reason: "NodeOffline",
  message: "no node is online whose bridges could be read",
};

/** One side of a network, as far as it goes. */
interface Side {
  /** Undefined: as declared. */
  readonly outcome: Outcome | undefined;
  readonly report: object;
  readonly claims: readonly Claim[];
  readonly quiet: boolean;
  readonly early: boolean;
}

/** A network on both sides. Guests need only the Proxmox side (L8); what is wrong on either is said. */
export function planSegment(segment: NetworkSegment, input: SegmentInput): Decision<NetworkSegmentStatus, NetAction> {
  const proxmox = proxmoxSide(segment, input.bridges);
  const clashes = segmentClash(segment, input.elders);
  const { omada } = input;
  const trouble = clashes ?? worse(proxmox, omada);
  const early = proxmox.early && omada?.action === undefined;
  return {
    ...omada,
    outcome: trouble ?? fine(segment, omada?.outcome),
    report: reportOf(segment, input, proxmox),
    conditions: [
      ...proxmox.claims,
      ...(omada?.conditions ?? []).map(asOmadaReady),
      ...addressClaim(input.addressFaults ?? []),
    ],
    ...(trouble === proxmox.outcome ? { quiet: proxmox.quiet } : {}),
    ...(early ? { premature: true } : {}),
  };
}

/** Only what is wrong is said: most segments have nothing to say. */
function addressClaim(faults: readonly string[]): readonly Claim[] {
  if (faults.length === 0) return [];
  const more = faults.length > 20 ? `; and ${String(faults.length - 20)} more` : "";
  const message = `${faults.slice(0, 20).join("; ")}${more}`;
  return [{ type: "AddressesFit", status: "False", reason: "AddressWrong", message }];
}

function reportOf(segment: NetworkSegment, { omada, members }: SegmentInput, proxmox: Side): Report {
  const requested = annotationOf(segment, annotation.reconcileRequestedAt);
  return {
    ...omada?.report,
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    summary: { members: String(members) },
    ...proxmox.report,
  };
}

/** What is done is said first; then what stalls before what waits, and a bridge before Omada. */
function worse(proxmox: Side, omada: SegmentInput["omada"]): Outcome | undefined {
  const apart = omada === undefined || omada.outcome.is === "settled" ? undefined : omada.outcome;
  if (omada?.action !== undefined) return apart;
  return apart?.is === "stalled" && proxmox.outcome?.is !== "stalled" ? apart : (proxmox.outcome ?? apart);
}

function fine({ spec }: NetworkSegment, omada: Outcome | undefined): Outcome {
  const bridge = "every node has the bridge as declared";
  if (omada !== undefined) {
    const message = spec.proxmox === undefined ? omada.message : `${bridge}; ${omada.message}`;
    return { ...omada, message, afterMs: RECHECK_MS } as Outcome;
  }
  if (spec.suspend)
    return { is: "settled", reason: "Suspended", message: "suspended; the bridge is as declared", afterMs: RECHECK_MS };
  return { is: "settled", reason: "Settled", message: bridge, afterMs: RECHECK_MS };
}

/** On a segment the condition of that side has the side's name. */
function asOmadaReady(claim: Claim): Claim {
  return claim.type === "ConfigInSync" ? { ...claim, type: "OmadaReady" } : claim;
}

/** Does each node have the bridge as declared? Nothing is changed (L8). */
function proxmoxSide(segment: NetworkSegment, bridges: Bridges | undefined): Side {
  if (bridges === undefined) return { outcome: undefined, report: {}, claims: [], quiet: false, early: false };
  if ("unseen" in bridges) {
    const { reason, message } = bridges.unseen;
    const before = segment.status?.proxmox;
    return {
      outcome: bridges.unseen,
      report: before === undefined ? {} : { proxmox: before },
      claims: [{ type: "ProxmoxReady", status: "Unknown", reason, message }],
      quiet: true,
      early: bridges.early === true,
    };
  }
  if (bridges.size === 0) return proxmoxSide(segment, { unseen: NO_NODE });
  const nodes = [...bridges].map(([name, seen]) => nodeOf(name, segment, seen));
  const faults = nodes.flatMap((node) => faultsOf(node, segment));
  const outcome: Outcome | undefined =
    faults.length === 0
      ? undefined
      : { is: "stalled", reason: "BridgeMissing", message: faults.join("; "), afterMs: RECHECK_MS };
  return { outcome, report: { proxmox: { nodes } }, claims: [claimOf(faults)], quiet: false, early: false };
}

function nodeOf(name: string, segment: NetworkSegment, bridges: readonly BridgeSeen[]): NodeReport {
  const bridge = bridges.find((other) => other.name === segment.spec.proxmox?.bridge);
  if (bridge?.active !== true) return { name, bridge: "", vlanAware: false };
  return { name, bridge: bridge.name, vlanAware: bridge.vlanAware, mtu: bridge.mtu };
}

function faultsOf(node: NodeReport, { spec }: NetworkSegment): string[] {
  const bridge = spec.proxmox?.bridge ?? "";
  if (node.bridge === "")
    return [`node ${node.name} has no active bridge ${bridge}; create it in Proxmox under node, Network, and apply`];
  const faults: string[] = [];
  if (spec.vlan !== undefined && !node.vlanAware)
    faults.push(
      `bridge ${bridge} of node ${node.name} is not VLAN-aware; tick "VLAN aware" there to carry VLAN ${String(spec.vlan)}`,
    );
  if (spec.mtu !== undefined && node.mtu !== undefined && spec.mtu > node.mtu)
    faults.push(
      `mtu of the segment is ${String(spec.mtu)}, and bridge ${bridge} of node ${node.name} has MTU ${String(node.mtu)} in Proxmox; ` +
        `raise it there under node, Network, or write mtu: ${String(node.mtu)}`,
    );
  return faults;
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

/** VLANs are unique and networks do not overlap within a namespace; the younger object is told, on both sides. */
export function segmentClash(segment: NetworkSegment, elders: readonly NetworkSegment[]): Outcome | undefined {
  const taken = elders.find((elder) => isSameNetwork(elder.spec, segment.spec));
  if (taken !== undefined) {
    const { vlan, proxmox } = segment.spec;
    const what =
      vlan === undefined ? `the untagged network of ${proxmox?.bridge ?? "the site"}` : `VLAN ${String(vlan)}`;
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
  return a.vlan === b.vlan && (a.vlan !== undefined || a.proxmox?.bridge === b.proxmox?.bridge);
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
