import { holds, isIpv4, numberOf, overlap, rangeOf } from "./addresses.ts";
import { ApiError, invalid, missing } from "./apiError.ts";
import { flagAt, numberAt, objectAt, textAt, textsAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { poolOf } from "./networkDraft.ts";
import { lanPortIds } from "./portIds.ts";
import { ofSite, type Entity } from "./world.ts";

/** What a network must keep to beside its shape; `before` is the stored one that is changed. */
export function checkNetwork(lab: Lab, site: string, draft: Json, before?: Entity): void {
  const others = ofSite(lab.world.networks, site).filter((other) => other !== before);
  if (others.some((other) => other.data["name"] === draft["name"])) throw new ApiError(-33500);
  if (before !== undefined) checkChange(lab, draft, before);
  checkVlan(lab, draft, others);
  if (draft["purpose"] !== 1) return;
  checkInterface(lab, site, draft);
  checkSubnet(draft, others);
  if (flagAt(objectAt(draft, "dhcp"), "enable") === true) checkDhcp(draft);
}

function checkChange(lab: Lab, draft: Json, before: Entity): void {
  const old = before.data;
  if (old["primary"] === true) {
    if (draft["vlanType"] !== old["vlanType"] || draft["purpose"] !== old["purpose"]) throw new ApiError(-33545);
    const ids = textsAt(draft, "interfaceIds");
    const same = [...ids].sort().join() === [...textsAt(old, "interfaceIds")].sort().join();
    if (!same) throw new ApiError(-33527);
  }
  // A network does not change its kind on 6.x (contract §3.4): it is made anew.
  if (lab.version.portVlans && draft["purpose"] !== old["purpose"]) throw invalid();
}

/** The ids of "200,300-310" or of a single VLAN. */
export function vlansOf(network: Json): number[] {
  if (network["vlanType"] !== 1) return [numberAt(network, "vlan") ?? 1];
  return (textAt(network, "vlans") ?? "").split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}

function checkVlan(lab: Lab, draft: Json, others: readonly Entity[]): void {
  const field = draft["vlanType"] === 1 ? "vlans" : "vlan";
  if (draft[field] === undefined) throw missing(field);
  const wanted = vlansOf(draft);
  if (wanted.length === 0 || wanted.some((vlan) => vlan < 1 || vlan > lab.version.highestVlan)) throw invalid();
  if (wanted.some((vlan) => lab.settings.wanVlans.includes(vlan))) throw new ApiError(-33501);
  const taken = new Set(others.flatMap((other) => vlansOf(other.data)));
  if (wanted.some((vlan) => taken.has(vlan))) throw new ApiError(-990001);
}

function checkInterface(lab: Lab, site: string, draft: Json): void {
  const gateway = lab.world.gatewayOf(site);
  const known = gateway === undefined ? [] : lanPortIds(gateway).map((port) => port.id);
  const wanted = textsAt(draft, "interfaceIds");
  if (wanted.length === 0 || wanted.some((id) => !known.includes(id))) throw new ApiError(-33515);
  if (textAt(draft, "gatewaySubnet") !== undefined) return;
  throw lab.version.portVlans ? new ApiError(-35930) : missing("gatewaySubnet");
}

function checkSubnet(draft: Json, others: readonly Entity[]): void {
  const subnet = textAt(draft, "gatewaySubnet") ?? "";
  const own = rangeOf(subnet);
  const address = numberOf(subnet.split("/")[0] ?? "");
  if (address === own.first || address === own.last) throw invalid();
  for (const { data } of others) {
    const other = textAt(data, "gatewaySubnet");
    if (data["purpose"] === 1 && other !== undefined && overlap(own, rangeOf(other))) throw new ApiError(-990002);
  }
}

function checkDhcp(draft: Json): void {
  const subnet = textAt(draft, "gatewaySubnet") ?? "";
  const own = rangeOf(subnet);
  const pool = poolOf(draft);
  if (pool.length === 0) throw missing("ipRangePool");
  for (const { start, end } of pool) {
    if (!isIpv4(start) || !isIpv4(end) || !holds(own, start) || !holds(own, end)) throw invalid();
    if (numberOf(start) > numberOf(end)) throw invalid();
  }
  const dhcp = objectAt(draft, "dhcp");
  if (dhcp["dhcpns"] === "manual" && textAt(dhcp, "priDns") === undefined) throw missing("priDns");
}
