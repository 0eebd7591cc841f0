import { z } from "zod";
import { flag, keyRef, oneOf, ref, set, suspend, text, withRules, word } from "./fields.ts";
import { defineKind } from "./kind.ts";
import type { ObjectOf } from "./kind.ts";
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

const security = withRules(
  z.object({
    mode: oneOf("How clients prove themselves.", ["WPA2", "WPA2/WPA3", "WPA3", "Open"]),
    passphraseRef: keyRef(
      "Secret key with the passphrase, 8 to 63 characters. Omada does not tell it, so it is sent at creation and again when the Secret changes. Absent: not managed on an SSID that exists.",
      "Secret",
    ).exactOptional(),
  }),
  {
    rule: "self.mode != 'Open' || !has(self.passphraseRef)",
    message: "an open network has no passphrase: take passphraseRef out, or write another mode",
  },
).describe("How the network is protected.");

export const WirelessNetwork = defineKind({
  kind: "WirelessNetwork",
  plural: "wirelessnetworks",
  shortNames: ["hwlan"],
  description: "An SSID of an Omada site, broadcast by the access points of one WLAN group.",
  spec: z.object({
    controllerRef,
    ssid: withRules(z.string().min(1).max(32), {
      rule: "self.matches('^[^ ].*[^ ]$|^[^ ]$')",
      message: "an SSID neither begins nor ends with a space",
    }).describe("Name that clients see, at most 32 bytes in UTF-8."),
    wlanGroup: word(
      "WLAN group of the site; its access points broadcast it. Absent: the primary group, where access points are by default.",
      128,
    ).exactOptional(),
    deviceRefs: set(
      "Names of the NetworkDevices that broadcast it: these access points and no others. One that is in another WLAN group is moved into this one, and then broadcasts the SSIDs of this group alone; of one that should not be in it the message says so, for where else it belongs only you know. Absent: not managed.",
      word("Name of a NetworkDevice."),
      64,
    )
      .min(1)
      .exactOptional(),
    segmentRef: ref(
      "NetworkSegment its clients land in; one without vlan is the site's default network, which is also the way back there. Absent: not managed, and the default network at creation.",
      "NetworkSegment",
    ).exactOptional(),
    bands: set(
      "Bands it is broadcast on. Absent: not managed, and 2.4GHz and 5GHz at creation.",
      oneOf("A band.", ["2.4GHz", "5GHz", "6GHz"]),
      3,
    )
      .min(1)
      .exactOptional(),
    security,
    hidden: flag("Whether the name is not broadcast. Absent: not managed, and broadcast at creation.").exactOptional(),
    isolation: flag(
      "Whether clients are kept apart from each other and from private networks (Omada's guest network). Absent: not managed, and off at creation.",
    ).exactOptional(),
    adoption: adoptionOf("an SSID of this name in the WLAN group"),
    deletionPolicy: deletionPolicyOf("the SSID"),
    driftPolicy: driftPolicyOf(CREATED_OR_ADOPTED),
    suspend,
  }),
  status: z.object({
    omada: z
      .object({
        wlanId: word("Id of the SSID.", 64),
        name: text("SSID it was bound under.", 64),
        created: flag("Whether this object created it.").exactOptional(),
      })
      .describe("The SSID in Omada that is this object's.")
      .exactOptional(),
    secretVersion: text("resourceVersion of the Secret whose passphrase was last sent.", 64).exactOptional(),
    creating,
    drift,
    lastHandledReconcileAt,
  }),
  columns: [
    { name: "SSID", type: "string", path: ".spec.ssid", description: "Name that clients see." },
    { name: "Segment", type: "string", path: ".spec.segmentRef.name", description: "Where its clients land." },
    { name: "Security", type: "string", path: ".spec.security.mode", description: "How clients prove themselves." },
  ],
  conditions: [{ type: "ConfigInSync", means: "Omada has every declared value." }],
  selectableFields: [],
  rules: [],
});

export type WirelessNetwork = ObjectOf<typeof WirelessNetwork>;
