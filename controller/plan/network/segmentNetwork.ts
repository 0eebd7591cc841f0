import type { NetworkSegment } from "../../api/index.ts";
import type { NetworkSeen } from "../../providers/omadaSeen.ts";

/** Its name in Omada. */
export function networkNameOf({ spec, metadata }: NetworkSegment): string {
  return spec.omada?.networkName ?? metadata.name;
}

/** "network servers (VLAN 20)" */
export function networkText(segment: NetworkSegment): string {
  const { vlan } = segment.spec;
  return `network ${networkNameOf(segment)}${vlan === undefined ? "" : ` (VLAN ${String(vlan)})`}`;
}

/**
 * The network of this segment: by the id on record while name and VLAN still match, else by name and VLAN (I9). An
 * untagged segment is the site's default network.
 */
export function networkOf(
  segment: NetworkSegment,
  networks: readonly NetworkSeen[],
): { readonly network: NetworkSeen; readonly ours: boolean } | undefined {
  const bound = segment.status?.omada;
  const byId = networks.find(({ id }) => id === bound?.networkId);
  if (byId?.name === bound?.name && byId !== undefined && isVlan(byId, bound?.vlan))
    return { network: byId, ours: true };
  const name = networkNameOf(segment);
  const byName = networks.find((network) => network.name === name && isVlan(network, segment.spec.vlan));
  if (byName === undefined) return undefined;
  return { network: byName, ours: segment.status?.creating !== undefined };
}

function isVlan(network: NetworkSeen, vlan: number | undefined): boolean {
  return vlan === undefined ? network.primary : network.vlan === vlan;
}

/** Under another name or VLAN it is a person's, whatever its id (I9). */
export function becameOf({ status }: NetworkSegment, networks: readonly NetworkSeen[]): string | undefined {
  const one = networks.find(({ id }) => id === status?.omada?.networkId);
  return one === undefined ? undefined : `is called ${one.name} (VLAN ${String(one.vlan ?? "none")}) there now`;
}
