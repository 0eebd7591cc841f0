import ipaddr from "ipaddr.js";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { AclWish, GroupWish, WlanRef, WlanWish } from "../../controller/providers/omadaPort.ts";
import type { AclEnd, AclTable, GroupSeen, ReservationSeen, WlanSeen } from "../../controller/providers/omadaSeen.ts";
import type { FakeSite } from "./omadaSite.ts";
import { refused } from "./omadaWrites.ts";

const LIMIT_PER_BAND = 8;

function gone(what: string): ProviderError {
  return new ProviderError("missing", `this ${what} does not exist`);
}

function checkWlan(site: FakeSite, groupId: string, wish: Partial<WlanWish>, own?: string): void {
  const others = site.wlans.all().filter((other) => other.groupId === groupId && other.id !== own);
  if (others.some((other) => other.ssid === wish.ssid)) throw refused(-33219, "This SSID already exists.");
  const full = (wish.bands ?? []).some(
    (band) => others.filter((other) => other.bands.includes(band)).length >= LIMIT_PER_BAND,
  );
  if (full) throw refused(-33238, "At most 8 SSIDs can be created on each band.");
}

/** The VLAN as it is seen; "Default" is none of its own. */
function placed(wlan: WlanSeen, vlan: WlanWish["vlan"]): WlanSeen {
  if (vlan === undefined) return wlan;
  const { vlan: _vlan, ...rest } = wlan;
  return vlan === "Default" ? rest : { ...rest, vlan };
}

function checkPassphrase(security: WlanSeen["security"], passphrase: string | undefined): void {
  const length = passphrase?.length ?? 0;
  if (security !== "Open" && (length < 8 || length > 63)) throw refused(-33223, "Invalid security key.");
}

export function createWlan(site: FakeSite, groupId: string, wish: WlanWish): void {
  if (!site.wlanGroups.some((group) => group.id === groupId)) throw refused(-1001);
  checkWlan(site, groupId, wish);
  const { passphrase, hidden = false, guest = false, vlan, ...rest } = wish;
  checkPassphrase(wish.security, passphrase);
  const id = site.newId("wlan");
  site.wlans.add(id, placed({ id, groupId, hidden, guest, ...rest }, vlan), site.visibleAt());
  if (passphrase !== undefined) site.passphrases.set(id, passphrase);
}

export function updateWlan(site: FakeSite, ref: WlanRef, wish: Partial<WlanWish>): void {
  const before = site.wlans.get(ref.id);
  if (before?.groupId !== ref.groupId) throw gone("SSID");
  const { passphrase, vlan, ...fields } = wish;
  const after = placed({ ...before, ...fields }, vlan);
  checkWlan(site, ref.groupId, { ssid: after.ssid, bands: after.bands }, ref.id);
  // Without a web session the passphrase of now can't be read, and the block is replaced whole.
  checkPassphrase(after.security, passphrase ?? (site.web ? site.passphrases.get(ref.id) : undefined));
  site.wlans.put(ref.id, after);
  if (passphrase !== undefined) site.passphrases.set(ref.id, passphrase);
}

export function deleteWlan(site: FakeSite, ref: WlanRef): void {
  if (!site.wlans.has(ref.id)) throw gone("SSID");
  const used = site.acls.all().some((acl) => acl.table === "gateway" && uses(acl, "ssid", ref.id));
  if (used)
    throw refused(
      -39350,
      "The SSID of the WLAN group is used in Gateway ACL. Please delete the related ACL rule first.",
    );
  site.wlans.delete(ref.id);
  site.passphrases.delete(ref.id);
}

interface Ends {
  readonly source: AclEnd;
  readonly destination: AclEnd;
}

function uses(acl: Ends, type: AclEnd["type"], id: string): boolean {
  return [acl.source, acl.destination].some((end) => end.type === type && end.ids.includes(id));
}

function checkAcl(site: FakeSite, wish: AclWish): void {
  if (wish.table === "gateway" && !site.hasGateway)
    throw refused(-33603, "Source or Destination entry does not exist.");
  const known = (end: AclEnd): boolean =>
    end.ids.every((id) => {
      if (end.type === "network") return site.networks.has(id);
      return end.type === "ssid" ? site.wlans.has(id) : end.type === "other" || site.groups.has(id);
    });
  if (!known(wish.source) || !known(wish.destination)) {
    throw refused(-33603, "Source or Destination entry does not exist.");
  }
  if (wish.protocols.length === 0) throw refused(-33608, "Invalid protocols.");
}

