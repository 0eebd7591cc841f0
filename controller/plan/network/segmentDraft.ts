import type { Drift } from "./drift.ts";
import type { NetworkSegment } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { NetworkWish } from "../../providers/omadaPort.ts";
import type { DhcpSeen, NetworkSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled } from "../outcomes.ts";
import { overlaps } from "./segment.ts";
import { framesTrouble } from "./segmentFrames.ts";
import { rangeFault } from "./rangeFault.ts";
import { becameOf, networkNameOf, networkOf, networkText } from "./segmentNetwork.ts";
import { networkLocksOut, type Paths } from "./lockOut.ts";
import type { Draft, NetPatch, NetStep } from "./netInput.ts";

const RECHECK_MS = 300_000;

type Spec = NetworkSegment["spec"];

/** The Omada side of a segment, as found. */
export function segmentDraft(segment: NetworkSegment, seen: SiteSeen, paths: Paths): Draft {
  const networks = seen.networks ?? [];
  const what = networkText(segment);
  const fine = `${what} is in Omada as declared`;
  const found = networkOf(segment, networks);
  if (found === undefined) {
    const obstacle = rangeFault(segment.spec) ?? clash(segment, networks) ?? impossible(segment, seen);
    const step: NetStep = { write: { call: "createNetwork", wish: newNetwork(segment) }, what };
    const rest = { drift: [], fine, step, became: becameOf(segment, networks) };
    return { found: "absent", what, ...rest, ...(isDeleting(segment) ? {} : { obstacle }) };
  }
  const { network, ours } = found;
  const changes = changesOf(segment, network);
  return {
    found: ours ? "ours" : "unowned",
    what,
    bound: boundOf(segment, network),
    drift: changes.drift,
    step: correction(network, changes.wish, what, paths),
    obstacle: rangeFault(segment.spec),
    trouble: framesTrouble(segment, seen),
    fine,
  };
}

function boundOf({ spec, status }: NetworkSegment, { id, name, vlan }: NetworkSeen): NetPatch {
  const created = status?.omada?.created === true || (status?.creating !== undefined && status.omada === undefined);
  return {
    omada: {
      networkId: id,
      name,
      ...(spec.vlan === undefined || vlan === undefined ? {} : { vlan }),
      ...(created ? { created } : {}),
    },
  };
}

function correction(network: NetworkSeen, wish: Partial<NetworkWish>, what: string, paths: Paths): NetStep | undefined {
  if (Object.keys(wish).length === 0) return undefined;
  const locksOut = networkLocksOut(network, wish, paths);
  return { write: { call: "updateNetwork", id: network.id, wish }, what, locksOut };
}

/** Another network of the site is in the way; Omada would refuse with a bare number, or accept and break. */
function clash(segment: NetworkSegment, networks: readonly NetworkSeen[]): Outcome | undefined {
  const name = networkNameOf(segment);
  const { vlan, cidr } = segment.spec;
  if (vlan === undefined) {
    const primary = networks.find((network) => network.primary);
    const its =
      primary === undefined ? "" : `, which is named ${primary.name}: write omada.networkName: ${primary.name}`;
    return stalled("SpecInvalid", `a segment without vlan is the site's default network${its}`, RECHECK_MS);
  }
  const same = networks.find((network) => network.vlan === vlan);
  if (same !== undefined)
    return stalled(
      "VlanTaken",
      `VLAN ${String(vlan)} is that of network ${same.name} in Omada; to mean that one write omada.networkName: ${same.name}`,
      RECHECK_MS,
    );
  const named = networks.find((network) => network.name === name);
  if (named !== undefined)
    return stalled(
      "NetworkNotOwned",
      `Omada has a network ${name} with VLAN ${String(named.vlan ?? 1)}, declared is VLAN ${String(vlan)}; correct one of them`,
      RECHECK_MS,
    );
  const over = networks.find(({ gatewaySubnet }) => gatewaySubnet !== undefined && overlaps(gatewaySubnet, cidr));
  if (over === undefined) return undefined;
  return stalled(
    "CidrOverlaps",
    `${cidr} overlaps ${over.gatewaySubnet ?? ""} of network ${over.name} in Omada`,
    RECHECK_MS,
  );
}

function impossible({ spec }: NetworkSegment, { abilities }: SiteSeen): Outcome | undefined {
  if (spec.purpose === "VLAN" || abilities.gateway) return undefined;
  return stalled(
    "RefusedByProvider",
    "the site has no adopted gateway, so no network can have an interface; adopt one, or write purpose: VLAN",
    RECHECK_MS,
  );
}

function gatewaySubnetOf({ gateway, cidr }: Spec): string | undefined {
  return gateway === undefined ? undefined : `${gateway}/${cidr.split("/")[1] ?? "24"}`;
}

