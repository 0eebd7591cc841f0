import { z } from "zod";
import { flag, integer, listMap, oneOf, ref, set, suspend, text, withRules, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf } from "./kind.ts";
import {
  controllerRef,
  drift,
  driftPolicyOf,
  creating,
  lastHandledReconcileAt,
  macPattern,
  portNumber,
} from "./omadaFields.ts";

const speed = integer(
  "Speed of the link in Mbit/s that is expected, such as 1000 for 1000FDX; a slower one is said. Absent, or where Omada does not tell the speed: not compared.",
  10,
  100_000,
);

const uplink = z
  .object({
    deviceRef: ref("The NetworkDevice it hangs on.", "NetworkDevice"),
    port: portNumber("Port of that device. Absent: not compared.").exactOptional(),
    speedMbps: speed.exactOptional(),
    localPort: portNumber(
      "Port of this device that the cable is in. Omada does not tell it; declared, it is never cut off, and the other ports may be changed although nothing is known of what hangs on them.",
    ).exactOptional(),
  })
  .describe("Where its cable goes. Compared with what is seen, never changed. Absent: not compared.");

const port = withRules(
  z.object({
    number: portNumber("Number of the port."),
    name: word("Name shown in Omada. Absent: not managed.", 128).exactOptional(),
    nativeSegmentRef: ref(
      "NetworkSegment of the port's untagged frames. Absent: the port's networks are not managed.",
      "NetworkSegment",
    ).exactOptional(),
    taggedSegmentRefs: set(
      "Names of the NetworkSegments that are carried tagged; written with nativeSegmentRef. Absent: none.",
      word("Name of a NetworkSegment."),
      64,
    ).exactOptional(),
    enabled: flag("Whether the port is on. Absent: not managed.").exactOptional(),
  }),
  {
    rule: "has(self.nativeSegmentRef) || !has(self.taggedSegmentRefs)",
    message: "taggedSegmentRefs needs nativeSegmentRef: what the port carries is declared as a whole",
  },
);

const radio = z.object({
  band: oneOf("The band.", ["2.4GHz", "5GHz", "6GHz"]),
  enabled: flag("Whether the radio is on. Absent: not managed.").exactOptional(),
  channel: integer(
    "Channel number; 0 lets Omada choose. Absent: not managed. A change disconnects the radio's clients for a moment.",
    0,
    233,
  ).exactOptional(),
  widthMHz: integer("Channel width in MHz: 20, 40, 80 or 160. Absent: not managed.", 20, 160).exactOptional(),
  power: oneOf("Transmit power. Absent: not managed.", ["Low", "Medium", "High", "Auto"]).exactOptional(),
});

export const NetworkDevice = defineKind({
  kind: "NetworkDevice",
  plural: "networkdevices",
  shortNames: ["hdev"],
  description:
    "A gateway, switch or access point of an Omada site, known by its MAC: its model and wiring are checked, its ports and radios kept as declared.",
  spec: z.object({
    controllerRef,
    mac: withRules(z.string().max(17), macPattern).describe(
      "MAC address, as on its label. It is the device's identity.",
    ),
    role: oneOf("What it is. Compared with what is seen.", ["Gateway", "Switch", "AccessPoint"]),
    model: word(
      "Model as Omada shows it, such as SG3428. Compared, so that a wrong MAC is noticed before anything is written. Absent: not compared.",
      64,
    ).exactOptional(),
    displayName: word("Name shown in Omada. Absent: not managed.", 128).exactOptional(),
    uplink: uplink.exactOptional(),
    ports: listMap("Ports of a switch; what is not listed is not managed.", port, {
      keys: ["number"],
      max: 64,
    }).exactOptional(),
    radios: listMap("Radios of an access point; what is not listed is not managed.", radio, {
      keys: ["band"],
      max: 3,
    }).exactOptional(),
    wan: listMap(
      "WAN ports of a gateway. Watched, never changed.",
      z.object({
        name: word("Name of the port in Omada, such as WAN1.", 64),
        expectLink: flag("Whether a cable with link is expected. Absent: yes.").exactOptional(),
        speedMbps: speed.exactOptional(),
      }),
      { keys: ["name"], max: 8 },
    ).exactOptional(),
    driftPolicy: driftPolicyOf("Report, for a device is never created, only found"),
    suspend,
  }),
  status: z.object({
    online: flag("Whether the device is connected to its controller.").exactOptional(),
    model: text("Model that is seen.", 64).exactOptional(),
    firmware: text("Firmware version.", 128).exactOptional(),
    address: text("Its IP address.", 64).exactOptional(),
    uplink: z
      .object({
        device: text("Name of the device it hangs on.", 253),
        port: portNumber("Port of that device.").exactOptional(),
      })
      .describe("Where its cable goes, as seen.")
      .exactOptional(),
    ports: listMap(
      "The declared ports.",
      z.object({
        number: portNumber("Number of the port."),
        link: oneOf("Whether it has link.", ["Up", "Down", "Unknown"]),
        written: text("Networks that were last written to it, where they cannot be read back.", 1024).exactOptional(),
      }),
      { keys: ["number"], max: 64 },
    ).exactOptional(),
    wan: listMap(
      "WAN ports as seen.",
      z.object({
        name: word("Name of the port.", 64),
        link: flag("Whether it has link."),
        online: flag("Whether the Internet answers through it."),
        address: text("Its address.", 64).exactOptional(),
      }),
      { keys: ["name"], max: 8 },
    ).exactOptional(),
    profiles: listMap(
      "Switch port profiles that this object made (5.x, where a port has its networks from one). Each is deleted when no port uses it any more.",
      z.object({
        profileId: word("Id of the profile.", 64),
        name: text("Name it was made under.", 128),
      }),
      { keys: ["profileId"], max: 64 },
    ).exactOptional(),
    creating,
    drift,
    lastHandledReconcileAt,
    summary: z
      .object({
        uplink: text(
          'Where its cable goes: "Cerebro:24"; of a gateway its WAN: "WAN1", "WAN1 down".',
          128,
        ).exactOptional(),
      })
      .describe("Short texts for the columns of kubectl get.")
      .exactOptional(),
  }),
  columns: [
    { name: "Role", type: "string", path: ".spec.role", description: "What it is." },
    { name: "Model", type: "string", path: ".status.model", description: "Model that is seen." },
    {
      name: "Uplink",
      type: "string",
      path: ".status.summary.uplink",
      description: "Device and port it hangs on; of a gateway its WAN.",
    },
    {
      name: "Online",
      type: "string",
      path: '.status.conditions[?(@.type=="Online")].status',
      description: "Whether it is connected to its controller.",
    },
  ],
  conditions: [
    { type: "Online", means: "The device is connected to its controller." },
    { type: "WiringAsDeclared", means: "Its cable, and those of its WAN ports, are where they are declared." },
    {
      type: "PortsVerified",
      means:
        "The networks of the declared ports are read back and as declared. Unknown/NeedsWebSession where Omada does not tell them without a web session.",
    },
  ],
  selectableFields: [],
  rules: [],
});

export type NetworkDevice = ObjectOf<typeof NetworkDevice>;
