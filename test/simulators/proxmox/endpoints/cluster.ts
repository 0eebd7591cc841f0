import { failure, invalid } from "../apiError.ts";
import { haResource } from "../broadcast.ts";
import { type Call, type Route } from "../lab.ts";
import { DATACENTER } from "../clusterSchema.ts";
import { ANY_USER, choice, needs, OPTIONAL_VMID } from "../schema.ts";
import { allTags } from "../statusView.ts";
import { taskView } from "../tasks.ts";
import { items } from "../validate.ts";
import type { Guest, StorageState } from "../world.ts";
import { nodeEntry } from "./nodes.ts";

function resources(call: Call): unknown[] {
  const { type } = call.values;
  const wanted = (kind: string): boolean => type === undefined || type === kind;
  return [
    ...(type === undefined ? poolEntries(call) : []),
    ...(wanted("vm") ? guestEntries(call) : []),
    ...(wanted("node") ? nodeEntries(call) : []),
    ...(wanted("storage") ? storageEntries(call) : []),
  ];
}

function poolEntries(call: Call): unknown[] {
  const { permissions, caller, lab } = call;
  return [...lab.world.pools.keys()]
    .filter((pool) => permissions.has(caller.user, `/pool/${pool}`, "Pool.Audit"))
    .map((pool) => ({ id: `/pool/${pool}`, pool, type: "pool" }));
}

function guestEntries(call: Call): unknown[] {
  const { permissions, caller, lab } = call;
  const pools = poolMembers(call);
  const entries: unknown[] = [];
  for (const guest of lab.world.guests.values()) {
    if (permissions.has(caller.user, `/vms/${String(guest.vmid)}`, "VM.Audit"))
      entries.push(guestEntry(call, guest, pools));
  }
  return entries;
}

function poolMembers(call: Call): ReadonlyMap<number, string> {
  const members = new Map<number, string>();
  for (const pool of call.lab.world.pools.values()) {
    if (!call.permissions.has(call.caller.user, `/pool/${pool.poolid}`, "Pool.Audit")) continue;
    for (const vmid of pool.vms) members.set(vmid, pool.poolid);
  }
  return members;
}

/** Live: where it is, lock and tags. The rest is what its node published last. */
function guestEntry(call: Call, guest: Guest, pools: ReadonlyMap<number, string>): unknown {
  const { lab } = call;
  const pool = pools.get(guest.vmid);
  const ha = haResource(lab.world, guest.type, guest.vmid);
  const { lock, tags } = guest.config;
  return {
    ...(lab.published.guest(guest.vmid) ?? { status: "unknown" }),
    id: `${guest.type}/${String(guest.vmid)}`,
    vmid: guest.vmid,
    node: guest.node,
    type: guest.type,
    ...(lock === undefined ? {} : { lock }),
    ...(tags === undefined ? {} : { tags }),
    ...(pool === undefined ? {} : { pool }),
    ...(ha === undefined ? {} : { hastate: ha.state }),
  };
}

function nodeEntries(call: Call): unknown[] {
  return [...call.lab.world.nodes.values()].map((node) => ({ ...nodeEntry(call, node), "cgroup-mode": 2 }));
}

function storageEntries(call: Call): unknown[] {
  const { permissions, caller, lab } = call;
  const seen = (storage: StorageState): boolean =>
    !storage.disabled &&
    permissions.hasAny(caller.user, `/storage/${storage.storage}`, ["Datastore.Audit", "Datastore.AllocateSpace"]);
  return [...lab.world.storages.values()].filter(seen).flatMap((storage) =>
    [...lab.world.nodes.keys()]
      .filter((node) => storage.nodes?.includes(node) ?? true)
      .map((node) => ({
        id: `storage/${node}/${storage.storage}`,
        storage: storage.storage,
        node,
        type: "storage",
        plugintype: storage.type,
        status: "available",
        shared: storage.shared ? 1 : 0,
        content: storage.content,
        disk: storage.used,
        maxdisk: storage.total,
      })),
  );
}

