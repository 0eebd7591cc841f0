import { z } from "zod";
import { bridgeName, mtu } from "./interfaceFields.ts";
import { integer, listMap, ref, suspend, text, withRules, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf, StatusOf } from "./kind.ts";

export const NetworkSegment = defineKind({
  kind: "NetworkSegment",
  plural: "networksegments",
  shortNames: ["hnet"],
  description:
    "One network that guests are attached to: a bridge of the Proxmox nodes, with VLAN tag and MTU. The bridge is checked, never changed.",
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
          "Address of the router, within cidr. Containers with a static address in its network and no gateway of their own get it when they are created.",
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
        .describe("The network on the Proxmox side."),
      suspend,
    }),
    {
      rule: "!has(self.gateway) || !isIP(self.gateway) || !isCIDR(self.cidr) || cidr(self.cidr).containsIP(self.gateway)",
      message: "gateway lies outside cidr",
      messageExpression: "'gateway ' + self.gateway + ' lies outside cidr ' + self.cidr",
      fieldPath: ".gateway",
    },
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
    lastHandledReconcileAt: text(
      "Value of the reconcile-requested-at annotation that was last answered.",
      256,
    ).exactOptional(),
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
    { name: "Members", type: "string", path: ".status.summary.members", description: "Guests attached to it." },
  ],
  conditions: [
    {
      type: "ProxmoxReady",
      means: "Every node that guests may use has the bridge, VLAN-aware and with the MTU as declared.",
    },
  ],
  selectableFields: [],
  rules: [],
});

export type NetworkSegment = ObjectOf<typeof NetworkSegment>;
export type NetworkSegmentStatus = StatusOf<typeof NetworkSegment>;
