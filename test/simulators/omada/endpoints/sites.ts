import type { Json } from "../json.ts";
import { paged, searched } from "../pages.ts";
import { maySee, siteOf, type Call, type Route } from "../route.ts";
import type { Site } from "../world.ts";

function summary(site: Site): { readonly siteId: string; readonly name: string } & Json {
  return {
    siteId: site.id,
    name: site.name,
    tagIds: [],
    region: site.region,
    timeZone: site.timeZone,
    scenario: site.scenario,
    type: 0,
    supportES: true,
    supportL2: true,
    primary: site.primary,
  };
}

/** Sites. */
export const SITE_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/openapi/v1/{omadacId}/sites",
    paged: true,
    handle: (call: Call): unknown => {
      const sites = [...call.lab.world.sites.values()].filter((site) => maySee(call.caller, site));
      return paged(call, searched(call.query, sites.map(summary), ["name"]));
    },
  },
  {
    method: "GET",
    path: "/openapi/v1/{omadacId}/sites/{siteId}",
    handle: (call: Call): unknown => {
      const { primary: _primary, ...rest } = summary(siteOf(call));
      return { ...rest, ntpEnable: false, ntpServers: [] };
    },
  },
];
