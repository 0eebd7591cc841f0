import { ApiError, failure, invalid } from "../apiError.ts";
import { bytesOf, digestOf, formatOf, properties, sizeText } from "../guestSettings.ts";
import { requireUnlocked, taskSeconds, type Call, type Route } from "../lab.ts";
import { cloneLxc } from "../lxcClone.ts";
import { printProperties } from "../propertyString.ts";
import { choice, flag, format, GUEST, integer, needs, needsAny, number, required, text, VMID } from "../schema.ts";
import { propertySize, volumesIn } from "../volumes.ts";
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
  const guest = guestOf(call, "lxc");
  const storages = volumesIn("lxc", guest.config).map((volid) =>
    call.lab.world.storages.get(volid.split(":")[0] ?? ""),
  );
  return { hasFeature: storages.every((storage) => storage?.type !== "dir") ? 1 : 0 };
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

/** Enough of a migration to move a guest: the guest is at the other node when the task ends. */
function migrate(call: Call): string {
  const { lab, values, node } = call;
  const target = values["target"] ?? "";
  if (target === node) throw invalid({ target: "target is local node." });
  if (!lab.world.nodes.has(target)) throw failure(`no such cluster node '${target}'`);
  const guest = guestOf(call, "lxc");
  requireUnlocked(guest);
  const { running } = guest;
  if (running && values["restart"] !== "1" && values["online"] !== "1")
    throw failure("can't migrate running container without --online or --restart");
  return fork(call, "vzmigrate", (task) =>
    lab.locks.holding(
      guest,
      lab.settings.lockWaitSeconds,
      async () => {
        if (values["online"] === "1" && running) throw failure("lxc live migration is currently not implemented");
        if (guest.running) lab.runtime.end(guest, "stopped to migrate");
        await lab.pace.pause(taskSeconds(lab, "vzmigrate"), task.signal);
        guest.node = target;
        lab.world.saveGuest(guest);
        if (running) lab.runtime.begin(guest, lab.tasks.nextPid());
      },
      task.log,
    ),
  );
}

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
    access: {
      check: [
        "and",
        ["perm", "/vms/{vmid}", ["VM.Clone"]],
        [
          "or",
          ["perm", "/vms/{newid}", ["VM.Allocate"]],
          ["perm", "/pool/{pool}", ["VM.Allocate"], "require_param", "pool"],
        ],
      ],
    },
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
    handle: migrate,
  },
];
