import { isWithin, pathOf } from "./lockRules.ts";
import { markOf, type NetDeclared } from "./netObjects.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { isBound } from "./siteActors.ts";

/** Who uses what an object being deleted has in the site, and whether the path goes over it. */
export function remainsOf(
  history: NetworkHistory,
  one: NetDeclared,
): { readonly users: readonly string[]; readonly underPath: boolean } {
  switch (one.kind) {
    case "NetworkSegment": {
      const network = history.site.networks.find(({ id }) => isBound(history, one, id));
      const subnet = network?.gatewaySubnet;
      const underPath = pathOf(history).some((address) => isWithin(address, subnet));
      return { users: network === undefined ? [] : usersOf(history, network.id, network.vlan), underPath };
    }
    case "WirelessNetwork": {
      const wlan = history.site.wlans.find(({ id }) => isBound(history, one, id));
      return { users: wlan === undefined ? [] : rulesWith(history, wlan.id), underPath: false };
    }
    case "AccessRule": {
      const mark = markOf(one.metadata.name);
      const groups = history.site.groups.all().filter(({ descriptions }) => descriptions.join(" ").includes(mark));
      return { users: groups.flatMap(({ id }) => rulesWith(history, id)), underPath: false };
    }
    default:
      return { users: [], underPath: false };
  }
}

function rulesWith({ site }: NetworkHistory, id: string): readonly string[] {
  return site.acls
    .all()
    .filter(({ source, destination }) => source.ids.includes(id) || destination.ids.includes(id))
    .map(({ description }) => description);
}

function usersOf(history: NetworkHistory, id: string, vlan: number | undefined): readonly string[] {
  const { site } = history;
  const ports = [...site.devices.values()].flatMap((device) =>
    device.role === "Switch" ? device.ports.map((port) => site.vlansOf(port)) : [],
  );
  const profiles = site.profiles.all().filter(({ builtIn }) => !builtIn);
  const carried = [...ports, ...profiles].filter(
    ({ nativeNetworkId, taggedNetworkIds }) => nativeNetworkId === id || taggedNetworkIds?.includes(id) === true,
  );
  const wlans = site.wlans.all().filter((wlan) => vlan !== undefined && wlan.vlan === vlan);
  const kept = site.reservations.all().filter(({ networkId }) => networkId === id);
  return [
    ...carried.map(() => "a port or profile"),
    ...wlans.map(({ ssid }) => ssid),
    ...kept.map(({ mac }) => mac),
    ...rulesWith(history, id),
  ];
}
