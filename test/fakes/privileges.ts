import type { Permissions } from "../../controller/providers/port.ts";

const names = [
  "VM.Audit",
  "VM.PowerMgmt",
  "VM.Config.Options",
  "VM.Migrate",
  "VM.Allocate",
  "VM.Config.CPU",
  "VM.Config.Memory",
  "VM.Config.Disk",
  "VM.Config.Network",
  "VM.Config.HWType",
  "VM.Config.CDROM",
  "VM.Config.Cloudinit",
  "VM.Clone",
  "VM.Snapshot",
  "Mapping.Use",
  "Datastore.AllocateSpace",
  "Datastore.AllocateTemplate",
  "Sys.AccessNetwork",
  "SDN.Use",
  "Sys.Audit",
  "Sys.Modify",
];

/** What the controller's token may do when nothing was forgotten (docs/permissions.md). */
export const everyPrivilege: Permissions = new Map([["/", new Map(names.map((name) => [name, true]))]]);
