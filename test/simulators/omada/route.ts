import type { ApplicationOptions } from "./options.ts";
import { ApiError } from "./apiError.ts";
import type { Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import type { Profile } from "./profile.ts";
import type { Shape } from "./shape.ts";
import type { Device, DeviceKind, Site } from "./world.ts";

/** Who calls: an application with a token, or a person with a session. */
export type Caller =
  | { readonly kind: "application"; readonly application: ApplicationOptions }
  | { readonly kind: "user"; readonly username: string }
  | { readonly kind: "nobody" };

/** A page of a list as it was asked for. */
export interface Page {
  readonly page: number;
  readonly size: number;
}

/** One call: known, allowed, held against its declaration. */
export interface Call {
  readonly lab: Lab;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
  /** Of a list; page 1 of everything elsewhere. */
  readonly page: Page;
  /** Says in the access log what the call did. */
  readonly did: (what: string) => void;
  /** Sets a cookie with the answer. */
  readonly setCookie: (value: string) => void;
  readonly cookie: string | undefined;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** An endpoint, declared. */
export interface Route {
  readonly method: Method;
  /** As in the API definition, with `{names}`; of the web API what follows `/{omadacId}/api/v2`. */
  readonly path: string;
  readonly web?: true;
  /** Versions that have it; all by default. */
  readonly profiles?: readonly Profile[];
  readonly body?: Shape;
  /** Looks at a body before it is held against its declaration. */
  readonly precheck?: (body: Json) => void;
  /** A list that wants a page number and a size. */
  readonly paged?: true;
  /** Belongs to the pages of the controller: a token does not know it. */
  readonly users?: true;
  /** Needs nobody. */
  readonly open?: true;
  /** Changes nothing although it is no GET. */
  readonly reads?: true;
  /** Gives the result; undefined for an answer without one. Throws ApiError. */
  readonly handle: (call: Call) => unknown;
}

/** Success with a text of its own. */
export class Said {
  readonly msg: string;
  readonly result: unknown;

  constructor(msg: string, result: unknown) {
    this.msg = msg;
    this.result = result;
  }
}

/** The site of the path. Throws -33000, and -1505 for a site the application may not see. */
export function siteOf(call: Call): Site {
  const site = call.lab.world.sites.get(call.params["siteId"] ?? "");
  if (site === undefined) throw new ApiError(-33000);
  if (!maySee(call.caller, site)) throw new ApiError(-1505);
  return site;
}

export function maySee(caller: Caller, site: Site): boolean {
  return caller.kind !== "application" || (caller.application.sites?.includes(site.name) ?? true);
}

const ABSENT: Readonly<Record<DeviceKind, number>> = { gateway: -39501, switch: -39700, ap: -39303 };

/** The device of that kind at the path; throws -39050 for an unknown one, the kind's own code for another kind. */
export function deviceAt(call: Call, parameter: string, kind: DeviceKind): Device {
  const device = call.lab.world.devices.get(call.params[parameter] ?? "");
  const here = device?.site === siteOf(call).id && device.settled !== 20 ? device : undefined;
  if (here === undefined) throw new ApiError(kind === "switch" ? -39050 : ABSENT[kind]);
  if (here.kind !== kind) throw new ApiError(ABSENT[kind]);
  return here;
}
