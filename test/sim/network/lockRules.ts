import ipaddr from "ipaddr.js";
import type { AclWish } from "../../../controller/providers/omadaPort.ts";
import type { AclEnd } from "../../../controller/providers/omadaSeen.ts";
import type { FakeOmada } from "../../fakes/omada.ts";
import { FAKE } from "../../fakes/omadaSite.ts";
import { clusterIn } from "../declared.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { controllersIn, devicesIn } from "./netObjects.ts";
import { CABLE, PATH } from "./netPlant.ts";
import { argsOf, type SiteRule, type SiteScene } from "./siteScene.ts";

/** No write that cuts the way to Omada or to Proxmox. */
export const lockRules: readonly SiteRule[] = [
  ["N2", networkUnderPath],
  ["N2", portOfPath],
  ["N2", ruleOverPath],
];

/** Addresses that must stay reachable: those of the connections that are declared. */
export function pathOf({ lab }: Pick<NetworkHistory, "lab">): readonly string[] {
  return [
    ...(controllersIn(lab).length > 0 ? [PATH.omada] : []),
    ...(clusterIn(lab) === undefined ? [] : [PATH.proxmox]),
  ];
}

export function isWithin(address: string, subnet: string | undefined): boolean {
  if (subnet === undefined) return false;
  const [base, bits] = ipaddr.parseCIDR(subnet);
  return ipaddr.parse(address).match(base, bits);
}

function networkUnderPath(scene: SiteScene): string | undefined {
  const { call, args, history } = scene;
  if (call !== "updateNetwork" && call !== "deleteNetwork") return undefined;
  const network = history.site.networks.get(String(args[0]));
  const host = pathOf(history).find((address) => isWithin(address, network?.gatewaySubnet));
  if (host === undefined) return undefined;
  if (call === "deleteNetwork") return `it carries ${host}`;
  const [, wish] = argsOf(scene, "updateNetwork");
  const cuts =
    wish.vlan !== undefined ||
    wish.purpose !== undefined ||
    wish.gatewaySubnet !== undefined ||
    wish.isolated === true ||
    wish.dhcp?.enabled === false;
  return cuts ? `it carries ${host}` : undefined;
}

/** What hangs on a port, near or far: addresses, and devices that are no access points. */
function behind({ site }: NetworkHistory, mac: string, number: number): readonly string[] {
  const macs = new Set<string>();
  let grows = true;
  while (grows) {
    const more = [...site.devices.values()].filter(
      ({ mac: own, uplink }) =>
        !macs.has(own) &&
        uplink !== undefined &&
        ((uplink.mac === mac && uplink.port === number) || macs.has(uplink.mac)),
    );
    for (const { mac: own } of more) macs.add(own);
    grows = more.length > 0;
  }
  const addresses = [...site.clients.values()]
    .filter(({ deviceMac, port }) => (deviceMac === mac && port === number) || macs.has(deviceMac ?? ""))
    .flatMap(({ ip }) => ip ?? []);
  const trunks = [...macs].filter((own) => site.devices.get(own)?.role !== "AccessPoint");
  return [...addresses, ...trunks];
}

function portOfPath(scene: SiteScene): string | undefined {
  const { call, history, fresh } = scene;
  if (call !== "setPort" || !fresh) return undefined;
  const [mac, number] = argsOf(scene, "setPort");
  if (!takesAway(scene)) return undefined;
  const port = behind(history, mac, number);
  const host = pathOf(history).find((address) => port.includes(address));
  if (host !== undefined) return `${host} is behind it`;
  if (port.some((one) => history.site.devices.has(one))) return "another switch is behind it";
  const declared = devicesIn(history.lab).some(({ spec }) => spec.uplink?.localPort === CABLE);
  const cable = mac === FAKE.switch && number === CABLE && history.site.devices.get(mac)?.state !== "Disconnected";
  return cable ? `the cable of its uplink is in it${declared ? "" : ", which nobody has declared"}` : undefined;
}

/** Something that the port carries now would not be carried any more. */
export function takesAway(scene: Pick<SiteScene, "args" | "history">): boolean {
  const [mac, number, wish] = argsOf(scene, "setPort");
  const { site } = scene.history;
  if (wish.enabled === false) return true;
  const port = site.devices.get(mac)?.ports.find((one) => one.number === number);
  if (port === undefined || (wish.profileId === undefined && wish.vlans === undefined)) return false;
  const before = site.vlansOf(port);
  return losesNetworks(site, before, wish.vlans ?? site.profiles.get(wish.profileId ?? ""));
}

type Carried = ReturnType<FakeOmada["vlansOf"]>;

function losesNetworks(
  site: FakeOmada,
  before: Carried,
  after: Pick<Carried, "nativeNetworkId" | "taggedNetworkIds"> | undefined,
): boolean {
  const tagged = after?.taggedNetworkIds ?? [];
  const all = before.taggedAll === true ? site.networks.all().map(({ id }) => id) : (before.taggedNetworkIds ?? []);
  return before.nativeNetworkId !== after?.nativeNetworkId || all.some((id) => !tagged.includes(id));
}

/** Addresses an end of a rule covers, as the site has its networks and groups. */
function covers({ site }: NetworkHistory, { type, ids }: AclEnd, address: string): boolean {
  return ids.some((id) => {
    if (type === "network") return isWithin(address, site.networks.get(id)?.gatewaySubnet);
    return (site.groups.get(id)?.cidrs ?? []).some((cidr) => isWithin(address, cidr));
  });
}

/** Nobody knows where this controller runs: it is taken to be beside the hosts of the path. */
export function cutsPath(
  history: NetworkHistory,
  wish: Pick<AclWish, "action" | "enabled" | "source" | "destination" | "direction">,
): boolean {
  if (wish.action !== "Deny" || !wish.enabled || wish.direction === "LanToWan") return false;
  const hosts = pathOf(history);
  const from = hosts.filter((address) => covers(history, wish.source, address));
  const to = hosts.filter((address) => covers(history, wish.destination, address));
  return from.length > 0 && to.length > 0;
}

function ruleOverPath(scene: SiteScene): string | undefined {
  const { call, history } = scene;
  const wish =
    call === "createAcl"
      ? argsOf(scene, "createAcl")[0]
      : call === "updateAcl"
        ? argsOf(scene, "updateAcl")[1]
        : undefined;
  return wish !== undefined && scene.fresh && cutsPath(history, wish) ? "it covers the way of the path" : undefined;
}
