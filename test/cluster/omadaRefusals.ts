import type { Refusal } from "./refusal.ts";

const MAC = "a MAC address has six pairs of hex digits: write 1C:61:B4:2C:1B:E3 or 1C-61-B4-2C-1B-E3";
const CIDR = "cidr is an IPv4 network with its prefix length: write 192.168.20.0/24, or 192.168.20.5/32 for one host";
const range = { start: "192.168.20.100", end: "192.168.20.200" };

const segments: readonly Omit<Refusal, "kind">[] = [
  {
    rule: "a NetworkSegment has a proxmox side, an omada side, or both",
    spec: { proxmox: undefined },
  },
  { rule: "dhcp.start and dhcp.end are written together", spec: { dhcp: { start: range.start } } },
  { rule: "the DHCP range lies outside cidr", spec: { dhcp: { ...range, end: "192.168.30.200" } } },
  {
    rule: "a network of purpose VLAN has no DHCP on Omada: write purpose: Interface, or take dhcp out",
    spec: { purpose: "VLAN", dhcp: range },
  },
  {
    rule: "a network with an interface on Omada needs gateway, the address of that interface; or write purpose: VLAN",
    spec: { omada: {} },
  },
  {
    rule: "dhcp.start is an IPv4 address without prefix length: write 192.168.20.100",
    spec: { dhcp: { start: "192.168.20", end: range.end } },
  },
  {
    rule: "dhcp.end is an IPv4 address without prefix length: write 192.168.20.200",
    spec: { dhcp: { start: range.start, end: "last" } },
  },
  { rule: "a name server is an IPv4 address: write 192.168.20.1", spec: { dhcp: { dns: ["dns.home"] } } },
];

const controllers: readonly Omit<Refusal, "kind">[] = [
  {
    rule: "an endpoint is https, host and port, nothing more: write https://192.168.0.2:8043",
    spec: { endpoint: "http://192.168.0.2:8088" },
  },
  {
    rule: "tls has at most one of caRef, fingerprints and insecureSkipVerify",
    spec: { tls: { caRef: { name: "ca", key: "ca.crt" }, insecureSkipVerify: true } },
  },
  {
    rule: "a fingerprint is SHA-256 as a browser shows it in the certificate's details: 32 pairs of digits 0-9 A-F with colons",
    spec: { tls: { fingerprints: ["ab:cd"] } },
  },
];

const rules: readonly Omit<Refusal, "kind">[] = [
  { rule: CIDR, spec: { from: { cidr: "192.168.20.5/24" } } },
  { rule: "from has exactly one of segmentRef, cidr and any", spec: { from: {} } },
  {
    rule: "to has exactly one of segmentRef, cidr, any and internet",
    spec: { to: { any: true, internet: true } },
  },
  {
    rule: 'a port is a number or a range, in quotes: write "443" or "8000-8100"',
    spec: { protocol: "TCP", ports: ["https"] },
  },
  { rule: "ports need protocol TCP, UDP or TCP+UDP", spec: { ports: ["443"] } },
  {
    rule: "to.internet is for table Gateway: only the gateway sees what leaves",
    spec: { table: "Switch", to: { internet: true } },
  },
  {
    rule: "a rule that denies everything to everybody would cut off the lab: name a network on one side",
    spec: { from: { any: true }, to: { any: true } },
  },
];

const members = [{ name: "phone", mac: "AA:00:00:00:00:01", address: "192.168.30.60" }];

const groups: readonly Omit<Refusal, "kind">[] = [
  { rule: MAC, spec: { members: [{ name: "phone", mac: "AA0000000001" }] } },
  {
    rule: "an address is IPv4 without prefix length: write 192.168.0.50",
    spec: { segmentRef: { name: "iot" }, members: [{ ...members[0], address: "192.168.30.60/24" }] },
  },
  { rule: "a member with an address needs a segmentRef, its own or the group's", spec: { members } },
];

function of(kind: string, refusals: readonly Omit<Refusal, "kind">[]): readonly Refusal[] {
  return refusals.map((refusal) => ({ kind, ...refusal }));
}

/** About the kinds of the network. */
export const omadaRefusals: readonly Refusal[] = [
  ...of("NetworkSegment", segments),
  ...of("OmadaController", controllers),
  ...of("AccessRule", rules),
  ...of("ClientGroup", groups),
  { kind: "NetworkDevice", rule: MAC, spec: { mac: "1C:61" } },
  {
    kind: "NetworkDevice",
    rule: "taggedSegmentRefs needs nativeSegmentRef: what the port carries is declared as a whole",
    spec: { ports: [{ number: 1, taggedSegmentRefs: ["servers"] }] },
  },
  { kind: "WirelessNetwork", rule: "an SSID neither begins nor ends with a space", spec: { ssid: " home" } },
  {
    kind: "WirelessNetwork",
    rule: "an open network has no passphrase: take passphraseRef out, or write another mode",
    spec: { security: { mode: "Open", passphraseRef: { name: "wifi", key: "passphrase" } } },
  },
];