export function createAcl(site: FakeSite, wish: AclWish): void {
  checkAcl(site, wish);
  const id = site.newId("acl");
  const index = site.acls.all().filter((acl) => acl.table === wish.table).length + 1;
  site.acls.add(id, { id, index, ...wish }, site.visibleAt());
}

export function updateAcl(site: FakeSite, id: string, wish: AclWish): void {
  if (!site.acls.has(id)) throw gone("rule");
  checkAcl(site, wish);
  site.acls.change(id, wish);
}

export function deleteAcl(site: FakeSite, id: string): void {
  const acl = site.acls.get(id);
  if (acl === undefined) throw gone("rule");
  site.acls.delete(id);
  renumber(site, acl.table, []);
}

export function orderAcls(site: FakeSite, table: AclTable, ids: readonly string[]): void {
  if (ids.some((id) => site.acls.get(id)?.table !== table)) throw gone("rule");
  renumber(site, table, ids);
}

function renumber(site: FakeSite, table: AclTable, first: readonly string[]): void {
  const rest = site.acls
    .all()
    .filter((acl) => acl.table === table && !first.includes(acl.id))
    .toSorted((a, b) => a.index - b.index)
    .map((acl) => acl.id);
  for (const [at, id] of [...first, ...rest].entries()) site.acls.change(id, { index: at + 1 });
}

function seenGroup(id: string, wish: GroupWish): GroupSeen {
  const descriptions = wish.cidrs.map((_, at) => (at === 0 ? wish.description : ""));
  const { name, type, cidrs, ports } = wish;
  return { id, name, builtIn: false, type, cidrs, ports, descriptions };
}

function checkGroup(site: FakeSite, wish: GroupWish, own?: string): void {
  const taken = site.groups.all().some((other) => other.name === wish.name && other.id !== own);
  if (taken) throw refused(-33702, "This group name already exists.");
  if (wish.cidrs.length === 0) throw refused(-1001);
}

export function createGroup(site: FakeSite, wish: GroupWish): void {
  checkGroup(site, wish);
  const id = site.newId("group");
  site.groups.add(id, seenGroup(id, wish), site.visibleAt());
}

export function updateGroup(site: FakeSite, id: string, wish: GroupWish): void {
  const group = site.groups.get(id);
  if (group === undefined) throw gone("group");
  if (group.builtIn) throw refused(-33729, "Default IpGroup not allowed to be edited.");
  checkGroup(site, wish, id);
  site.groups.change(id, seenGroup(id, wish));
}

export function deleteGroup(site: FakeSite, id: string): void {
  const group = site.groups.get(id);
  if (group === undefined) throw gone("group");
  if (group.builtIn) throw refused(-33729, "Default IpGroup not allowed to be edited.");
  const type = group.type === "ip" ? "ipGroup" : "ipPortGroup";
  if (site.acls.all().some((acl) => uses(acl, type, id))) {
    throw refused(-33717, "This IP group has been used in the ACL rule.");
  }
  site.groups.delete(id);
}

export function setReservation(site: FakeSite, wish: ReservationSeen, exists: boolean): void {
  const network = site.networks.get(wish.networkId);
  if (network?.purpose !== "Interface") throw refused(-34512, "Invalid network.");
  const inside = ipaddr.parse(wish.ip).match(ipaddr.parseCIDR(network.gatewaySubnet ?? "0.0.0.0/32"));
  if (!inside) throw refused(-34513, "Enter an IP address within the Network IP range.");
  const clash = site.reservations.all().some((other) => other.ip === wish.ip && other.mac !== wish.mac);
  if (clash) throw refused(-34514, "This IP address conflicts with an existing DHCP Reservation entry.");
  if (!exists && site.reservations.has(wish.mac)) {
    throw refused(-34515, "This MAC address conflicts with an existing DHCP Reservation entry.");
  }
  if (exists && !site.reservations.has(wish.mac)) throw gone("reservation");
  site.reservations.add(wish.mac, wish, exists ? 0 : site.visibleAt());
}

export function deleteReservation(site: FakeSite, mac: string): void {
  if (!site.reservations.delete(mac)) throw gone("reservation");
}

export function renameClient(site: FakeSite, mac: string, name: string): void {
  const client = site.clients.get(mac);
  if (client === undefined) throw refused(-1001);
  client.name = name;
}