function status(call: Call): unknown[] {
  const { world, settings } = call.lab;
  const nodes = [...world.nodes.values()].map((node, index) => ({
    type: "node",
    id: `node/${node.name}`,
    name: node.name,
    ip: `10.0.0.${String(11 + index)}`,
    level: "",
    local: node.name === world.localNode ? 1 : 0,
    nodeid: settings.clusterName === "" ? 0 : index + 1,
    online: node.online ? 1 : 0,
  }));
  if (settings.clusterName === "" && nodes.length === 1) return nodes;
  const name = settings.clusterName === "" ? "home" : settings.clusterName;
  return [
    { type: "cluster", id: "cluster", name, nodes: nodes.length, version: 5, quorate: world.quorate ? 1 : 0 },
    ...nodes,
  ];
}

function nextId(call: Call): string {
  const { world } = call.lab;
  const asked = call.values["vmid"];
  if (asked !== undefined) {
    if (world.guests.has(asked)) throw invalid({ vmid: `VM ${asked} already exists` });
    return asked;
  }
  const range = world.datacenter.get("next-id") ?? "";
  const lower = Number(/lower=(\d+)/.exec(range)?.[1] ?? 100);
  const upper = Number(/upper=(\d+)/.exec(range)?.[1] ?? 1000000);
  for (let vmid = lower; vmid < upper; vmid += 1) if (!world.guests.has(String(vmid))) return String(vmid);
  throw failure(`unable to get any free VMID in range [${String(lower)}, ${String(upper)}]`);
}

/** A token sees none here, not even its own (contract §2.2). */
function tasks(call: Call): unknown[] {
  const { permissions, caller, lab } = call;
  const all = permissions.has(caller.user, "/", "Sys.Audit");
  return lab.tasks
    .published()
    .filter((task) => all || (!caller.isToken && task.user === caller.user))
    .map((task) => {
      const { pid, pstart: _, ...view } = taskView(task);
      return task.exit === undefined
        ? { ...view, pid }
        : { ...view, endtime: task.endtime, status: task.exit, saved: "1" };
    });
}

function options(call: Call): unknown {
  const allowed = {
    "allowed-tags": call.permissions.has(call.caller.user, "/", "Sys.Audit") ? allTags(call.lab) : visibleTags(call),
  };
  if (!call.permissions.has(call.caller.user, "/", "Sys.Audit")) return allowed;
  return { description: "", mac_prefix: "BC:24:11", ...Object.fromEntries(call.lab.world.datacenter), ...allowed };
}

function visibleTags(call: Call): string[] {
  const { permissions, caller, lab } = call;
  const seen = [...lab.world.guests.values()].filter((guest) =>
    permissions.has(caller.user, `/vms/${String(guest.vmid)}`, "VM.Audit"),
  );
  return [
    ...new Set(seen.flatMap((guest) => (guest.config["tags"] ?? "").split(";").filter((tag) => tag.trim() !== ""))),
  ].sort();
}

function setOptions(call: Call): null {
  const { delete: remove, ...set } = call.values;
  for (const key of items(remove)) call.lab.world.datacenter.delete(key);
  for (const [key, value] of Object.entries(set)) call.lab.world.datacenter.set(key, value);
  return null;
}

/** Of the whole cluster. */
export const CLUSTER_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/cluster/resources",
    access: ANY_USER,
    params: { type: choice("vm", "storage", "node", "sdn") },
    handle: resources,
  },
  {
    method: "GET",
    path: "/cluster/status",
    params: {},
    access: needs("/", "Sys.Audit"),
    protected: true,
    handle: status,
  },
  { method: "GET", path: "/cluster/nextid", params: { vmid: OPTIONAL_VMID }, access: ANY_USER, handle: nextId },
  { method: "GET", path: "/cluster/tasks", params: {}, access: ANY_USER, handle: tasks },
  {
    method: "GET",
    path: "/cluster/options",
    params: {},
    access: { user: "all", check: ["perm", "/", ["Sys.Audit"]] },
    handle: options,
  },
  {
    method: "PUT",
    path: "/cluster/options",
    access: needs("/", "Sys.Modify"),
    protected: true,
    params: DATACENTER,
    handle: setOptions,
  },
];
