import { FAKE, WLAN_GROUP } from "../../fakes/omadaSite.ts";
import { NAMESPACE } from "../../fakes/lab.ts";
import { pick, type StepRun, type StepTable } from "../stepTable.ts";
import { CABLE, pathClient, PATH_CLIENTS } from "./netPlant.ts";
import type { NetworkHistory } from "./netHistory.ts";

type Run = StepRun<NetworkHistory>;

/** Something a person or the world does to the site, by hand. */
function byHand(act: (history: NetworkHistory, a: number, b: number) => string | undefined): Run {
  return (history, a, b) => {
    history.lookAtSite();
    const told = act(history, a, b);
    if (told === undefined) return undefined;
    history.siteTouchedAt = history.now;
    for (const { id } of history.rows()) if (!history.isKnown(id)) history.stranger(id);
    return told;
  };
}

const apNames = ["front", "back", "tv", "phone"];

/** What people do in Omada's own pages, and what happens to devices, cables, clients and the Internet. */
export const siteSteps: StepTable<NetworkHistory> = new Map<string, Run>([
  ["network changed", byHand(networkChanged)],
  ["network changed again", byHand(networkChanged)],
  ["network deleted", byHand(networkDeleted)],
  ["network made", byHand(networkMade)],
  ["wlan changed", byHand(wlanChanged)],
  ["wlan deleted", byHand((history, a) => gone(history, "wlans", a))],
  ["wlan made", byHand(wlanMade)],
  ["acl changed", byHand(aclChanged)],
  ["acl changed again", byHand(aclChanged)],
  ["acl deleted", byHand((history, a) => gone(history, "acls", a))],
  ["acl made", byHand(aclMade)],
  ["reservation changed", byHand(reservationChanged)],
  ["reservation deleted", byHand((history, a) => gone(history, "reservations", a))],
  ["port changed", byHand(portChanged)],
  ["radio changed", byHand(radioChanged)],
  ["device unplugged", byHand((history, a) => device(a, (mac) => history.site.unplug(mac)))],
  ["device plugged in", byHand((history, a) => device(a, (mac) => history.site.plugIn(mac)))],
  [
    "cable moved",
    byHand((history, _a, b) => {
      const port = pick([3, 24, 12], b) ?? 24;
      history.site.plugIn(FAKE.ap, { mac: FAKE.switch, port });
      return `to port ${port}`;
    }),
  ],
  [
    "host moved",
    byHand((history, a, b) => {
      const host = pick(PATH_CLIENTS, a) ?? PATH_CLIENTS[0];
      const client = history.site.clients.get(host.mac);
      if (client === undefined) return undefined;
      client.port = pick([host.port, 12, 13], b) ?? host.port;
      return `${host.ip} to port ${client.port}`;
    }),
  ],
  [
    "client comes",
    byHand((history, a, b) => {
      const mac = `AA:00:00:00:00:0${1 + (a % 5)}`;
      const wireless = { wireless: true, deviceMac: FAKE.ap, ssid: "home" } as const;
      history.site.addClient({
        mac,
        name: pick(apNames, b) ?? "phone",
        ...wireless,
        ...(b % 2 === 0 ? {} : { vlan: 20 }),
      });
      return mac;
    }),
  ],
  [
    "client leaves",
    byHand((history, a) => {
      const mac = pick([...history.site.clients.keys()], a);
      if (mac === undefined) return undefined;
      history.site.clientLeaves(mac);
      return mac;
    }),
  ],
  ["wan", (history, _a, b) => wan(history, b)],
]);

function device(a: number, act: (mac: string) => void): string {
  const mac = pick(Object.values(FAKE), a) ?? FAKE.ap;
  act(mac);
  return mac;
}

/** Also what happens when all is over. */
export function mendSite(history: NetworkHistory): void {
  const { site } = history;
  for (const mac of Object.values(FAKE)) site.plugIn(mac);
  site.wanUp();
  for (const index of PATH_CLIENTS.keys()) pathClient(history.lab, index);
  site.device(FAKE.switch).cableIn = CABLE;
}

function wan(history: NetworkHistory, b: number): string {
  if (b % 2 === 0) history.site.wanUp();
  else history.site.wanDown(b % 3 === 0 ? "link" : "online");
  return b % 2 === 0 ? "up" : "down";
}

function gone(history: NetworkHistory, shelf: "wlans" | "acls" | "reservations", a: number): string | undefined {
  const row = pick<{ readonly id: string } | { readonly mac: string }>(history.site[shelf].all(), a);
  const id = row === undefined ? undefined : "id" in row ? row.id : row.mac;
  return id !== undefined && history.site[shelf].delete(id) ? id : undefined;
}

function networkChanged({ site }: NetworkHistory, a: number, b: number): string | undefined {
  const network = pick(site.networks.all(), a);
  if (network === undefined) return undefined;
  const changes = [
    { isolated: b % 2 === 0 },
    { domain: "people.example" },
    { dhcp: { enabled: b % 2 === 0, ranges: [], dns: ["1.1.1.1"], leaseSeconds: 600 } },
    network.primary ? {} : { name: `people${b % 5}` },
    network.primary ? {} : { vlan: 100 + b },
    network.primary ? {} : { gatewaySubnet: `192.168.${network.vlan ?? 0}.77/24` },
  ];
  const change = pick(changes, b) ?? {};
  site.networks.change(network.id, change);
  return `${network.id} ${JSON.stringify(change)}`;
}

