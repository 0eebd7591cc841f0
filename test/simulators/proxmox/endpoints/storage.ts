import { denied, invalid } from "../apiError.ts";
import type { Call, Route } from "../lab.ts";
import { taskSeconds } from "../lab.ts";
import { ANY_USER, flag, format, integer, needsAny, NODE, OPTIONAL_VMID, required, text } from "../schema.ts";
import { items } from "../validate.ts";
import { release, requireStorage } from "../volumes.ts";
import type { StorageState, Volume } from "../world.ts";

const READERS = ["Datastore.Audit", "Datastore.AllocateSpace"];

function numbers(storage: StorageState, node: string): Record<string, string | number> {
  const enabled = !storage.disabled && (storage.nodes?.includes(node) ?? true);
  const size = enabled
    ? { total: storage.total, used: storage.used, avail: storage.total - storage.used }
    : { total: 0, used: 0, avail: 0 };
  return {
    type: storage.type,
    content: storage.content,
    shared: storage.shared ? 1 : 0,
    enabled: enabled ? 1 : 0,
    active: enabled ? 1 : 0,
    ...size,
  };
}

function list(call: Call): unknown[] {
  const { permissions, caller, values, lab } = call;
  const only = values["storage"];
  if (only !== undefined && !lab.world.storages.has(only)) throw invalid({ storage: "No such storage." });
  const contents = items(values["content"]);
  return [...lab.world.storages.values()]
    .filter((storage) => permissions.hasAny(caller.user, `/storage/${storage.storage}`, READERS))
    .filter((storage) => only === undefined || storage.storage === only)
    .filter(
      (storage) => contents.length === 0 || contents.some((content) => storage.content.split(",").includes(content)),
    )
    .map((storage) => ({ storage: storage.storage, ...numbers(storage, call.node) }))
    .filter((entry: Record<string, unknown>) => values["enabled"] !== "1" || entry["enabled"] === 1)
    .map((entry: Record<string, unknown>) =>
      entry["enabled"] === 1 ? { ...entry, used_fraction: Number(entry["used"]) / Number(entry["total"]) } : entry,
    );
}

function status(call: Call): unknown {
  const storage = call.lab.world.storages.get(call.values["storage"] ?? "");
  if (storage === undefined) throw invalid({ storage: "No such storage." });
  requireStorage(call.lab.world, storage.storage, call.node);
  return numbers(storage, call.node);
}

function volumeView(volume: Volume): unknown {
  const { storage: _, fetchedFrom: __, ctime, ...rest } = volume;
  const named = volume.content === "rootdir" || volume.content === "images";
  return named
    ? { ...rest, name: volume.volid.slice(volume.volid.indexOf(":") + 1), parent: null }
    : { ...rest, ctime };
}

function content(call: Call): unknown[] {
  const storage = requireStorage(call.lab.world, call.values["storage"] ?? "", call.node).storage;
  const { content: kind, vmid } = call.values;
  return [...call.lab.world.volumes.values()]
    .filter((volume) => volume.storage === storage)
    .filter((volume) => kind === undefined || volume.content === kind)
    .filter((volume) => vmid === undefined || String(volume.vmid) === vmid)
    .map(volumeView);
}

function remove(call: Call): string {
  const { lab, values, node, permissions, caller } = call;
  const storage = requireStorage(lab.world, values["storage"] ?? "", node).storage;
  const name = values["volume"] ?? "";
  const volid = name.includes(":") ? name : `${storage}:${name}`;
  if (!permissions.has(caller.user, `/storage/${storage}`, "Datastore.Allocate"))
    throw denied(`/storage/${storage}, Datastore.Allocate`);
  const owner = lab.world.volumes.get(volid)?.vmid;
  const id = owner === undefined ? storage : `${String(owner)}@${storage}`;
  return lab.tasks.fork({ node, type: "imgdel", id, user: caller.user }, async (task) => {
    await lab.pace.pause(taskSeconds(lab, "imgdel"), task.signal);
    release(lab.world, volid);
    task.log(`Removed volume '${volid}'`);
  });
}

const BASE = "/nodes/{node}/storage";
const ONE = { ...NODE, storage: required(format("pve-storage-id")) };
const readers = needsAny("/storage/{storage}", ...READERS);

/** Storages of a node and what is on them. */
export const STORAGE_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: BASE,
    access: ANY_USER,
    protected: true,
    proxied: true,
    params: {
      ...NODE,
      content: format("pve-storage-content-list"),
      enabled: flag,
      format: flag,
      storage: format("pve-storage-id"),
      target: format("pve-node"),
    },
    handle: list,
  },
  {
    method: "GET",
    path: `${BASE}/{storage}/status`,
    params: ONE,
    access: readers,
    protected: true,
    proxied: true,
    handle: status,
  },
  {
    method: "GET",
    path: `${BASE}/{storage}/content`,
    access: readers,
    protected: true,
    proxied: true,
    params: { ...ONE, content: format("pve-storage-content"), vmid: OPTIONAL_VMID },
    handle: content,
  },
  {
    method: "DELETE",
    path: `${BASE}/{storage}/content/{*volume}`,
    access: ANY_USER,
    protected: true,
    proxied: true,
    params: {
      ...NODE,
      storage: format("pve-storage-id"),
      volume: required(text()),
      delay: integer({ minimum: 1, maximum: 30 }),
    },
    handle: remove,
  },
];
