import { ACL_ROUTES } from "./endpoints/acls.ts";
import { AP_ROUTES } from "./endpoints/aps.ts";
import { AUTHORIZE_ROUTES } from "./endpoints/authorize.ts";
import { CLIENT_ROUTES } from "./endpoints/clients.ts";
import { DEVICE_ROUTES } from "./endpoints/devices.ts";
import { GROUP_ROUTES } from "./endpoints/groups.ts";
import { INFO_ROUTES } from "./endpoints/info.ts";
import { GATEWAY_ROUTES } from "./endpoints/gateways.ts";
import { PROFILE_ROUTES } from "./endpoints/lanProfiles.ts";
import { NETWORK_ROUTES } from "./endpoints/networks.ts";
import { RESERVATION_ROUTES } from "./endpoints/reservations.ts";
import { SITE_ROUTES } from "./endpoints/sites.ts";
import { SWITCH_ROUTES } from "./endpoints/switches.ts";
import { WEB_DEVICE_ROUTES } from "./endpoints/webDevices.ts";
import { WEB_SESSION_ROUTES } from "./endpoints/webSession.ts";
import { WEB_SETTING_ROUTES } from "./endpoints/webSettings.ts";
import { WIRELESS_ROUTES } from "./endpoints/wireless.ts";
import { WIZARD_ROUTES } from "./endpoints/wizard.ts";
import type { Profile } from "./profile.ts";
import type { Method, Route } from "./route.ts";

/** Every endpoint of the simulator, of all versions. */
export const ROUTES: readonly Route[] = [
  ...INFO_ROUTES,
  ...AUTHORIZE_ROUTES,
  ...SITE_ROUTES,
  ...DEVICE_ROUTES,
  ...NETWORK_ROUTES,
  ...PROFILE_ROUTES,
  ...SWITCH_ROUTES,
  ...GATEWAY_ROUTES,
  ...CLIENT_ROUTES,
  ...AP_ROUTES,
  ...WIRELESS_ROUTES,
  ...ACL_ROUTES,
  ...GROUP_ROUTES,
  ...RESERVATION_ROUTES,
  ...WIZARD_ROUTES,
  ...WEB_SESSION_ROUTES,
  ...WEB_DEVICE_ROUTES,
  ...WEB_SETTING_ROUTES,
];

const WEB = "/{omadacId}/api/v2";

/** The whole path of a route. */
export const fullPath = (route: Route): string => (route.web === true ? `${WEB}${route.path}` : route.path);

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** A path that is known with other verbs only. */
export interface WrongVerb {
  readonly allow: readonly Method[];
}

const compiled = ROUTES.map((route) => ({ route, parts: partsOf(fullPath(route)) }));

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

/** The endpoint of a version for a method and a decoded path; the fewest names in braces win. */
export function findRoute(profile: Profile, method: string, path: string): Found | WrongVerb | undefined {
  const given = partsOf(path);
  const matching = compiled
    .filter(({ route }) => route.profiles?.includes(profile) ?? true)
    .flatMap(({ route, parts }) => {
      const params = matched(parts, given);
      return params === undefined ? [] : [{ route, params }];
    })
    .toSorted((a, b) => Object.keys(a.params).length - Object.keys(b.params).length);
  if (matching.length === 0) return undefined;
  const found = matching.find(({ route }) => route.method === method);
  return found ?? { allow: matching.map(({ route }) => route.method) };
}

function matched(parts: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (parts.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith("{")) params[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}