function networkDeleted({ site }: NetworkHistory, a: number): string | undefined {
  const ports = [...site.devices.values()].flatMap((device) => device.ports);
  const used = new Set(ports.map((port) => site.vlansOf(port).nativeNetworkId));
  const network = pick(
    site.networks.all().filter(({ id, primary }) => !primary && !used.has(id)),
    a,
  );
  if (network === undefined) return undefined;
  site.networks.delete(network.id);
  site.profiles.delete(`profile-of-${network.id}`);
  return network.id;
}

/** A name or VLAN that somebody declares, or may one day. */
function networkMade({ site }: NetworkHistory, a: number, b: number): string | undefined {
  const name = pick(["net0", "net1", "named1", "people"], a) ?? "people";
  const vlan = 10 + (b % 7) * 10;
  if (site.networks.all().some((other) => other.name === name || other.vlan === vlan)) return undefined;
  const id = site.newId("net");
  const gatewaySubnet = `192.168.${vlan}.1/24`;
  const dhcp = { enabled: false, ranges: [], dns: [] };
  site.networks.add(id, { id, name, primary: false, purpose: "Interface", vlan, gatewaySubnet, isolated: false, dhcp });
  site.generateProfile(name, id, 0);
  return `${id} ${name} ${vlan}`;
}

function wlanChanged({ site }: NetworkHistory, a: number, b: number): string | undefined {
  const wlan = pick(site.wlans.all(), a);
  if (wlan === undefined) return undefined;
  const changes = [
    { hidden: b % 2 === 0 },
    { guest: b % 2 === 0 },
    { bands: ["5GHz"] as const },
    { ssid: `theirs${b % 3}` },
    { vlan: 77 },
  ];
  const change = pick(changes, b) ?? {};
  if ("ssid" in change && site.wlans.find(({ ssid }) => ssid === change.ssid) !== undefined) return undefined;
  site.wlans.change(wlan.id, change);
  return `${wlan.id} ${JSON.stringify(change)}`;
}

function wlanMade({ site }: NetworkHistory, a: number): string | undefined {
  const ssid = pick(["home", "guests", "ssid1"], a) ?? "home";
  if (site.wlans.find((one) => one.ssid === ssid) !== undefined) return undefined;
  const id = site.newId("wlan");
  const base = { hidden: false, guest: false, security: "WPA2", bands: ["2.4GHz"] } as const;
  site.wlans.add(id, { id, groupId: WLAN_GROUP, ssid, ...base });
  site.passphrases.set(id, "of the people");
  return `${id} ${ssid}`;
}

function aclChanged({ site }: NetworkHistory, a: number, b: number): string | undefined {
  const acl = pick(site.acls.all(), a);
  if (acl === undefined) return undefined;
  const changes = [
    { enabled: b % 2 === 0 },
    { action: b % 2 === 0 ? "Allow" : "Deny" } as const,
    { description: `why: ${acl.description}` },
    { description: "a person's" },
    { protocols: [17] },
  ];
  const change = pick(changes, b) ?? {};
  site.acls.change(acl.id, change);
  return `${acl.id} ${JSON.stringify(change)}`;
}

function aclMade({ site }: NetworkHistory, a: number, b: number): string {
  const end = { type: "ipGroup" as const, ids: ["group-any"] };
  const id = site.newId("acl");
  const table = pick(["gateway", "switch"] as const, a) ?? "gateway";
  const index = site.acls.all().filter((acl) => acl.table === table).length + 1;
  const rest = { enabled: true, action: "Allow", protocols: [6], source: end, destination: end } as const;
  site.acls.add(id, { id, table, index, description: `theirs ${b}`, ...rest });
  return `${id} ${table}`;
}

function reservationChanged({ site }: NetworkHistory, a: number, b: number): string | undefined {
  const one = pick(site.reservations.all(), a);
  if (one === undefined) return undefined;
  const base = one.ip.split(".").slice(0, 3).join(".");
  const changes = [
    { ip: `${base}.${60 + (b % 9)}` },
    { enabled: false },
    { description: `theirs: ${one.description}` },
    { description: "a person's" },
  ];
  const change = pick(changes, b) ?? {};
  if ("ip" in change && site.reservations.find(({ ip }) => ip === change.ip) !== undefined) return undefined;
  site.reservations.change(one.mac, change);
  return `${one.mac} ${JSON.stringify(change)}`;
}

function portChanged({ site }: NetworkHistory, a: number, b: number): string | undefined {
  const port = site.device(FAKE.switch).ports.find(({ number }) => number === (pick([12, 13], a) ?? 12));
  const network = pick(
    site.networks.all().filter(({ primary }) => !primary),
    b,
  );
  if (port === undefined) return undefined;
  if (b % 4 === 0) port.enabled = !port.enabled;
  else if (site.portVlans === "profile") port.profileId = pick(site.profiles.all(), b)?.id ?? port.profileId;
  else if (network !== undefined) port.vlans = { nativeNetworkId: network.id, taggedNetworkIds: [] };
  return `port ${port.number}`;
}

function radioChanged({ site }: NetworkHistory, a: number, b: number): string | undefined {
  const radio = pick(site.device(FAKE.ap).radios, a);
  if (radio === undefined) return undefined;
  radio.setChannel = b % 2 === 0 ? "Auto" : 40;
  radio.power = "High";
  return radio.band;
}

/** A new passphrase in the Secret (N3). */
export function rotate(history: NetworkHistory, passphrase: string): string {
  history.lab.kube.putSecret(NAMESPACE, "wifi", { passphrase });
  history.passphrase = passphrase.length >= 8 ? passphrase : undefined;
  history.editedAt = history.now;
  return "";
}
