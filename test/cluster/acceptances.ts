import { OWN_NAME, type Refusal } from "./refusal.ts";

const DATA = { name: "mp0", path: "/srv", storage: "local-zfs", size: "8Gi" };
const network = (fields: object) => ({ networks: [{ name: "eth0", bridge: "vmbr0", ...fields }] });
const PRINT = `${"AB:".repeat(31)}CD`;

/** Specs that look unusual and are right. `before` is stored first, as in a refusal. */
export const acceptances: readonly (Omit<Refusal, "rule" | "says"> & { readonly what: string })[] = [
  { what: "a percentage", kind: "HomelabLayer", spec: { healthGate: { quorum: "50%" } } },
  { what: "a number as quorum", kind: "HomelabLayer", spec: { healthGate: { quorum: 2 } } },
  {
    what: "whole MiB and no swap",
    kind: "Container",
    spec: { resources: { memory: "1536Mi", swap: "0Mi" } },
  },
  { what: "a fraction of a core", kind: "Container", spec: { resources: { cpuLimit: "1.5" } } },
  {
    what: "a directory of the node",
    kind: "Container",
    spec: { mounts: [{ name: "mp255", path: "/media", hostPath: "/tank" }] },
  },
  {
    what: "a volume that grows",
    kind: "Container",
    before: { mounts: [DATA] },
    spec: { mounts: [{ ...DATA, size: "1Ti" }] },
  },
  {
    what: "a root volume that grows",
    kind: "Container",
    before: { rootfs: { storage: "local", size: "1Gi" } },
    spec: { rootfs: { storage: "local", size: "1536Mi" } },
  },
  { what: "a cluster named later", kind: "Container", before: {}, spec: { clusterRef: { name: "one" } } },
  { what: "no address at all", kind: "Container", spec: network({ ipv4: { method: "None" } }) },
  {
    what: "an address without gateway",
    kind: "Container",
    spec: network({ ipv4: { method: "Static", address: "10.0.0.2/8" } }),
  },
  {
    what: "jumbo frames and a MAC in small letters",
    kind: "Container",
    spec: network({ mtu: 9000, mac: "bc:24:11:00:01:0e" }),
  },
  {
    what: "a guest of the other kind with the same name",
    kind: "Container",
    spec: { dependsOn: [{ kind: "VirtualMachine", name: OWN_NAME }] },
  },
  { what: "a host name with capitals and a domain", kind: "VirtualMachine", spec: { hostname: "HAOS.home.arpa" } },
  { what: "an IPv6 network", kind: "NetworkSegment", spec: { cidr: "fd00:20::/64", gateway: "fd00:20::1" } },
  { what: "an SDN network as bridge", kind: "NetworkSegment", spec: { proxmox: { bridge: "servers" } } },
  {
    what: "an endpoint by IPv6 address and slash",
    kind: "ProxmoxCluster",
    spec: { endpoints: ["https://[fd00::10]:8006/"] },
  },
  {
    what: "fingerprints beside an explicit no",
    kind: "ProxmoxCluster",
    spec: { tls: { fingerprints: [PRINT], insecureSkipVerify: false } },
  },
  {
    what: "a network on Omada alone",
    kind: "NetworkSegment",
    spec: { proxmox: undefined, omada: {}, vlan: 20, gateway: "192.168.20.1" },
  },
  { what: "a VLAN without gateway", kind: "NetworkSegment", spec: { omada: {}, purpose: "VLAN", vlan: 20 } },
  { what: "a MAC as on the label", kind: "NetworkDevice", spec: { mac: "1C-61-B4-2C-1B-E3" } },
  { what: "no protected guest", kind: "ProxmoxCluster", spec: { protectedVmids: [] } },
];
