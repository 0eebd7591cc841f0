import { ApiError, invalid, missing } from "../apiError.ts";
import { tableOf } from "../acls.ts";
import { isObject, objectAt, type Json } from "../json.ts";
import { networkWeb, listExtras } from "../networkView.ts";
import { createNetwork, deleteNetwork, networkAt, updateNetwork } from "../networks.ts";
import { paged } from "../pages.ts";
import { profileV1 } from "./lanProfiles.ts";
import { reservationRow } from "../reservations.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import { ssidsOf } from "../ssids.ts";
import { listed, type Entity } from "../world.ts";
import type { Section } from "../../shared/journal.ts";
import { wlanAt } from "./wireless.ts";

const SITE = "/sites/{siteId}";
const LAN = `${SITE}/setting/lan`;
const web = { web: true } as const;

const shown = (call: Call, section: Section<Entity>): Entity[] => listed(section, siteOf(call).id, call.lab.pace.now());

function networks(call: Call): Json {
  const found = shown(call, call.lab.world.networks);
  return paged(
    call,
    found.map((network) => networkWeb(call.lab, network)),
    listExtras(call.lab, found),
  );
}

/** VLAN-only networks can be made on every version; interfaces are refused on 6.x (contract §3.4). */
function createOne(call: Call): unknown {
  if (call.body["purpose"] === "interface" && call.lab.version.portVlans) throw new ApiError(-1005);
  const network = createNetwork(call.lab, siteOf(call).id, call.body);
  call.did(`network ${String(network.data["name"])} created`);
  return network.id;
}

/** The full object; on 6.x its IPv6 block must say its protocol, which no list gives. */
function patchNetwork(call: Call): undefined {
  const network = networkAt(call.lab, siteOf(call).id, call.params["networkId"]);
  if (call.lab.version.portVlans && network.data["purpose"] === 1) {
    if (!isObject(call.body["lanNetworkIpv6Config"])) throw new ApiError(-1);
    if (objectAt(call.body, "lanNetworkIpv6Config")["proto"] === undefined) throw missing("proto");
  }
  updateNetwork(call.lab, network, call.body);
  call.did(`network ${String(network.data["name"])} changed`);
}

function removeNetwork(call: Call): undefined {
  const network = networkAt(call.lab, siteOf(call).id, call.params["networkId"]);
  deleteNetwork(call.lab, network);
  call.did(`network ${String(network.data["name"])} deleted`);
}

const profileRows = (call: Call): Json[] =>
  shown(call, call.lab.world.profiles).map((profile) => ({ ...profileV1(call.lab, profile), site: profile.site }));

/** Every setting of each SSID, its passphrase in clear. */
function ssids(call: Call): Json {
  const now = call.lab.pace.now();
  const rows = ssidsOf(call.lab, wlanAt(call)).filter((ssid) => ssid.visibleAt <= now);
  return paged(
    call,
    rows.map(({ id, site, data }) => ({ id, site, ...data })),
  );
}

const KINDS = ["gateway", "switch", "eap"] as const;

function acls(call: Call): Json {
  const type = Number(call.query.get("type"));
  const kind = KINDS[type];
  if (kind === undefined) throw invalid();
  const now = call.lab.pace.now();
  const rows = tableOf(call.lab, siteOf(call).id, kind).filter((acl) => acl.visibleAt <= now);
  const view = ({ id, data: { kind: _kind, description, ...rest } }: Entity): Json => ({
    id,
    type,
    name: description,
    ...rest,
  });
  return paged(call, rows.map(view), { aclDisable: false, supportLanToLan: true });
}

/** Settings of a site as the pages read them, and the few writes that clients make there. */
export const WEB_SETTING_ROUTES: readonly Route[] = [
  {
    ...web,
    method: "GET",
    path: "/sites",
    paged: true,
    handle: (call: Call): unknown =>
      paged(
        call,
        [...call.lab.world.sites.values()].map(({ id, name, primary }) => ({ id, name, primary })),
      ),
  },
  { ...web, method: "GET", path: `${LAN}/networks`, paged: true, handle: networks },
  { ...web, method: "POST", path: `${LAN}/networks`, handle: createOne },
  { ...web, method: "PATCH", path: `${LAN}/networks/{networkId}`, handle: patchNetwork },
  { ...web, method: "DELETE", path: `${LAN}/networks/{networkId}`, handle: removeNetwork },
  {
    ...web,
    method: "GET",
    path: `${LAN}/profiles`,
    paged: true,
    handle: (call: Call): unknown => paged(call, profileRows(call)),
  },
  {
    ...web,
    method: "GET",
    path: `${LAN}/profileSummary`,
    profiles: ["5.15"],
    handle: (call: Call): unknown => ({ data: profileRows(call) }),
  },
  {
    ...web,
    method: "GET",
    path: `${SITE}/setting/wlans`,
    handle: (call: Call): unknown => shown(call, call.lab.world.wlans).map(({ id, data }) => ({ id, ...data })),
  },
  { ...web, method: "GET", path: `${SITE}/setting/wlans/{wlanId}/ssids`, paged: true, handle: ssids },
  { ...web, method: "GET", path: `${SITE}/setting/firewall/acls`, paged: true, handle: acls },
  {
    ...web,
    method: "GET",
    path: `${SITE}/setting/service/dhcp`,
    paged: true,
    handle: (call: Call): unknown =>
      paged(
        call,
        shown(call, call.lab.world.reservations).map((each) => reservationRow(call.lab, each)),
        { limitEnable: false },
      ),
  },
  {
    ...web,
    method: "GET",
    path: `${SITE}/setting/profiles/groups`,
    handle: (call: Call): unknown => ({
      data: shown(call, call.lab.world.groups).map(({ id, data }) => ({ groupId: id, ...data })),
    }),
  },
];
