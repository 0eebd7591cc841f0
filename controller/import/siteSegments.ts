import type { NetworkSeen } from "../providers/omadaSeen.ts";
import type { GuessedSegment } from "./networks.ts";

/** Names of the segments that networks of a site are in. */
export interface SegmentNames {
  readonly byNetwork: ReadonlyMap<string, string>;
  readonly byVlan: ReadonlyMap<number, string>;
  /** Id of the site's default network. */
  readonly primaryId: string | undefined;
  /** Name of the default network's segment. */
  readonly primary: string | undefined;
}

export function segmentNames(segments: readonly GuessedSegment[], networks: readonly NetworkSeen[]): SegmentNames {
  const known = segments.flatMap(({ name, network }) => (network === undefined ? [] : [{ name, network }]));
  const primary = networks.find((network) => network.primary);
  return {
    byNetwork: new Map(known.map(({ name, network }) => [network.id, name])),
    byVlan: new Map(
      known.flatMap(({ name, network: { vlan, primary: untagged } }) =>
        vlan === undefined || untagged ? [] : [[vlan, name] as const],
      ),
    ),
    primaryId: primary?.id,
    primary: known.find(({ network }) => network.primary)?.name,
  };
}
