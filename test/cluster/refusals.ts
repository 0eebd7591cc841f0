import { machineRefusals } from "./machineRefusals.ts";
import { networkRefusals } from "./networkRefusals.ts";
import { omadaRefusals } from "./omadaRefusals.ts";
import { OWN_NAME } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { snapshotRefusals } from "./snapshotRefusals.ts";

const CLUSTER_FIXED =
  "clusterRef can be neither changed nor removed once written: a guest of another cluster is another guest";
const HANDLERS = "a probe has exactly one of tcpSocket, httpGet, dns, ntp, postgres";
const SIZE = "a size is a whole number with Mi, Gi or Ti: write 8Gi, not 8G, and 1536Mi, not 1.5Gi";
const DATA = { name: "mp0", path: "/srv", storage: "local-zfs", size: "8Gi" };
const PATH = "a path is absolute, without . or .. parts, double slashes, commas or a slash at the end: write /srv/data";

function ofGuest(kind: "Container" | "VirtualMachine"): readonly Refusal[] {
  return [
    {
      kind,
      rule: "vmid is immutable: a guest with another number is another guest; declare it as another object",
      before: {},
      spec: { vmid: 999 },
    },
    { kind, rule: CLUSTER_FIXED, before: { clusterRef: { name: "one" } }, spec: { clusterRef: { name: "two" } } },
    { kind, rule: CLUSTER_FIXED, before: { clusterRef: { name: "one" } }, spec: {} },
    {
      kind,
      rule: "a guest cannot depend on itself: take its own name out of dependsOn",
      spec: { dependsOn: [{ kind, name: OWN_NAME }] },
    },
    {
      kind,
      rule: "a host name has letters, digits and hyphens only: write twingate-connector, not Twingate Connector",
      spec: { hostname: "Twingate Connector" },
    },
    { kind, rule: HANDLERS, spec: { probes: [{ name: "none" }] } },
    { kind, rule: HANDLERS, spec: { probes: [{ name: "two", tcpSocket: { port: 80 }, httpGet: { port: 80 } }] } },
    {
      kind,
      rule: "path starts with a slash: write /healthz, not healthz",
      spec: { probes: [{ name: "web", httpGet: { port: 80, path: "healthz" } }] },
    },
  ];
}

function ofSizes(): readonly Refusal[] {
  const kind = "Container";
  return [
    ...["8G", "8", "1.5Gi", "1000Ki", "8gi", "-1Gi"].map((memory) => ({
      kind,
      rule: SIZE,
      spec: { resources: { memory } },
    })),
    { kind, rule: SIZE, spec: { resources: { swap: "1G" } } },
    { kind, rule: SIZE, spec: { rootfs: { storage: "local", size: "8G" } } },
    { kind, rule: SIZE, spec: { mounts: [{ ...DATA, size: "32G" }] } },
    {
      kind,
      rule: "rootfs never moves to another storage by itself: move the volume in Proxmox first, then declare the object anew",
      before: { rootfs: { storage: "local", size: "8Gi" } },
      spec: { rootfs: { storage: "other", size: "8Gi" } },
    },
    {
      kind,
      rule: "rootfs grows and never shrinks",
      before: { rootfs: { storage: "local", size: "1536Mi" } },
      spec: { rootfs: { storage: "local", size: "1024Mi" } },
    },
    {
      kind,
      rule: "a mount grows and never shrinks",
      before: { mounts: [DATA] },
      spec: { mounts: [{ ...DATA, size: "4Gi" }] },
    },
  ];
}

function ofMounts(): readonly Refusal[] {
  const kind = "Container";
  const mounts = (...items: readonly object[]): { readonly mounts: readonly object[] } => ({ mounts: items });
  return [
    { kind, rule: "a mount is named as Proxmox names its key: mp0 to mp255", spec: mounts({ ...DATA, name: "mp256" }) },
    ...["srv", "/srv/", "/srv/../etc", "/a//b", "/a,b"].map((path) => ({
      kind,
      rule: PATH,
      spec: mounts({ ...DATA, path }),
    })),
    {
      kind,
      rule: "a mount has exactly one of storage and hostPath",
      spec: mounts({ ...DATA, hostPath: "/tank" }),
    },
    {
      kind,
      rule: "a mount with storage needs a size, one with hostPath has none",
      spec: mounts({ name: "mp0", path: "/srv", storage: "local" }),
    },
    { kind, rule: "two mounts have the same path", spec: mounts(DATA, { ...DATA, name: "mp1" }) },
  ];
}

