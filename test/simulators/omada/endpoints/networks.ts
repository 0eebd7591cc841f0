import { networkV1, networkV2, networkV3, listExtras } from "../networkView.ts";
import { createNetwork, deleteNetwork, networkAt, updateNetwork } from "../networks.ts";
import type { Json } from "../json.ts";
import type { Lab } from "../lab.ts";
import { paged, searched } from "../pages.ts";
import type { Profile } from "../profile.ts";
import { siteOf, type Call, type Method, type Route } from "../route.ts";
import { NETWORK_V1, NETWORK_V2, VLANS_BODY } from "../shapes/network.ts";
import type { Shape } from "../shape.ts";
import { listed, type Entity } from "../world.ts";
import { vlansOf } from "../networkRules.ts";

type View = (lab: Lab, network: Entity) => Json;
const V1: View = (_lab, network) => networkV1(network);
const V2: View = (_lab, network) => networkV2(network);
const base = (version: 1 | 2 | 3): string => `/openapi/v${version}/{omadacId}/sites/{siteId}/lan-networks`;
const LATER: readonly Profile[] = ["6.2", "6.3"];

function rows(call: Call): Entity[] {
  return listed(call.lab.world.networks, siteOf(call).id, call.lab.pace.now());
}

const list = (version: 1 | 2 | 3, view: View): Route => ({
  method: "GET",
  path: base(version),
  paged: true,
  ...(version === 3 ? { profiles: LATER } : {}),
  handle: (call: Call): unknown => {
    const shown = rows(call).map((network) => view(call.lab, network) as Json & { name: string });
    return paged(call, searched(call.query, shown, ["name"]), version === 1 ? {} : listExtras(call.lab, rows(call)));
  },
});

const interfaces = (version: 1 | 2, view: View): Route => ({
  method: "GET",
  path: `${base(version)}/interface`,
  handle: (call: Call): unknown => {
    const single = call.query.get("type") === "0";
    const found = rows(call).filter(({ data }) => data["purpose"] === 1 && (!single || data["vlanType"] === 0));
    return { data: found.map((network) => view(call.lab, network)) };
  },
});

/** v1 gives the id; v2 gave none on 6.2 (contract §4.1, number 8). */
const create = (version: 1 | 2, body: Shape): Route => ({
  method: "POST",
  path: base(version),
  body,
  handle: (call: Call): unknown => {
    const network = createNetwork(call.lab, siteOf(call).id, call.body);
    call.did(`network ${String(network.data["name"])} created`);
    return version === 2 && call.lab.version.portVlans ? undefined : { id: network.id };
  },
});

const update = (version: 1 | 2, body: Shape, method: Method, profiles?: readonly Profile[]): Route => ({
  method,
  path: `${base(version)}/{networkId}`,
  body,
  ...(profiles === undefined ? {} : { profiles }),
  handle: (call: Call): unknown => {
    const network = networkAt(call.lab, siteOf(call).id, call.params["networkId"]);
    updateNetwork(call.lab, network, call.body);
    call.did(`network ${String(network.data["name"])} changed`);
    return undefined;
  },
});

function remove(call: Call): undefined {
  const network = networkAt(call.lab, siteOf(call).id, call.params["networkId"]);
  deleteNetwork(call.lab, network);
  call.did(`network ${String(network.data["name"])} deleted`);
}

/** One VLAN-only network for each id, named after the first name. */
function createVlans(call: Call): undefined {
  const site = siteOf(call).id;
  const { name, ...rest } = call.body;
  for (const vlan of vlansOf({ ...call.body, vlanType: 1 })) {
    createNetwork(call.lab, site, { ...rest, name: `${String(name)}_${vlan}`, purpose: 0, vlanType: 0, vlan });
  }
  call.did(`networks ${String(name)} created`);
}

/** LAN networks in every version of the Open API. */
export const NETWORK_ROUTES: readonly Route[] = [
  list(1, V1),
  list(2, V2),
  list(3, networkV3),
  interfaces(1, V1),
  interfaces(2, V2),
  create(1, NETWORK_V1),
  create(2, NETWORK_V2),
  update(1, NETWORK_V1, "PATCH"),
  update(1, NETWORK_V1, "PUT", ["6.3"]),
  update(2, NETWORK_V2, "PATCH"),
  { method: "DELETE", path: `${base(1)}/{networkId}`, handle: remove },
  {
    method: "GET",
    path: `${base(1)}/{networkId}`,
    profiles: LATER,
    handle: (call: Call): unknown =>
      networkV3(call.lab, networkAt(call.lab, siteOf(call).id, call.params["networkId"])),
  },
  {
    method: "POST",
    path: "/openapi/v1/{omadacId}/sites/{siteId}/lan-vlans",
    body: VLANS_BODY,
    handle: createVlans,
  },
];
