import { ApiError, denied, failure, invalid } from "./apiError.ts";
import { requireAccess } from "./accessCheck.ts";
import { identify, Unauthorized, type Caller, type Credentials } from "./identity.ts";
import type { Lab, Route } from "./lab.ts";
import { Permissions } from "./permissions.ts";
import type { RawParams } from "./requestBody.ts";
import { findRoute } from "./router.ts";
import { validate } from "./validate.ts";

/** A request whose caller is known (or need not be). */
export interface Incoming {
  readonly method: string;
  /** Decoded, without /api2/<format>. */
  readonly path: string;
  readonly caller: Caller;
  readonly query: RawParams;
  readonly body: RawParams;
}

export interface Answer {
  readonly data: unknown;
  readonly beside: { readonly total?: number; readonly changes?: string };
  readonly route: Route;
}

/** These need no login. */
const PUBLIC = /^\/access\/(?:ticket|domains|openid(?:\/.*)?)$/;
export const NOBODY: Caller = { user: "", isToken: false };

/** Who calls. Throws Unauthorized; the pages everybody may see take nobody as well. */
export function callerOf(lab: Lab, path: string, credentials: Credentials): Caller {
  try {
    return identify(lab.world, credentials, lab.pace.seconds());
  } catch (error) {
    if (error instanceof Unauthorized && PUBLIC.test(path) && error.message === "No ticket") return NOBODY;
    throw error;
  }
}

/** Finds, allows, sends on, validates and runs a call, in the order of the real server (contract §1.2). */
export async function dispatch(lab: Lab, incoming: Incoming): Promise<Answer> {
  const found = findRoute(incoming.method, incoming.path);
  if (found === undefined) throw new ApiError(501, `Method '${incoming.method} ${incoming.path}' not implemented`);
  const { route } = found;
  const raw = merged(incoming, found.params);
  const permissions = new Permissions(lab.world);
  allow(lab, incoming, route, permissions, raw);
  const node = nodeOf(lab, route, found.params["node"]);
  const values = validate(route.params, raw);
  const beside: { total?: number; changes?: string } = {};
  const data = await route.handle({ lab, caller: incoming.caller, permissions, values, node, beside });
  return { data, beside, route };
}

/** Path, query and body; query wins over body, the path may not be contradicted. */
function merged(incoming: Incoming, params: Readonly<Record<string, string>>): RawParams {
  const { _dc: _ignored, ...sent } = { ...incoming.body, ...incoming.query };
  for (const [key, value] of Object.entries(params)) {
    const again = sent[key];
    if (again !== undefined && again !== value && again !== Number(value)) {
      throw invalid({ [key]: "duplicate parameter (already defined in URI) with conflicting values!" });
    }
  }
  return { ...sent, ...params };
}

function allow(lab: Lab, incoming: Incoming, route: Route, permissions: Permissions, raw: RawParams): void {
  const { caller } = incoming;
  if (route.noToken === true && caller.isToken) {
    throw denied(`URI '${incoming.path}' not available with API token, need proper ticket.\n`);
  }
  const params: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (typeof value === "string" || typeof value === "number") params[key] = String(value);
  }
  requireAccess(route.access, { caller, permissions, world: lab.world, params });
}

/** The node that answers; a node that is down or unknown cannot be reached from here. */
function nodeOf(lab: Lab, route: Route, named: string | undefined): string {
  const local = lab.world.localNode;
  if (named === undefined || named === "localhost") return local;
  if (route.proxied !== true) return named;
  const node = lab.world.nodes.get(named);
  if (node === undefined) {
    throw failure(
      `hostname lookup '${named}' failed - failed to get address info for: ${named}: Name or service not known`,
    );
  }
  if (!node.online) throw new ApiError(595, "No route to host");
  return named;
}
