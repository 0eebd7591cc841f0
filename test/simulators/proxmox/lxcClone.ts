import { failure } from "./apiError.ts";
import { mergedBehaviour } from "./behaviours.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { fork } from "./endpoints/lxcPower.ts";
import { randomMac } from "./guestSettings.ts";
import { requireUnlocked, taskSeconds, type Call } from "./lab.ts";
import { existsText } from "./lxcCreate.ts";
import { allocate, propertySize, release, requireStorage, volumesIn } from "./volumes.ts";
import type { Guest } from "./world.ts";

/** POST of a clone: full or, from a template, linked. */
export function cloneLxc(call: Call): string {
  const { lab, node, values } = call;
  const source = guestOf(call, "lxc");
  const newid = Number(values["newid"]);
  const { target } = values;
  const full = requireCloneable(call, source, newid);
  const made: Guest = {
    ...source,
    vmid: newid,
    node: target ?? node,
    config: { lock: "create" },
    pending: {},
    pendingDelete: {},
    snapshots: [],
    running: false,
    behaviour: mergedBehaviour(lab.settings, newid, values["hostname"]),
  };
  delete made.pid;
  delete made.startedAt;
  lab.world.guests.set(String(newid), made);
  return fork(call, "vzclone", async (task) => {
    task.log(`creating a clone of container ${String(source.vmid)} with ID ${String(newid)}`);
    source.config["lock"] = "disk";
    await lab.pace.pause(taskSeconds(lab, "vzclone"), task.signal);
    delete source.config["lock"];
    made.config = clonedConfig(call, source, made, full);
    lab.world.saveGuest(made);
    lab.world.saveGuest(source);
  });
}

/** Everything that forbids it; gives whether it is a full clone. */
function requireCloneable(call: Call, source: Guest, newid: number): boolean {
  const { lab, node, values } = call;
  const { storage, target, snapname } = values;
  if (target !== undefined && !lab.world.nodes.has(target)) throw failure(`no such cluster node '${target}'`);
  if (storage !== undefined) requireStorage(lab.world, storage, node);
  const isTemplate = source.config["template"] === "1";
  const full = values["full"] === undefined ? !isTemplate : values["full"] === "1";
  if (source.running && full && snapname === undefined)
    throw failure("Full clone of a running container is only possible from a snapshot");
  requireUnlocked(source);
  const taken = lab.world.guest(newid);
  if (taken !== undefined) throw failure(existsText(taken));
  if (!full && !isTemplate) throw failure(`Linked clone feature for '${firstVolume(source)}' is not available`);
  return full;
}

function firstVolume(source: Guest): string {
  return volumesIn("lxc", { mp0: source.config["mp0"] ?? source.config["rootfs"] ?? "" })[0] ?? "";
}

function clonedConfig(call: Call, source: Guest, made: Guest, full: boolean): Record<string, string> {
  const { values, lab } = call;
  const from = source.snapshots.find((each) => each.name === values["snapname"])?.config ?? source.config;
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(from).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (["lock", "parent", "template"].includes(key) || key.startsWith("unused")) continue;
    if (/^net\d+$/.test(key)) config[key] = value.replace(/hwaddr=[^,]+/, `hwaddr=${randomMac()}`);
    else if (/^(rootfs|mp\d+)$/.test(key)) config[key] = clonedVolume(call, value, made.vmid, full);
    else config[key] = value;
  }
  if (values["hostname"] !== undefined) config["hostname"] = values["hostname"];
  if (values["description"] !== undefined) config["description"] = `${values["description"]}\n`;
  const pool = lab.world.pools.get(values["pool"] ?? "");
  if (pool !== undefined) lab.world.pools.set(pool.poolid, { ...pool, vms: [...pool.vms, made.vmid] });
  return config;
}

function clonedVolume(call: Call, value: string, vmid: number, full: boolean): string {
  const [volid = "", ...rest] = value.split(",");
  if (volid.startsWith("/")) return value;
  const { world, pace } = call.lab;
  const from = volid.split(":")[0] ?? "";
  const storage = call.values["storage"] ?? from;
  const volume = allocate(world, { storage, vmid, type: "lxc", bytes: propertySize(value) }, pace.seconds());
  if (full) return [volume.volid, ...rest].join(",");
  const linked = `${volid}/${volume.volid.slice(volume.volid.indexOf(":") + 1)}`;
  release(world, volume.volid);
  world.volumes.set(linked, { ...volume, volid: linked });
  return [linked, ...rest].join(",");
}
