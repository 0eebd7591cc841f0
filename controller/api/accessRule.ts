import { z } from "zod";
import { flag, integer, oneOf, ref, set, suspend, text, withRules, word } from "./fields.ts";
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
} from "./omadaFields.ts";

const cidr = withRules(z.string().max(18), {
  rule: "isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()",
  message: "cidr is an IPv4 network with its prefix length: write 192.168.20.0/24, or 192.168.20.5/32 for one host",
}).describe("An IPv4 network, or one host with /32.");

const ONE_OF = "has exactly one of segmentRef, cidr and any";

const from = withRules(
  z.object({
    segmentRef: ref("A NetworkSegment.", "NetworkSegment").exactOptional(),
    cidr: cidr.exactOptional(),
    any: flag("Everything.").exactOptional(),
  }),
  { rule: "[has(self.segmentRef), has(self.cidr), has(self.any)].filter(h, h).size() == 1", message: `from ${ONE_OF}` },
).describe("Where the traffic comes from.");

const to = withRules(
  z.object({
    segmentRef: ref("A NetworkSegment.", "NetworkSegment").exactOptional(),
    cidr: cidr.exactOptional(),
    any: flag("Everything inside: every network of the site.").exactOptional(),
    internet: flag("Everything outside: what leaves by the gateway's WAN. Gateway only.").exactOptional(),
  }),
  {
    rule: "[has(self.segmentRef), has(self.cidr), has(self.any), has(self.internet)].filter(h, h).size() == 1",
    message: "to has exactly one of segmentRef, cidr, any and internet",
  },
).describe("Where the traffic goes.");

export const AccessRule = defineKind({
  kind: "AccessRule",
  plural: "accessrules",
  shortNames: ["hacl"],
  description:
    "One rule of who may talk to whom: an ACL of an Omada site. Rules of this namespace stand in the order of their priorities; rules of others keep their places.",
  spec: withRules(
    z.object({
      controllerRef,
      enforcedBy: set("Who enforces it.", oneOf("An enforcer.", ["omada"]), 1).exactOptional(),
      table: oneOf(
        "Which devices enforce it. Gateway: between networks and to the Internet, with a memory of connections; Switch: every frame that passes the switches, also within a network, without memory; AccessPoint: what wireless clients send.",
        ["Gateway", "Switch", "AccessPoint"],
      ).default("Gateway"),
      from,
      to,
      protocol: oneOf("Which protocol. TCP+UDP is both.", ["Any", "TCP", "UDP", "TCP+UDP", "ICMP"]).default("Any"),
      ports: set(
        "Destination ports: a number, or a range such as 8000-8100. Absent: all.",
        withRules(z.string().max(11), {
          rule: "self.matches('^[0-9]{1,5}(-[0-9]{1,5})?$')",
          message: 'a port is a number or a range, in quotes: write "443" or "8000-8100"',
        }),
        15,
      )
        .min(1)
        .exactOptional(),
      action: oneOf("What happens to the traffic.", ["Deny", "Allow"]),
      priority: integer(
        "Smaller numbers stand first; the first rule that matches decides. Equal numbers stand in the order of their names.",
        0,
        10_000,
      ).default(1000),
      enabled: flag("Whether the rule is in force.").default(true),
      adoption: adoptionOf(
        "a rule of the same content without a mark",
        "writes this object's mark into its description",
      ),
      deletionPolicy: deletionPolicyOf("the rule, with the groups made for it,"),
      driftPolicy: driftPolicyOf(
        "Correct for what this object created, Report for a rule that was adopted or found again by its mark",
      ),
      suspend,
    }),
    {
      rule: "!has(self.ports) || self.protocol in ['TCP', 'UDP', 'TCP+UDP']",
      message: "ports need protocol TCP, UDP or TCP+UDP",
      fieldPath: ".ports",
    },
    {
      rule: "!has(self.to.internet) || self.table == 'Gateway'",
      message: "to.internet is for table Gateway: only the gateway sees what leaves",
      fieldPath: ".to",
    },
    {
      rule: "self.action != 'Deny' || !has(self.from.any) || !(has(self.to.any) || has(self.to.internet))",
      message: "a rule that denies everything to everybody would cut off the lab: name a network on one side",
    },
  ),
  status: z.object({
    omada: z
      .object({
        ruleId: word("Id of the ACL.", 64),
        name: text("Its mark, which is in its description.", 512),
        created: flag("Whether this object created it.").exactOptional(),
      })
      .describe("The ACL in Omada that is this object's.")
      .exactOptional(),
    creating,
    drift,
    lastHandledReconcileAt,
    summary: z
      .object({
        priority: integer("Its priority.", 0, 10_000).exactOptional(),
        from: text("Where from.", 128).exactOptional(),
        to: text("Where to.", 128).exactOptional(),
      })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    {
      name: "Priority",
      type: "integer",
      path: ".status.summary.priority",
      description: "Smaller numbers stand first.",
    },
    { name: "Action", type: "string", path: ".spec.action", description: "What happens to the traffic." },
    { name: "From", type: "string", path: ".status.summary.from", description: "Where the traffic comes from." },
    { name: "To", type: "string", path: ".status.summary.to", description: "Where the traffic goes." },
  ],
  conditions: [{ type: "ConfigInSync", means: "Omada has every declared value, and the rules stand in order." }],
  selectableFields: [],
  rules: [],
});

export type AccessRule = ObjectOf<typeof AccessRule>;
