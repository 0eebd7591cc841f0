import { invalid } from "../apiError.ts";
import type { Call, Route } from "../lab.ts";
import { ANY_USER, choice, needs, NODE, required, format } from "../schema.ts";
import type { NetworkInterface } from "../world.ts";

const KINDS = [
  "bridge",
  "bond",
  "eth",
  "alias",
  "vlan",
  "fabric",
  "OVSBridge",
  "OVSBond",
  "OVSPort",
  "OVSIntPort",
  "vnet",
  "any_bridge",
  "any_local_bridge",
  "include_sdn",
];

function interfaces(call: Call): Record<string, NetworkInterface> {
  const node = call.lab.world.nodes.get(call.node);
  return node?.interfacesNew ?? node?.interfaces ?? {};
}

function list(call: Call): unknown[] {
  const { permissions, caller, values } = call;
  const kind = values["type"];
  const visible = (iface: string, about: NetworkInterface): boolean =>
    about["type"] !== "bridge" ||
    permissions.hasAny(caller.user, `/sdn/zones/localnetwork/${iface}`, ["SDN.Audit", "SDN.Use"]);
  const wanted = (about: NetworkInterface): boolean =>
    kind === undefined ||
    kind === "include_sdn" ||
    about["type"] === kind ||
    (kind.startsWith("any_") && about["type"] === "bridge");
  return Object.entries(interfaces(call))
    .filter(([iface, about]) => visible(iface, about) && wanted(about))
    .map(([iface, about]) => ({ iface, ...about }));
}

function read(call: Call): unknown {
  const found = interfaces(call)[call.values["iface"] ?? ""];
  if (found === undefined) throw invalid({ iface: "interface does not exist" });
  return found;
}

const BASE = "/nodes/{node}/network";

/** Host networking, read only. */
export const NETWORK_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: BASE,
    params: { ...NODE, type: choice(...KINDS) },
    access: ANY_USER,
    proxied: true,
    handle: list,
  },
  {
    method: "GET",
    path: `${BASE}/{iface}`,
    params: { ...NODE, iface: required(format("pve-iface")) },
    proxied: true,
    access: needs("/nodes/{node}", "Sys.Audit"),
    handle: read,
  },
];
