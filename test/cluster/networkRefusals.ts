import type { Refusal } from "./refusal.ts";

const kind = "Container";
const network = (fields: object): { readonly networks: readonly object[] } => ({
  networks: [{ name: "eth0", bridge: "vmbr0", ...fields }],
});
const fixed = { method: "Static", address: "192.168.0.2/24" };
const GATEWAY = "a gateway is an IPv4 address without prefix length: write 192.168.0.1";
const ADDRESS = "an address is IPv4 with its prefix length: write 192.168.0.2/24, not 192.168.0.2";

/** About the network interfaces of a Container. */
export const networkRefusals: readonly Refusal[] = [
  { kind, rule: "an interface is named as Linux names it, such as eth0", spec: network({ name: "0eth" }) },
  {
    kind,
    rule: "an interface has exactly one of segmentRef and bridge",
    spec: network({ segmentRef: { name: "lan" } }),
  },
  { kind, rule: "an interface has exactly one of segmentRef and bridge", spec: { networks: [{ name: "eth0" }] } },
  {
    kind,
    rule: "vlan and mtu come from the NetworkSegment: write them there, or write bridge instead of segmentRef",
    spec: { networks: [{ name: "eth0", segmentRef: { name: "lan" }, vlan: 20 }] },
  },
  { kind, rule: "a bridge is named as in Proxmox, such as vmbr0", spec: network({ bridge: "my bridge" }) },
  { kind, rule: "mtu is from 576 to 9000 bytes: 1500 is usual, 9000 a jumbo frame", spec: network({ mtu: 9216 }) },
  ...["192.168.0.2", "fd00::2/64", "192.168.0.300/24"].map((address) => ({
    kind,
    rule: ADDRESS,
    spec: network({ ipv4: { method: "Static", address } }),
  })),
  { kind, rule: GATEWAY, spec: network({ ipv4: { ...fixed, gateway: "192.168.0/24" } }) },
  {
    kind,
    rule: "gateway lies outside the network of the address",
    spec: network({ ipv4: { ...fixed, gateway: "10.0.0.1" } }),
  },
  {
    kind,
    rule: "address is written with method Static, and only then",
    spec: network({ ipv4: { method: "Static" } }),
  },
  {
    kind,
    rule: "address is written with method Static, and only then",
    spec: network({ ipv4: { address: "192.168.0.2/24" } }),
  },
  {
    kind,
    rule: "gateway is written with method Static, and only then",
    spec: network({ ipv4: { method: "DHCP", gateway: "192.168.0.1" } }),
  },
  ...["01:00:5E:00:00:01", "BC-24-11-00-01-01", "BC:24:11:00:01"].map((mac) => ({
    kind,
    rule: "a MAC address is unicast and written with colons: BC:24:11:00:01:01; its second digit is even (0 2 4 6 8 A C E)",
    spec: network({ mac }),
  })),
];
