import { z } from "zod";
import { flag, integer, list, withRules, word } from "./fields.ts";
import type { Rule } from "./kind.ts";

const address = (description: string, message: string) =>
  withRules(z.string().max(18), { rule: "isIP(self) && ip(self).family() == 4", message }).describe(description);

/** DHCP of a network with a gateway interface on Omada. */
export const segmentDhcp = z
  .object({
    enabled: flag("Whether the gateway serves DHCP. Absent: not managed.").exactOptional(),
    start: address(
      "First address of the range, within cidr. Absent: the range is not managed.",
      "dhcp.start is an IPv4 address without prefix length: write 192.168.20.100",
    ).exactOptional(),
    end: address(
      "Last address of the range, within cidr.",
      "dhcp.end is an IPv4 address without prefix length: write 192.168.20.200",
    ).exactOptional(),
    leaseSeconds: integer(
      "Lease in seconds; Omada keeps whole minutes. Absent: not managed.",
      120,
      604_800,
    ).exactOptional(),
    dns: list(
      "Name servers that are handed out, at most two; an empty list is the gateway itself. Absent: not managed.",
      address("An IPv4 address.", "a name server is an IPv4 address: write 192.168.20.1"),
      2,
    ).exactOptional(),
    domain: word("Domain that is handed out. Absent: not managed.", 128).exactOptional(),
  })
  .describe("DHCP of the network on Omada. Absent: not managed, and off at creation.");

/** Over the whole spec. */
export const segmentRules: readonly Rule[] = [
  {
    rule: "has(self.proxmox) || has(self.omada)",
    message: "a NetworkSegment has a proxmox side, an omada side, or both",
  },
  {
    rule: "!has(self.dhcp) || has(self.dhcp.start) == has(self.dhcp.end)",
    message: "dhcp.start and dhcp.end are written together",
    fieldPath: ".dhcp",
  },
  {
    rule: "!has(self.dhcp) || !has(self.dhcp.start) || !has(self.dhcp.end) || !isCIDR(self.cidr) || !isIP(self.dhcp.start) || !isIP(self.dhcp.end) || (cidr(self.cidr).containsIP(self.dhcp.start) && cidr(self.cidr).containsIP(self.dhcp.end))",
    message: "the DHCP range lies outside cidr",
    fieldPath: ".dhcp",
  },
  {
    rule: "!has(self.dhcp) || !has(self.purpose) || self.purpose != 'VLAN'",
    message: "a network of purpose VLAN has no DHCP on Omada: write purpose: Interface, or take dhcp out",
    fieldPath: ".dhcp",
  },
  {
    rule: "!has(self.omada) || has(self.gateway) || (has(self.purpose) && self.purpose == 'VLAN')",
    message:
      "a network with an interface on Omada needs gateway, the address of that interface; or write purpose: VLAN",
    fieldPath: ".gateway",
  },
];
