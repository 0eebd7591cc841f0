import { z } from "zod";
import { integer, list, listMap, oneOf, ref, suspend, text, withRules, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf } from "./kind.ts";
import {
  adoptionOf,
  controllerRef,
  creating,
  deletionPolicyOf,
  drift,
  driftPolicyOf,
  lastHandledReconcileAt,
  macPattern,
} from "./omadaFields.ts";

const member = z.object({
  name: word("Name of the client; shown in Omada as its name.", 128),
  mac: withRules(z.string().max(17), macPattern).describe("MAC address of the client."),
  address: withRules(z.string().max(18), {
    rule: "isIP(self) && ip(self).family() == 4",
    message: "an address is IPv4 without prefix length: write 192.168.0.50",
  })
    .describe("Address that DHCP keeps for it, within its segment. Absent: no reservation is managed.")
    .exactOptional(),
  segmentRef: ref("NetworkSegment of its address. Default: the group's.", "NetworkSegment").exactOptional(),
});

export const ClientGroup = defineKind({
  kind: "ClientGroup",
  plural: "clientgroups",
  shortNames: ["hclients"],
  description:
    "Clients that belong together: which are expected and which are there, their names and the addresses DHCP keeps for them.",
  spec: withRules(
    z.object({
      controllerRef,
      connection: oneOf("How they are connected. Absent: either way.", ["Wired", "WiFi"]).exactOptional(),
      expected: integer("How many are expected online. Absent: the members.", 0, 10_000).exactOptional(),
      deviceRef: ref("The switch or access point they hang on. Absent: any.", "NetworkDevice").exactOptional(),
      ssid: word("SSID they use. Absent: any.", 32).exactOptional(),
      segmentRef: ref("NetworkSegment they are in. Absent: any.", "NetworkSegment").exactOptional(),
      members: listMap("The clients by name.", member, { keys: ["name"], max: 256 }).exactOptional(),
      adoption: adoptionOf("a reservation for a member's MAC"),
      deletionPolicy: deletionPolicyOf("each reservation made for a member"),
      driftPolicy: driftPolicyOf("Correct for reservations that carry this object's mark; names are not changed"),
      suspend,
    }),
    {
      rule: "!has(self.members) || self.members.all(m, !has(m.address) || has(m.segmentRef) || has(self.segmentRef))",
      message: "a member with an address needs a segmentRef, its own or the group's",
      fieldPath: ".members",
    },
  ),
  status: z.object({
    missing: list(
      "Members that have not been seen for a while; their names.",
      word("A name.", 128),
      256,
    ).exactOptional(),
    unknown: list(
      "Clients in the group's place that are no members, by MAC and name; the first 64.",
      text("A client.", 256),
      64,
    ).exactOptional(),
    creating,
    drift,
    lastHandledReconcileAt,
    summary: z
      .object({
        online: text('How many are online of those expected: "7/7".', 32).exactOptional(),
        missing: text('How many members are missing: "1".', 16).exactOptional(),
        unknown: text('How many clients are no members: "2".', 16).exactOptional(),
      })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "Connection", type: "string", path: ".spec.connection", description: "How they are connected." },
    {
      name: "Online",
      type: "string",
      path: ".status.summary.online",
      description: "How many are online of those expected.",
    },
    { name: "Missing", type: "string", path: ".status.summary.missing", description: "Members that are not seen." },
    { name: "Unknown", type: "string", path: ".status.summary.unknown", description: "Clients that are no members." },
  ],
  conditions: [
    { type: "MembersOnline", means: "Every member is seen, and as many clients as are expected." },
    { type: "ConfigInSync", means: "Omada has the names and reservations as declared." },
  ],
  selectableFields: [],
  rules: [],
});

export type ClientGroup = ObjectOf<typeof ClientGroup>;
