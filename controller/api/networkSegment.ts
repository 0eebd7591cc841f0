import { z } from "zod";
import { bridgeName, mtu } from "./interfaceFields.ts";
import { flag, integer, listMap, oneOf, ref, suspend, text, withRules, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";
import {
  adoptionOf,
  controllerRef,
  CREATED_OR_ADOPTED,
  creating,
  deletionPolicyOf,
  drift,
  driftPolicyOf,
  lastHandledReconcileAt,
} from "./omadaFields.ts";
import { segmentDhcp, segmentRules } from "./segmentFields.ts";

export const NetworkSegment = defineKind({
  kind: "NetworkSegment",
  plural: "networksegments",
  shortNames: ["hnet"],
  description:
    "One network, on both sides: a bridge of the Proxmox nodes with VLAN tag and MTU, which is checked and never changed, and a LAN network of an Omada site, which is created or adopted and kept as declared.",
  spec: withRules(
    z.object({
      vlan: integer(
        "VLAN tag of the guests' interfaces; absent: untagged. Unique in the namespace (VlanTaken). A change is written to containers that exist where their driftPolicy says so.",
        1,
        4094,
      ).exactOptional(),
      cidr: withRules(z.string().max(43), {
        rule: "isCIDR(self) && cidr(self) == cidr(self).masked()",
        message: "cidr is the network's own address with its prefix length: write 192.168.20.0/24, not 192.168.20.1/24",
      }).describe("Addresses of the network. May not overlap another segment of the namespace (CidrOverlaps)."),
      gateway: withRules(z.string().max(39), {
        rule: "isIP(self)",
        message: "gateway is an IP address without prefix length: write 192.168.20.1",
      })
        .describe(
          "Address of the router, within cidr. Guests with a static address in its network and no gateway of their own get it when they are created, and again when it is missing, as their driftPolicy says; another one is only told. On Omada it is the gateway's own address.",
        )
        .exactOptional(),
      mtu: mtu(
        "MTU in bytes of the guests' interfaces; checked against the bridge, which must carry as much. Absent: the bridge's. A change is written to containers that exist where their driftPolicy says so, and in effect with their next start.",
      ).exactOptional(),
      proxmox: z
        .object({
          clusterRef: ref(
            "The ProxmoxCluster the bridge is on. May be left out while the namespace has exactly one.",
            "ProxmoxCluster",
          ).exactOptional(),
          bridge: bridgeName(
            "The bridge of the nodes. It must exist; with vlan it must be VLAN-aware. A change is checked at once and applies to containers created afterwards.",
          ),
        })
        .describe("The network on the Proxmox side. Absent: guests cannot be attached to it.")
        .exactOptional(),
      omada: z
        .object({
          controllerRef,
          networkName: word("Name of the network in Omada. Default: the object's name.", 128).exactOptional(),
        })
        .describe("The network on the Omada side. Absent: Proxmox side only.")
        .exactOptional(),
      purpose: oneOf(
        "Omada: Interface gives the gateway an address in it, with DHCP if asked; VLAN is layer 2 only. Absent: not compared, and Interface at creation.",
        ["Interface", "VLAN"],
      ).exactOptional(),
      dhcp: segmentDhcp.exactOptional(),
      isolated: flag(
        "Omada: whether it is kept apart from the other networks of the site. Absent: not managed.",
      ).exactOptional(),
      adoption: adoptionOf("a network of this name and VLAN"),
      deletionPolicy: deletionPolicyOf("the network"),
      driftPolicy: driftPolicyOf(CREATED_OR_ADOPTED),
      suspend,
    }),
    {
      rule: "!has(self.gateway) || !isIP(self.gateway) || !isCIDR(self.cidr) || cidr(self.cidr).containsIP(self.gateway)",
      message: "gateway lies outside cidr",
      messageExpression: "'gateway ' + self.gateway + ' lies outside cidr ' + self.cidr",
      fieldPath: ".gateway",
    },
    ...segmentRules,
  ),
  status: z.object({
    proxmox: z
      .object({
        nodes: listMap(
          "The bridge as each node has it.",
          z.object({
            name: word("Name of the node.", 64),
            bridge: text("Name of the bridge; empty when the node has none.", 64),
            vlanAware: z.boolean().describe("Whether the bridge carries VLAN tags."),
            mtu: integer("MTU of the bridge in bytes.", 0, 65_535).exactOptional(),
          }),
          { keys: ["name"], max: 64 },
        ).exactOptional(),
      })
      .describe("What was seen on the Proxmox side.")
      .exactOptional(),
    omada: z
      .object({
        networkId: word("Id of the network.", 64),
        name: text("Name it was bound under.", 128),
        vlan: integer("VLAN it was bound under.", 1, 4094).exactOptional(),
        created: flag("Whether this object created it.").exactOptional(),
      })
      .describe("The network in Omada that is this object's.")
      .exactOptional(),
    creating,
    drift,
    lastHandledReconcileAt,
    summary: z
      .object({ members: text("Guests attached to it.", 32).exactOptional() })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "VLAN", type: "integer", path: ".spec.vlan", description: "VLAN tag; empty: untagged." },
    { name: "CIDR", type: "string", path: ".spec.cidr", description: "Addresses." },
    {
      name: "Proxmox",
      type: "string",
      path: '.status.conditions[?(@.type=="ProxmoxReady")].status',
      description: "Whether every node has the bridge as declared.",
    },
    {
      name: "Omada",
      type: "string",
      path: '.status.conditions[?(@.type=="OmadaReady")].status',
      description: "Whether Omada has the network as declared.",
    },
    { name: "Members", type: "string", path: ".status.summary.members", description: "Guests attached to it." },
  ],
  conditions: [
    {
      type: "ProxmoxReady",
      means: "Every node that guests may use has the bridge, VLAN-aware and with the MTU as declared.",
    },
    { type: "OmadaReady", means: "Omada has the network, and every declared value of it." },
    {
      type: "AddressesFit",
      means:
        "False when a Static address of a guest lies outside the segment, in the range DHCP gives away, is the gateway or is taken twice; absent otherwise.",
    },
  ],
  selectableFields: [],
  rules: [],
});

export type NetworkSegment = ObjectOf<typeof NetworkSegment>;
export type NetworkSegmentStatus = StatusOf<typeof NetworkSegment>;