/** All it needs, and of the rest what is declared. */
function newNetwork(segment: NetworkSegment): NetworkWish {
  const { spec } = segment;
  const purpose = spec.purpose ?? "Interface";
  const subnet = gatewaySubnetOf(spec);
  const dhcp = dhcpWish(spec);
  return {
    name: networkNameOf(segment),
    purpose,
    ...(spec.vlan === undefined ? {} : { vlan: spec.vlan }),
    ...(purpose === "VLAN" || subnet === undefined ? {} : { gatewaySubnet: subnet }),
    ...(spec.isolated === undefined ? {} : { isolated: spec.isolated }),
    ...(spec.dhcp?.domain === undefined ? {} : { domain: spec.dhcp.domain }),
    ...(purpose === "VLAN" || dhcp === undefined ? {} : { dhcp }),
  };
}

function dhcpWish({ dhcp }: Spec): Partial<DhcpSeen> | undefined {
  if (dhcp === undefined) return undefined;
  const { enabled, start, end, leaseSeconds, dns } = dhcp;
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(start === undefined || end === undefined ? {} : { ranges: [{ start, end }] }),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds: wholeMinutes(leaseSeconds) }),
    ...(dns === undefined ? {} : { dns }),
  };
}

function wholeMinutes(seconds: number): number {
  return Math.ceil(seconds / 60) * 60;
}

interface Changes {
  readonly drift: readonly Drift[];
  readonly wish: Partial<NetworkWish>;
}

/** Declared fields that Omada has otherwise; what is not declared is not compared (A11). */
function changesOf(segment: NetworkSegment, network: NetworkSeen): Changes {
  const { spec } = segment;
  const wanted = newNetwork(segment);
  const purpose = spec.purpose === undefined || spec.purpose === network.purpose ? undefined : spec.purpose;
  const isInterface = network.purpose === "Interface";
  const rows: readonly [string, string | undefined, string | undefined, Partial<NetworkWish>][] = [
    ["omada.networkName", wanted.name, network.name, { name: wanted.name }],
    ["vlan", text(spec.vlan), text(network.vlan), spec.vlan === undefined ? {} : { vlan: spec.vlan }],
    ["purpose", purpose, network.purpose, purpose === undefined ? {} : { purpose }],
    ...(isInterface ? subnetRows(spec, network) : []),
    [
      "isolated",
      text(spec.isolated),
      text(network.isolated),
      spec.isolated === undefined ? {} : { isolated: spec.isolated },
    ],
  ];
  const differing = rows.filter(
    ([, desired, actual]) => desired !== undefined && actual !== undefined && desired !== actual,
  );
  const dhcp = isInterface ? dhcpChanges(spec, network) : { drift: [], wish: {} };
  const wish = Object.assign({}, ...differing.map(([, , , part]) => part)) as Partial<NetworkWish>;
  return {
    drift: [
      ...differing.map(([field, desired, actual]) => ({ field, desired: desired ?? "", actual: actual ?? "" })),
      ...dhcp.drift,
    ],
    wish: { ...wish, ...(Object.keys(dhcp.wish).length === 0 ? {} : { dhcp: dhcp.wish }) },
  };
}

function subnetRows(
  spec: Spec,
  network: NetworkSeen,
): readonly [string, string | undefined, string | undefined, Partial<NetworkWish>][] {
  const subnet = gatewaySubnetOf(spec);
  const domain = spec.dhcp?.domain;
  return [
    ["gateway", subnet, network.gatewaySubnet ?? "(none)", subnet === undefined ? {} : { gatewaySubnet: subnet }],
    ["dhcp.domain", domain, network.domain ?? "(none)", domain === undefined ? {} : { domain }],
  ];
}

function dhcpChanges(spec: Spec, { dhcp: seen }: NetworkSeen): { drift: readonly Drift[]; wish: Partial<DhcpSeen> } {
  const wanted = dhcpWish(spec);
  if (wanted === undefined || seen === undefined) return { drift: [], wish: {} };
  const ranges = (dhcp: Partial<DhcpSeen>): string | undefined =>
    dhcp.ranges?.map(({ start, end }) => `${start}-${end}`).join(",");
  const dns = (dhcp: Partial<DhcpSeen>): string | undefined =>
    dhcp.dns === undefined ? undefined : dhcp.dns.length === 0 ? "(gateway)" : dhcp.dns.join(",");
  const rows = [
    ["dhcp.enabled", text(wanted.enabled), text(seen.enabled), { enabled: wanted.enabled }],
    ["dhcp.start", ranges(wanted), ranges(seen), { ranges: wanted.ranges }],
    ["dhcp.leaseSeconds", text(wanted.leaseSeconds), text(seen.leaseSeconds), { leaseSeconds: wanted.leaseSeconds }],
    ["dhcp.dns", dns(wanted), dns(seen), { dns: wanted.dns }],
  ] as const;
  const differing = rows.filter(([, desired, actual]) => desired !== undefined && desired !== (actual ?? ""));
  return {
    drift: differing.map(([field, desired, actual]) => ({
      field,
      desired: desired ?? "",
      actual: actual === undefined || actual === "" ? "(none)" : actual,
    })),
    wish: Object.assign({}, ...differing.map(([, , , part]) => part)) as Partial<DhcpSeen>,
  };
}

function text(value: number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
