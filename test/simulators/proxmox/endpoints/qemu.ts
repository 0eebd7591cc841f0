import { pendingView } from "../guestSettings.ts";
import { on, type Call, type Route } from "../lab.ts";
import { updateQemu, updateQemuLater } from "../qemuConfig.ts";
import { createQemu, destroyQemu } from "../qemuLife.ts";
import { QEMU_CONFIG } from "../qemuSchema.ts";
import {
  ANY_USER,
  DIGEST,
  flag,
  format,
  GUEST,
  integer,
  needs,
  needsAny,
  NODE,
  text,
  VMID,
  type Params,
} from "../schema.ts";
import { agentEnabled, haView, qemuStatus } from "../statusView.ts";
import { guestOf, readConfig, visibleGuests } from "./lxc.ts";

function current(call: Call): unknown {
  const guest = guestOf(call, "qemu");
  const agent = agentEnabled(guest) ? { agent: 1 } : {};
  return { ...qemuStatus(call.lab, guest, true), ...agent, ha: haView(call.lab, guest) };
}

const BASE = "/nodes/{node}/qemu";
const ONE = `${BASE}/{vmid}`;
const audit = needs("/vms/{vmid}", "VM.Audit");
const CREATE: Params = {
  ...NODE,
  ...QEMU_CONFIG,
  vmid: VMID,
  archive: text(),
  bwlimit: integer({ minimum: 0 }),
  force: { ...flag, requires: "archive" },
  "ha-managed": flag,
  "import-working-storage": format("pve-storage-id"),
  "live-restore": flag,
  pool: format("pve-poolid"),
  start: flag,
  storage: format("pve-storage-id"),
  unique: { ...flag, requires: "archive" },
};
const UPDATE: Params = {
  ...GUEST,
  ...QEMU_CONFIG,
  delete: format("pve-configid-list"),
  digest: DIGEST,
  revert: format("pve-configid-list"),
  force: { ...flag, requires: "delete" },
  skiplock: flag,
};
const UPDATE_LATER: Params = {
  ...UPDATE,
  background_delay: integer({ minimum: 1, maximum: 30 }),
  "import-working-storage": format("pve-storage-id"),
};
const CONFIG_PRIVILEGES = ["Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit"].map(
  (what) => `VM.Config.${what}`,
);
const write = { access: needsAny("/vms/{vmid}", ...CONFIG_PRIVILEGES), protected: true, proxied: true } as const;

/** Virtual machines: lists, configuration, creation, destruction (contract §5). */
export const QEMU_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: BASE,
    params: { ...NODE, full: flag },
    access: ANY_USER,
    protected: true,
    proxied: true,
    handle: (call) => visibleGuests(call, "qemu").map((guest) => qemuStatus(call.lab, guest, on(call.values, "full"))),
  },
  { method: "POST", path: BASE, params: CREATE, access: ANY_USER, protected: true, proxied: true, handle: createQemu },
  {
    method: "GET",
    path: ONE,
    params: GUEST,
    access: ANY_USER,
    proxied: true,
    handle: () =>
      ["config", "pending", "status", "agent", "snapshot", "cloudinit", "migrate"].map((subdir) => ({ subdir })),
  },
  {
    method: "GET",
    path: `${ONE}/config`,
    access: audit,
    proxied: true,
    handle: (call) => readConfig(call, "qemu"),
    params: { ...GUEST, current: flag, snapshot: format("pve-configid", { maxLength: 40 }) },
  },
  { method: "PUT", path: `${ONE}/config`, params: UPDATE, ...write, handle: updateQemu },
  { method: "POST", path: `${ONE}/config`, params: UPDATE_LATER, ...write, handle: updateQemuLater },
  {
    method: "GET",
    path: `${ONE}/pending`,
    params: GUEST,
    access: audit,
    proxied: true,
    handle: (call) => pendingView(guestOf(call, "qemu")),
  },
  {
    method: "GET",
    path: `${ONE}/status/current`,
    params: GUEST,
    access: audit,
    protected: true,
    proxied: true,
    handle: current,
  },
  {
    method: "DELETE",
    path: ONE,
    access: needs("/vms/{vmid}", "VM.Allocate"),
    protected: true,
    proxied: true,
    handle: destroyQemu,
    params: { ...GUEST, "destroy-unreferenced-disks": flag, purge: flag, skiplock: flag },
  },
];
