import { ADMIN_FAULT_ROUTES } from "./adminFaults.ts";
import { ADMIN_OBJECT_ROUTES } from "./adminObjects.ts";
import { ADMIN_WORLD_ROUTES } from "./adminWorld.ts";
import type { AdminCall, AdminRoute } from "./inside.ts";

function state(call: AdminCall): unknown {
  const { lab, hosting, server, faults } = call.inside;
  return {
    listening: hosting.listening,
    starting: hosting.starting,
    complaint: hosting.complaint,
    url: `https://${server.address}:${server.port}`,
    profile: lab.settings.profile,
    controllerVer: lab.version.controllerVer,
    omadacId: lab.omadacId,
    sites: [...lab.world.sites.values()],
    faults: faults.list(),
  };
}

/** How often each kind of call came: ids in paths are stars. */
function counts(call: AdminCall): unknown {
  const entries = call.inside.log.since(Number(call.query.get("since") ?? 0));
  const byCall: Record<string, number> = {};
  for (const { method, path } of entries) {
    const key = `${method} ${path.replace(/[0-9a-f]{24,32}|([0-9A-F]{2}-){5}[0-9A-F]{2}/g, "*")}`;
    byCall[key] = (byCall[key] ?? 0) + 1;
  }
  return {
    requests: entries.length,
    writes: entries.filter((entry) => entry.write).length,
    effects: entries.filter((entry) => entry.effect !== undefined && entry.write).length,
    byCall,
  };
}

/** Everything the admin port can do. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [
  {
    method: "GET",
    path: "/state",
    about: "whether and where it listens, its version, sites, armed faults",
    handle: state,
  },
  {
    method: "GET",
    path: "/log",
    about: "access log: time, caller, method, path, body, errorCode, effect; ?since=<sequence>",
    handle: (call) => call.inside.log.since(Number(call.query.get("since") ?? 0)),
  },
  {
    method: "GET",
    path: "/counts",
    about: "requests, writes, effects, and how often each call; ?since=<sequence>",
    handle: counts,
  },
  ...ADMIN_FAULT_ROUTES,
  ...ADMIN_WORLD_ROUTES,
  ...ADMIN_OBJECT_ROUTES,
];
