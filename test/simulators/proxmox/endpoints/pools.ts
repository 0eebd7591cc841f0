import { failure } from "../apiError.ts";
import type { Call, Route } from "../lab.ts";
import { ANY_USER, choice, flag, format, needs, required, text, type Params } from "../schema.ts";
import { items } from "../validate.ts";

type Pool = { poolid: string; comment?: string; vms: number[]; storages: string[] };

function poolOf(call: Call, prefix = ""): Pool {
  const poolid = call.values["poolid"] ?? "";
  const pool = call.lab.world.pools.get(poolid);
  if (pool === undefined) throw failure(`${prefix}pool '${poolid}' does not exist`);
  return pool;
}

const said = (pool: Pool): Record<string, string> => (pool.comment === undefined ? {} : { comment: pool.comment });

function list(call: Call): unknown[] {
  if (call.values["poolid"] !== undefined) {
    const pool = poolOf(call);
    return [{ poolid: pool.poolid, ...said(pool), members: members(call, pool) }];
  }
  return [...call.lab.world.pools.values()]
    .filter((pool) => call.permissions.has(call.caller.user, `/pool/${pool.poolid}`, "Pool.Audit"))
    .map((pool) => ({ poolid: pool.poolid, ...said(pool) }));
}

function read(call: Call): unknown {
  const pool = poolOf(call);
  return { ...said(pool), members: members(call, pool) };
}

function members(call: Call, pool: Pool): unknown[] {
  const { lab } = call;
  return pool.vms
    .map((vmid) => lab.world.guest(vmid))
    .filter((guest) => guest !== undefined)
    .map((guest) => ({
      ...(lab.published.guest(guest.vmid) ?? { status: "unknown" }),
      vmid: guest.vmid,
      type: guest.type,
      id: `${guest.type}/${String(guest.vmid)}`,
      node: guest.node,
    }));
}

function create(call: Call): null {
  const { poolid = "", comment } = call.values;
  const { pools } = call.lab.world;
  if (pools.has(poolid)) throw failure(`create pool failed: pool '${poolid}' already exists`);
  pools.set(poolid, { poolid, vms: [], storages: [], ...(comment === undefined ? {} : { comment }) });
  return null;
}

function update(call: Call): null {
  const pool = poolOf(call, "update pools failed: ");
  const vms = items(call.values["vms"]).map(Number);
  const remove = call.values["delete"] === "1";
  for (const vmid of vms) {
    const member = pool.vms.includes(vmid);
    if (remove && !member) throw failure(`update pools failed: VM ${String(vmid)} is not a pool member`);
    if (!remove && member) throw failure(`update pools failed: VM ${String(vmid)} is already a pool member`);
  }
  const left = remove ? pool.vms.filter((vmid) => !vms.includes(vmid)) : [...pool.vms, ...vms];
  const { comment } = call.values;
  call.lab.world.pools.set(pool.poolid, { ...pool, vms: left, ...(comment === undefined ? {} : { comment }) });
  return null;
}

function remove(call: Call): null {
  const pool = poolOf(call, "delete pool failed: ");
  const [first] = pool.vms;
  if (first !== undefined)
    throw failure(`delete pool failed: pool '${pool.poolid}' is not empty (contains VM ${String(first)})`);
  call.lab.world.pools.delete(pool.poolid);
  return null;
}

const ID: Params = { poolid: required(format("pve-poolid")) };
const allocate = needs("/pool/{poolid}", "Pool.Allocate");
const kind = choice("qemu", "lxc", "storage");

/** Resource pools. */
export const POOL_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/pools",
    access: ANY_USER,
    handle: list,
    params: { poolid: format("pve-poolid"), type: { ...kind, requires: "poolid" } },
  },
  {
    method: "POST",
    path: "/pools",
    params: { ...ID, comment: text() },
    access: allocate,
    protected: true,
    handle: create,
  },
  {
    method: "PUT",
    path: "/pools",
    access: allocate,
    protected: true,
    handle: update,
    params: {
      ...ID,
      "allow-move": flag,
      comment: text(),
      delete: flag,
      storage: format("pve-storage-id-list"),
      vms: format("pve-vmid-list"),
    },
  },
  { method: "DELETE", path: "/pools", params: ID, access: allocate, protected: true, handle: remove },
  {
    method: "GET",
    path: "/pools/{poolid}",
    params: { ...ID, type: kind },
    access: needs("/pool/{poolid}", "Pool.Audit"),
    handle: read,
  },
];
