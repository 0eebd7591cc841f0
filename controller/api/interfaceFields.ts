import { z } from "zod";
import type { Rule } from "./kind.ts";
import { flag, integer, oneOf, ref, withRules } from "./fields.ts";

const ipv4 = withRules(
  z.object({
    method: oneOf("How the address is got: from a DHCP server, as written here, or not at all.", [
      "DHCP",
      "Static",
      "None",
    ]).default("DHCP"),
    address: withRules(z.string().max(18), {
      rule: "isCIDR(self) && cidr(self).ip().family() == 4",
      message: "an address is IPv4 with its prefix length: write 192.168.0.2/24, not 192.168.0.2",
    })
      .describe("Address with prefix length. Needed with Static.")
      .exactOptional(),
    gateway: withRules(z.string().max(15), {
      rule: "isIP(self) && ip(self).family() == 4",
      message: "a gateway is an IPv4 address without prefix length: write 192.168.0.1",
    })
      .describe(
        "Default gateway, within the address's network. Only with Static. Absent: not compared; at creation the gateway of the NetworkSegment, where it lies in that network.",
      )
      .exactOptional(),
  }),
  {
    rule: "(has(self.method) && self.method == 'Static') == has(self.address)",
    message: "address is written with method Static, and only then",
  },
  {
    rule: "!has(self.gateway) || has(self.address)",
    message: "gateway is written with method Static, and only then",
  },
  {
    rule: "!has(self.gateway) || !has(self.address) || !isCIDR(self.address) || !isIP(self.gateway) || cidr(self.address).containsIP(self.gateway)",
    message: "gateway lies outside the network of the address",
  },
).describe("IPv4 configuration. Absent: not compared, and DHCP at creation.");

/** A Linux bridge or SDN vnet, as Proxmox accepts its name. */
export function bridgeName(description: string): z.ZodString {
  return withRules(z.string().max(20), {
    rule: "self.matches('^[A-Za-z][A-Za-z0-9_]{1,19}([:.][0-9]+)?$')",
    message: "a bridge is named as in Proxmox, such as vmbr0",
  }).describe(description);
}

/** An MTU in bytes. */
export function mtu(description: string): z.ZodInt {
  return withRules(z.int().describe(description), {
    rule: "self >= 576 && self <= 9000",
    message: "mtu is from 576 to 9000 bytes: 1500 is usual, 9000 a jumbo frame",
  });
}

/** What an interface of any guest says beyond its name. */
export const interfaceFields = {
  segmentRef: ref(
    "The NetworkSegment it is attached to; bridge, VLAN tag and MTU come from there. Either this or bridge.",
    "NetworkSegment",
  ).exactOptional(),
  bridge: bridgeName("Bridge of the node it is attached to. Either this or segmentRef.").exactOptional(),
  vlan: integer("VLAN tag; absent: not compared, and untagged at creation. Only with bridge.", 1, 4094).exactOptional(),
  mtu: mtu(
    `MTU in bytes; absent: not compared, and the bridge's at creation. Only with bridge. A change is in effect with the next start (updatePolicy).`,
  ).exactOptional(),
  ipv4: ipv4.exactOptional(),
  mac: withRules(z.string().max(17), {
    rule: "self.matches('^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$')",
    message:
      "a MAC address is unicast and written with colons: BC:24:11:00:01:01; its second digit is even (0 2 4 6 8 A C E)",
  })
    .describe("MAC address, unicast. Absent: not compared, and drawn by Proxmox at creation.")
    .exactOptional(),
  firewall: flag(
    "Whether Proxmox's firewall filters the interface. Absent: not compared, and off at creation.",
  ).exactOptional(),
};

export const interfaceRules: readonly Rule[] = [
  {
    rule: "has(self.segmentRef) != has(self.bridge)",
    message: "an interface has exactly one of segmentRef and bridge",
  },
  {
    rule: "!has(self.segmentRef) || (!has(self.vlan) && !has(self.mtu))",
    message: "vlan and mtu come from the NetworkSegment: write them there, or write bridge instead of segmentRef",
  },
];

/** A network interface of a container. */
export const network = withRules(
  z.object({
    name: withRules(z.string().min(2).max(15), {
      rule: "self.matches('^[A-Za-z][A-Za-z0-9_.-]*$')",
      message: "an interface is named as Linux names it, such as eth0",
    }).describe("Name of the interface inside the container, such as eth0."),
    ...interfaceFields,
  }),
  ...interfaceRules,
).describe("A network interface of the container.");