function ofContainer(): readonly Refusal[] {
  const kind = "Container";
  return [
    {
      kind,
      rule: "a template is written as Proxmox lists it: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
      spec: { template: "debian-12" },
    },
    ...["150%", "9000", "-1"].map((cpuLimit) => ({
      kind,
      rule: 'cpuLimit is a number of cores in quotes, at most 8192: write "1.5", not "150%"; "0" is no limit',
      spec: { resources: { cpuLimit } },
    })),
    { kind, rule: "a name server is an IP address: write 192.168.0.1", spec: { dns: { nameservers: ["router"] } } },
  ];
}

function ofCluster(): readonly Refusal[] {
  const kind = "ProxmoxCluster";
  const PRINT = `${"AB:".repeat(31)}CD`;
  const urls = ["http://pve:8006", "192.168.0.10:8006", "https://pve:8006/api2/json", "https://pve:8006?x=1"];
  const two = "tls has at most one of caRef, fingerprints and insecureSkipVerify";
  return [
    ...urls.map((url) => ({
      kind,
      rule: "an endpoint is https, host and port, nothing more: write https://192.168.0.10:8006",
      spec: { endpoints: [url] },
    })),
    ...[PRINT.toLowerCase(), PRINT.slice(3), PRINT.replaceAll(":", "")].map((print) => ({
      kind,
      rule: "a fingerprint is SHA-256 as the Proxmox UI shows it under node, System, Certificates: 32 pairs of digits 0-9 A-F with colons",
      spec: { tls: { fingerprints: [print] } },
    })),
    { kind, rule: two, spec: { tls: { fingerprints: [PRINT], insecureSkipVerify: true } } },
    { kind, rule: two, spec: { tls: { fingerprints: [PRINT], caRef: { name: "ca", key: "ca.crt" } } } },
  ];
}

function ofSegment(): readonly Refusal[] {
  const kind = "NetworkSegment";
  return [
    ...["192.168.20.1/24", "192.168.20.0", "home"].map((cidr) => ({
      kind,
      rule: "cidr is the network's own address with its prefix length: write 192.168.20.0/24, not 192.168.20.1/24",
      spec: { cidr },
    })),
    {
      kind,
      rule: "gateway is an IP address without prefix length: write 192.168.20.1",
      spec: { gateway: "192.168.20.1/24" },
    },
    {
      kind,
      rule: "gateway lies outside cidr",
      says: "gateway 192.168.21.1 lies outside cidr 192.168.20.0/24",
      spec: { gateway: "192.168.21.1" },
    },
    { kind, rule: "mtu is from 576 to 9000 bytes: 1500 is usual, 9000 a jumbo frame", spec: { mtu: 500 } },
    { kind, rule: "a bridge is named as in Proxmox, such as vmbr0", spec: { proxmox: { bridge: "-" } } },
  ];
}

function ofLayer(): readonly Refusal[] {
  const kind = "HomelabLayer";
  return [
    ...["50", "101%", "half", "-1%", -1].map((quorum) => ({
      kind,
      rule: 'quorum is a number of members or a percentage from "0%" to "100%": write 2 or "50%"',
      spec: { healthGate: { quorum } },
    })),
    {
      kind,
      rule: "a layer cannot depend on itself: take its own name out of dependsOn",
      spec: { dependsOn: [{ name: OWN_NAME }] },
    },
  ];
}

export const refusals: readonly Refusal[] = [
  ...ofCluster(),
  ...ofSegment(),
  ...ofLayer(),
  ...ofGuest("Container"),
  ...ofSizes(),
  ...ofMounts(),
  ...networkRefusals,
  ...omadaRefusals,
  ...ofContainer(),
  ...ofGuest("VirtualMachine"),
  ...machineRefusals,
  ...snapshotRefusals,
];
