import { createHash } from "node:crypto";
import { failure } from "../apiError.ts";
import type { Call, Route } from "../lab.ts";
import { choice, DIGEST, flag, format, integer, needs, required, text, type Params } from "../schema.ts";
import { items } from "../validate.ts";
import type { HaResource } from "../world.ts";

function sidOf(call: Call): { sid: string; type: "ct" | "vm"; vmid: number } {
  const given = call.values["sid"] ?? "";
  const vmid = Number(given.replace(/^(ct|vm):/, ""));
  const known = call.lab.world.guest(vmid);
  const type = given.startsWith("vm:") || (!given.includes(":") && known?.type === "qemu") ? "vm" : "ct";
  return { sid: `${type}:${String(vmid)}`, type, vmid };
}

function view(resource: HaResource): unknown {
  const { vmid: _, moveTo: _moveTo, ...rest } = resource;
  return { ...rest, digest: createHash("sha1").update(JSON.stringify(resource)).digest("hex") };
}

function resourceOf(call: Call): HaResource {
  const { sid } = sidOf(call);
  const found = call.lab.world.ha.get(sid);
  if (found === undefined) throw failure(`no such resource '${sid}'`);
  return found;
}

function fields(call: Call): Partial<HaResource> {
  const { state, comment, max_restart: restart, max_relocate: relocate, failback } = call.values;
  return {
    ...(state === undefined ? {} : { state: state === "enabled" ? "started" : state }),
    ...(comment === undefined ? {} : { comment }),
    ...(restart === undefined ? {} : { max_restart: Number(restart) }),
    ...(relocate === undefined ? {} : { max_relocate: Number(relocate) }),
    ...(failback === undefined ? {} : { failback: Number(failback) }),
  };
}

function create(call: Call): null {
  const { sid, type, vmid } = sidOf(call);
  const { ha } = call.lab.world;
  if (ha.has(sid)) throw failure(`create resource failed: resource ID '${sid}' already defined`);
  ha.set(sid, { sid, type, vmid, state: "started", ...fields(call) });
  return null;
}

function update(call: Call): null {
  const resource = resourceOf(call);
  const changed: HaResource = { ...resource, ...fields(call) };
  for (const key of items(call.values["delete"])) Reflect.deleteProperty(changed, key);
  call.lab.world.ha.set(resource.sid, changed);
  return null;
}

function remove(call: Call): null {
  const { sid } = sidOf(call);
  if (!call.lab.world.ha.has(sid)) throw failure(`cannot delete service '${sid}', not HA managed!`);
  call.lab.world.ha.delete(sid);
  return null;
}

function status(call: Call): unknown[] {
  const { world } = call.lab;
  const node = world.localNode;
  const services = [...world.ha.values()].map((resource) => ({
    id: `service:${resource.sid}`,
    type: "service",
    sid: resource.sid,
    node: world.guest(resource.vmid)?.node ?? node,
    state: resource.state,
    crm_state: resource.state,
    request_state: resource.state,
    status: `${resource.sid} (${node}, ${resource.state})`,
  }));
  const quorum = {
    id: "quorum",
    type: "quorum",
    node,
    status: world.quorate ? "OK" : "No quorum on node",
    quorate: world.quorate ? 1 : 0,
  };
  const fencing = {
    id: "fencing",
    type: "fencing",
    node,
    status: "standby (CRM watchdog standby)",
    "armed-state": "standby",
  };
  return [quorum, ...(services.length === 0 ? [fencing] : services)];
}

function noGroups(): never {
  throw failure("cannot index groups: ha groups have been migrated to rules");
}

const SID: Params = { sid: required(format("pve-ha-resource-or-vm-id")) };
const ABOUT: Params = {
  ...SID,
  "auto-rebalance": flag,
  comment: text({ maxLength: 4096 }),
  failback: flag,
  group: format("pve-configid"),
  max_relocate: integer({ minimum: 0 }),
  max_restart: integer({ minimum: 0 }),
  state: choice("started", "stopped", "enabled", "disabled", "ignored"),
};
const BASE = "/cluster/ha/resources";
const audit = needs("/", "Sys.Audit");
const write = needs("/", "Sys.Console");
const kind = choice("ct", "vm");

/** High availability (contract §8). */
export const HA_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: BASE,
    params: { type: kind },
    access: audit,
    handle: (call) =>
      [...call.lab.world.ha.values()].filter((each) => (call.values["type"] ?? each.type) === each.type).map(view),
  },
  { method: "POST", path: BASE, params: { ...ABOUT, type: kind }, access: write, protected: true, handle: create },
  { method: "GET", path: `${BASE}/{sid}`, params: SID, access: audit, handle: (call) => view(resourceOf(call)) },
  {
    method: "PUT",
    path: `${BASE}/{sid}`,
    params: { ...ABOUT, delete: format("pve-configid-list"), digest: DIGEST },
    access: write,
    protected: true,
    handle: update,
  },
  {
    method: "DELETE",
    path: `${BASE}/{sid}`,
    params: { ...SID, purge: flag },
    access: write,
    protected: true,
    handle: remove,
  },
  { method: "GET", path: "/cluster/ha/status/current", params: {}, access: audit, handle: status },
  {
    method: "GET",
    path: "/cluster/ha/rules",
    access: audit,
    handle: () => [],
    params: { resource: text(), type: choice("node-affinity", "resource-affinity") },
  },
  {
    method: "GET",
    path: "/cluster/ha/groups",
    params: {},
    access: audit,
    handle: noGroups,
  },
];
