import { cloudInitPending, dumpCloudInit, regenerateCloudInit } from "../cloudInit.ts";
import type { Call, Route } from "../lab.ts";
import { migrateQemu, qemuMigrationView } from "../migrate.ts";
import { cloneQemu } from "../qemuClone.ts";
import { unlinkQemu } from "../qemuConfig.ts";
import { moveDisk, resizeQemu, templateQemu } from "../qemuDisks.ts";
import { DRIVE_KEYS } from "../qemuSchema.ts";
import {
  choice,
  CLONE_ACCESS,
  flag,
  format,
  GUEST,
  indexed,
  integer,
  needs,
  OPTIONAL_VMID,
  required,
  text,
  VMID,
} from "../schema.ts";
import { snapshotFeature } from "../snapshotFeature.ts";
import { guestOf } from "./lxc.ts";

const ONE = "/nodes/{node}/qemu/{vmid}";
const common = { protected: true, proxied: true } as const;
const disks = needs("/vms/{vmid}", "VM.Config.Disk");
const migrating = needs("/vms/{vmid}", "VM.Migrate");
const audit = needs("/vms/{vmid}", "VM.Audit");
/** As the published schema has them. */
const BUSES = ["ide", "scsi", "virtio", "sata", "efidisk", "tpmstate"];
const DISKS = BUSES.flatMap((bus) => DRIVE_KEYS.filter((key) => key.replace(/\d+$/, "") === bus));
const MOVABLE = [...DISKS, ...Object.keys(indexed("unused", 255, integer()))];
const digest = text({ maxLength: 40 });

function feature(call: Call): unknown {
  return { hasFeature: snapshotFeature(call.lab.world, guestOf(call, "qemu")) ? 1 : 0, nodes: [call.node] };
}

/** Disks of virtual machines, clones, templates, cloud-init, migration (contract §5.5). */
export const QEMU_DISK_ROUTES: readonly Route[] = [
  {
    ...common,
    method: "PUT",
    path: `${ONE}/resize`,
    access: disks,
    params: {
      ...GUEST,
      digest,
      disk: required(choice(...DISKS)),
      size: required(text({ pattern: "\\+?\\d+(\\.\\d+)?[KMGT]?" })),
      skiplock: flag,
    },
    handle: resizeQemu,
  },
  {
    ...common,
    method: "POST",
    path: `${ONE}/move_disk`,
    access: disks,
    params: {
      ...GUEST,
      bwlimit: integer({ minimum: 0 }),
      delete: flag,
      digest,
      disk: required(choice(...MOVABLE)),
      format: choice("raw", "qcow2", "vmdk"),
      storage: format("pve-storage-id"),
      "target-digest": digest,
      "target-disk": choice(...MOVABLE),
      "target-vmid": OPTIONAL_VMID,
    },
    handle: moveDisk,
  },
  {
    ...common,
    method: "PUT",
    path: `${ONE}/unlink`,
    access: disks,
    params: { ...GUEST, force: flag, idlist: required(format("pve-configid-list")) },
    handle: unlinkQemu,
  },
  {
    ...common,
    method: "POST",
    path: `${ONE}/template`,
    access: needs("/vms/{vmid}", "VM.Allocate"),
    params: { ...GUEST, disk: choice(...DISKS) },
    handle: templateQemu,
  },
  {
    ...common,
    method: "POST",
    path: `${ONE}/clone`,
    access: CLONE_ACCESS,
    params: {
      ...GUEST,
      bwlimit: integer({ minimum: 0 }),
      description: text(),
      format: choice("raw", "qcow2", "vmdk"),
      full: flag,
      name: format("dns-name"),
      newid: VMID,
      pool: format("pve-poolid"),
      snapname: format("pve-configid", { maxLength: 40 }),
      storage: format("pve-storage-id"),
      target: format("pve-node"),
    },
    handle: cloneQemu,
  },
  {
    ...common,
    method: "GET",
    path: `${ONE}/feature`,
    access: audit,
    params: {
      ...GUEST,
      feature: required(choice("snapshot", "clone", "copy")),
      snapname: format("pve-configid", { maxLength: 40 }),
    },
    handle: feature,
  },
  { proxied: true, method: "GET", path: `${ONE}/cloudinit`, access: audit, params: GUEST, handle: cloudInitPending },
  {
    ...common,
    method: "PUT",
    path: `${ONE}/cloudinit`,
    access: needs("/vms/{vmid}", "VM.Config.Cloudinit"),
    params: GUEST,
    handle: regenerateCloudInit,
  },
  {
    proxied: true,
    method: "GET",
    path: `${ONE}/cloudinit/dump`,
    access: audit,
    params: { ...GUEST, type: required(choice("user", "network", "meta")) },
    handle: dumpCloudInit,
  },
  {
    ...common,
    method: "GET",
    path: `${ONE}/migrate`,
    access: migrating,
    params: { ...GUEST, target: format("pve-node") },
    handle: qemuMigrationView,
  },
  {
    ...common,
    method: "POST",
    path: `${ONE}/migrate`,
    access: migrating,
    params: {
      ...GUEST,
      bwlimit: integer({ minimum: 0 }),
      force: flag,
      migration_network: format("CIDR"),
      migration_type: choice("secure", "insecure"),
      online: flag,
      target: required(format("pve-node")),
      targetstorage: format("storage-pair-list"),
      "with-conntrack-state": flag,
      "with-local-disks": flag,
    },
    handle: migrateQemu,
  },
];
