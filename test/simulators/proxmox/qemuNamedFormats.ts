import type { Property, PropertyFormat } from "./schema.ts";

const bool: Property = { type: "boolean", optional: true };
const text: Property = { type: "string", optional: true };
const volume: Property = { type: "string", optional: true, format: "pve-volume-id" };
const hexId: Property = { type: "string", optional: true, pattern: "0x[0-9a-fA-F]{4}" };
const PCI = "(?:[0-9a-fA-F]{4,}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\\.[0-9a-fA-F])?";

/** Property strings that Proxmox VE's published schema only names. Source: qemu-server's own declarations. */
export const QEMU_NAMED_FORMATS: Readonly<Record<string, PropertyFormat>> = {
  "pve-qm-boot": {
    legacy: { type: "string", optional: true, default_key: 1, pattern: "[acdn]{1,4}" },
    order: { type: "string", optional: true, format: "pve-qm-bootdev-list" },
  },
  "pve-qm-ipconfig": {
    gw: { type: "string", optional: true, format: "ipv4", requires: "ip" },
    gw6: { type: "string", optional: true, format: "ipv6", requires: "ip6" },
    ip: { type: "string", optional: true, format: "pve-ipv4-config" },
    ip6: { type: "string", optional: true, format: "pve-ipv6-config" },
  },
  "pve-qm-cicustom": { meta: volume, network: volume, user: volume, vendor: volume },
  "pve-vm-cpu-conf": {
    cputype: { type: "string", optional: true, default_key: 1, pattern: "[a-zA-Z0-9][a-zA-Z0-9._-]*" },
    flags: { type: "string", optional: true, pattern: "[+-][a-zA-Z0-9._-]+(;[+-][a-zA-Z0-9._-]+)*" },
    "guest-phys-bits": { type: "integer", optional: true, minimum: 32, maximum: 64 },
    hidden: bool,
    "hv-vendor-id": { type: "string", optional: true, pattern: "[a-zA-Z0-9]{1,12}" },
    "phys-bits": { type: "string", optional: true, pattern: "(host|[0-9]{1,2})" },
    "reported-model": text,
  },
  "pve-qm-hostpci": {
    host: { type: "string", optional: true, default_key: 1, pattern: `${PCI}(;${PCI})*` },
    "device-id": hexId,
    driver: { type: "string", optional: true, enum: ["vfio", "keep"] },
    "legacy-igd": bool,
    mapping: { type: "string", optional: true, format: "pve-configid" },
    mdev: { type: "string", optional: true, pattern: "[^/.:]+" },
    pcie: bool,
    ramfb: bool,
    rombar: bool,
    romfile: { type: "string", optional: true, pattern: "[^,;]+" },
    "sub-device-id": hexId,
    "sub-vendor-id": hexId,
    "vendor-id": hexId,
    "x-vga": bool,
  },
  "pve-qm-smbios1": {
    base64: bool,
    family: text,
    manufacturer: text,
    product: text,
    serial: text,
    sku: text,
    uuid: { type: "string", optional: true, pattern: "[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}" },
    version: text,
  },
  "pve-qm-rng": {
    source: { type: "string", default_key: 1, enum: ["/dev/urandom", "/dev/random", "/dev/hwrng"] },
    max_bytes: { type: "integer", optional: true },
    period: { type: "integer", optional: true },
  },
  "pve-qm-watchdog": {
    model: { type: "string", optional: true, default_key: 1, enum: ["i6300esb", "ib700"] },
    action: {
      type: "string",
      optional: true,
      enum: ["reset", "shutdown", "poweroff", "pause", "debug", "none"],
    },
  },
};
