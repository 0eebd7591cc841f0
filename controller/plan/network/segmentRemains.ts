import type { NetworkSegment } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import type { NetworkSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { networkLocksOut, type Paths } from "./lockOut.ts";
import type { Remains } from "./deletion.ts";
import { networkNameOf, networkOf, networkText } from "./segmentNetwork.ts";

/** What is left of a segment in Omada when its object is being deleted. */
export function segmentRemains(
  segment: NetworkSegment,
  seen: SiteSeen,
  around: { readonly paths: Paths; readonly others: readonly NetworkSegment[] },
): Remains {
  const what = networkText(segment);
  const found = networkOf(segment, seen.networks ?? []);
  if (found === undefined) return { what };
  const { network, ours } = found;
  const heir = around.others.find(
    (other) =>
      !isDeleting(other) &&
      other.spec.omada !== undefined &&
      other.metadata.uid !== segment.metadata.uid &&
      (networkNameOf(other) === network.name || (other.spec.vlan !== undefined && other.spec.vlan === network.vlan)),
  );
  return {
    what,
    heir: heir === undefined ? undefined : `NetworkSegment ${heir.metadata.name}`,
    stays: stays(network, ours),
    inUse: usersOf(network, seen),
    step: {
      write: { call: "deleteNetwork", id: network.id },
      what,
      locksOut: networkLocksOut(network, "delete", around.paths),
    },
  };
}

function stays(network: NetworkSeen, ours: boolean): string | undefined {
  if (network.primary) return "it is the site's default network, which is never deleted";
  return ours ? undefined : "it is not known to be this object's, and nothing is deleted on a match by name";
}

/** Who still uses the network; off it goes in reverse (N2). */
export function usersOf({ id, vlan, name }: NetworkSeen, seen: SiteSeen): string | undefined {
  const profiles = (seen.profiles ?? []).filter(
    (profile) => !profile.builtIn && (profile.nativeNetworkId === id || profile.taggedNetworkIds.includes(id)),
  );
  const ports = [...seen.devices.values()].flatMap((device) =>
    (device.ports ?? [])
      .filter((port) => port.nativeNetworkId === id || port.taggedNetworkIds?.includes(id) === true)
      .map((port) => `port ${String(port.number)} of ${device.name}`),
  );
  const wlans = (seen.wlans ?? []).filter(
    (wlan) => wlan.networkId === id || (vlan !== undefined && wlan.vlan === vlan),
  );
  const acls = (seen.acls ?? []).filter((acl) =>
    [acl.source, acl.destination].some((end) => end.type === "network" && end.ids.includes(id)),
  );
  const reserved = (seen.reservations ?? []).filter(({ networkId }) => networkId === id);
  const users = [
    ...ports,
    ...profiles.map((profile) => `port profile ${profile.name}`),
    ...wlans.map(({ ssid }) => `SSID ${ssid}`),
    ...acls.map(({ description }) => `rule ${description}`),
    ...(reserved.length === 0 ? [] : [`${name}'s address reservations (${reserved.map(({ ip }) => ip).join(", ")})`]),
  ];
  return users.length === 0 ? undefined : users.slice(0, 6).join(", ");
}
