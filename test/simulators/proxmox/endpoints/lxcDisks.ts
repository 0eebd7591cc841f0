import { ApiError, failure } from "../apiError.ts";
import { bytesOf, digestOf, formatOf, properties, sizeText } from "../guestSettings.ts";
import { requireUnlocked, taskSeconds, type Call, type Route } from "../lab.ts";
import { cloneLxc } from "../lxcClone.ts";
import { moveVolume } from "../lxcMove.ts";
import { lxcMigrationView, migrateLxc } from "../migrate.ts";
import { printProperties } from "../propertyString.ts";
import {
  choice,
  CLONE_ACCESS,
  DIGEST,
  flag,
  format,
  GUEST,
  indexed,
  integer,
  needs,
  needsAny,
  number,
  OPTIONAL_VMID,
  required,
  text,
  VMID,
} from "../schema.ts";
import { snapshotFeature } from "../snapshotFeature.ts";
import { propertySize } from "../volumes.ts";
import { fork } from "./lxcPower.ts";
import { guestOf, RESIZE } from "./lxc.ts";

const MISSING = "property is missing and it is not optional";

function resize(call: Call): Promise<string> {
  const { lab, values } = call;
  const { disk = "", size = "", digest } = values;
  const guest = guestOf(call, "lxc");
  return lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => {
    requireUnlocked(guest);
    if (digest !== undefined && digest !== digestOf(guest))
      throw failure("detected modified configuration - file changed by other user? Try again.");
    const value = guest.config[disk];
    if (value === undefined) throw new ApiError(500, "format error\n", { volume: MISSING, mp: MISSING });
    const now = propertySize(value);
    const wanted = size.startsWith("+") ? now + bytesOf(size) : bytesOf(size);
    if (wanted < now) throw failure("unable to shrink disk size");
    if (wanted === now) throw failure("disk is already at specified size");
    return fork(call, "resize", (task) =>
      lab.locks.holding(
        guest,
        lab.settings.lockWaitSeconds,
        async () => {
          await lab.pace.pause(taskSeconds(lab, "resize"), task.signal);
          const parts = properties("lxc", disk, guest.config[disk]);
          guest.config[disk] = printProperties(formatOf("lxc", disk) ?? {}, { ...parts, size: sizeText(wanted) });
          const volume = lab.world.volumes.get(parts["volume"] ?? "");
          if (volume !== undefined) lab.world.volumes.set(volume.volid, { ...volume, size: wanted });
          lab.world.saveGuest(guest);
        },
        task.log,
      ),
    );
  });
}

function feature(call: Call): unknown {
  return { hasFeature: snapshotFeature(call.lab.world, guestOf(call, "lxc")) ? 1 : 0 };
}

function template(call: Call): null {
  const { lab } = call;
  const guest = guestOf(call, "lxc");
  requireUnlocked(guest);
  if (guest.snapshots.length > 0) throw failure("unable to create template, because CT contains snapshots");
  if (guest.config["template"] === "1") throw failure("you can't convert a template to a template");
  if (guest.running) throw failure("you can't convert a CT to template if the CT is running");
  fork(call, "vztemplate", (task) =>
    lab.locks.holding(
      guest,
      lab.settings.lockWaitSeconds,
      async () => {
        await lab.pace.pause(taskSeconds(lab, "vztemplate"), task.signal);
        for (const [key, value] of Object.entries(guest.config))
          if (/^(rootfs|mp\d+)$/.test(key)) guest.config[key] = asBase(call, value);
        guest.config["template"] = "1";
        lab.world.saveGuest(guest);
      },
      task.log,
    ),
  );
  return null;
}

function asBase(call: Call, value: string): string {
  const volid = value.split(",")[0] ?? "";
  const volume = call.lab.world.volumes.get(volid);
  const base = volid.replace(":subvol-", ":basevol-").replace("/vm-", "/base-");
  if (volume === undefined || base === volid) return value;
  call.lab.world.volumes.delete(volid);
  call.lab.world.volumes.set(base, { ...volume, volid: base });
  return value.replace(volid, base);
}

const MOVABLE = ["rootfs", ...["mp", "unused"].flatMap((stem) => Object.keys(indexed(stem, 255, integer())))];
const ONE = "/nodes/{node}/lxc/{vmid}";

/** Disks of containers, clones, templates, migration (contract §4.8). */
export const LXC_DISK_ROUTES: readonly Route[] = [
  {
    method: "PUT",
    path: `${ONE}/resize`,
    params: RESIZE,
    access: needsAny("/vms/{vmid}", "VM.Config.Disk"),
    protected: true,
    proxied: true,
    handle: resize,
  },
  {
    method: "GET",
    path: `${ONE}/feature`,
    access: needs("/vms/{vmid}", "VM.Audit"),
    protected: true,
    proxied: true,
    params: { ...GUEST, feature: required(choice("snapshot", "clone", "copy")), snapname: format("pve-configid") },
    handle: feature,
  },
  {
    method: "POST",
    path: `${ONE}/template`,
    params: GUEST,
    access: needs("/vms/{vmid}", "VM.Allocate"),
    protected: true,
    proxied: true,
    handle: template,
  },
  {
    method: "POST",
    path: `${ONE}/clone`,
    protected: true,
    proxied: true,
    access: CLONE_ACCESS,
    params: {
      ...GUEST,
      bwlimit: number({ minimum: 0 }),
      description: text(),
      full: flag,
      hostname: format("dns-name"),
      newid: VMID,
      pool: format("pve-poolid"),
      snapname: format("pve-configid"),
      storage: format("pve-storage-id"),
      target: format("pve-node"),
    },
    handle: cloneLxc,
  },
  {
    method: "POST",
    path: `${ONE}/migrate`,
    access: needs("/vms/{vmid}", "VM.Migrate"),
    protected: true,
    proxied: true,
    params: {
      ...GUEST,
      bwlimit: number({ minimum: 0 }),
      online: flag,
      restart: flag,
      target: required(format("pve-node")),
      "target-storage": format("storage-pair-list"),
      timeout: integer(),
    },
    handle: migrateLxc,
  },
  {
    method: "GET",
    path: `${ONE}/migrate`,
    access: needs("/vms/{vmid}", "VM.Migrate"),
    protected: true,
    proxied: true,
    params: { ...GUEST, target: format("pve-node") },
    handle: lxcMigrationView,
  },
  {
    method: "POST",
    path: `${ONE}/move_volume`,
    access: needs("/vms/{vmid}", "VM.Config.Disk"),
    protected: true,
    proxied: true,
    params: {
      ...GUEST,
      bwlimit: number({ minimum: 0 }),
      delete: flag,
      digest: DIGEST,
      storage: format("pve-storage-id"),
      "target-digest": DIGEST,
      "target-vmid": OPTIONAL_VMID,
      "target-volume": choice(...MOVABLE),
      volume: required(choice(...MOVABLE)),
    },
    handle: moveVolume,
  },
];
