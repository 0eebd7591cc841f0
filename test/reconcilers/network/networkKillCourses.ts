import { NAMESPACE } from "../../fakes/lab.ts";
import { deviceCourses } from "./networkKillDevices.ts";
import {
  cameras,
  lan,
  MACS,
  segmentOf,
  servers,
  STRANGER,
  type Course,
  type Spec,
  type Version,
  type Wish,
} from "./networkKillSite.ts";

const PASSPHRASE = { mode: "WPA2", passphraseRef: { name: "wifi", key: "passphrase" } };
const KEPT: Spec = { deletionPolicy: "Delete" };
const TAKEN: Spec = { adoption: "Adopt", driftPolicy: "Correct" };

const range = { enabled: true, start: "192.168.20.100", end: "192.168.20.200" };

const segments: readonly Course[] = [
  {
    what: "a NetworkSegment of both sides is created",
    applies: [segmentOf("servers", 20, { dhcp: range })],
    calls: ["createNetwork"],
  },
  {
    what: "two NetworkSegments are created",
    applies: [servers, cameras],
    calls: ["createNetwork", "createNetwork"],
  },
  {
    what: "a NetworkSegment is changed",
    before: [servers],
    applies: [segmentOf("servers", 20, { dhcp: range })],
    calls: ["updateNetwork"],
  },
  {
    what: "a NetworkSegment adopts what people made, and corrects it",
    adopts: true,
    applies: [segmentOf("theirs", 99, { ...TAKEN, gateway: "192.168.99.254" })],
    calls: ["updateNetwork"],
  },
  {
    what: "a NetworkSegment is deleted with its network",
    before: [segmentOf("servers", 20, KEPT)],
    deletes: segmentOf("servers", 20),
    calls: ["deleteNetwork"],
  },
];

const wlan = (ssid: string, more: Spec = {}): Wish => [
  "WirelessNetwork",
  ssid,
  { ssid, security: PASSPHRASE, ...more },
];

const wireless: readonly Course[] = [
  {
    what: "a WirelessNetwork is created with its passphrase",
    applies: [wlan("home")],
    calls: ["createWlan"],
    again: ["updateWlan"],
  },
  {
    what: "a WirelessNetwork is changed",
    before: [wlan("home")],
    applies: [wlan("home", { hidden: true })],
    calls: ["updateWlan"],
  },
  {
    what: "a WirelessNetwork gets another passphrase",
    before: [wlan("home")],
    begin: (lab) => {
      lab.kube.putSecret(NAMESPACE, "wifi", { passphrase: "another staple" });
    },
    calls: ["updateWlan"],
    again: ["updateWlan"],
  },
  {
    what: "a WirelessNetwork adopts what people made, and corrects it",
    adopts: true,
    applies: [wlan("theirs", { ...TAKEN, bands: ["2.4GHz", "5GHz"] })],
    calls: ["updateWlan"],
  },
  {
    what: "a WirelessNetwork is deleted with its SSID",
    before: [wlan("home", KEPT)],
    deletes: wlan("home"),
    calls: ["deleteWlan"],
  },
];

const rule = (name: string, more: Spec = {}): Wish => [
  "AccessRule",
  name,
  { from: { segmentRef: { name: "cameras" } }, to: { cidr: "10.0.0.0/8" }, action: "Deny", ...more },
];

/** The groups of its end, and the rule. */
const MADE = ["createGroup", "createAcl"] as const;

const rules: readonly Course[] = [
  { what: "an AccessRule is created with its group", before: [cameras], applies: [rule("apart")], calls: MADE },
  {
    what: "an AccessRule that comes first is created and put before another",
    before: [cameras, rule("late", { priority: 900 })],
    applies: [rule("early", { priority: 10, protocol: "UDP" })],
    calls: [...MADE, "orderAcls"],
  },
  {
    what: "AccessRules change their order",
    before: [cameras, rule("one", { priority: 10 }), rule("two", { priority: 20, protocol: "UDP" })],
    applies: [rule("one", { priority: 30 })],
    calls: ["orderAcls"],
  },
  {
    what: "an AccessRule is changed, and its group",
    before: [cameras, rule("apart")],
    applies: [rule("apart", { to: { cidr: "172.16.0.0/12" }, enabled: false })],
    calls: ["updateGroup", "updateAcl"],
  },
  {
    what: "an AccessRule adopts what people made by its mark, and corrects it",
    adopts: true,
    before: [segmentOf("theirs", 99, { adoption: "Adopt", driftPolicy: "Report" })],
    applies: [
      rule("apart", {
        ...TAKEN,
        from: { any: true },
        to: { segmentRef: { name: "theirs" } },
        protocol: "TCP",
        enabled: true,
      }),
    ],
    calls: ["updateAcl"],
  },
  {
    what: "an AccessRule is deleted with its group",
    before: [cameras, rule("apart", KEPT)],
    deletes: rule("apart"),
    calls: ["deleteAcl", "deleteGroup"],
  },
];

const group = (members: readonly object[], more: Spec = {}): Wish => [
  "ClientGroup",
  "things",
  { segmentRef: { name: "lan" }, members, driftPolicy: "Correct", ...more },
];
const [first, second] = [
  { name: "front", mac: MACS[0], address: "192.168.0.50" },
  { name: "back", mac: MACS[1], address: "192.168.0.51" },
];
const theirs = { name: "printer", mac: STRANGER, address: "192.168.0.98" };

const groups: readonly Course[] = [
  {
    what: "a ClientGroup gets its reservations and names",
    before: [lan],
    applies: [group([first, second])],
    calls: ["setReservation", "setReservation", "renameClient", "renameClient"],
  },
  {
    what: "a ClientGroup changes an address",
    before: [lan, group([first])],
    applies: [group([{ ...first, address: "192.168.0.60" }])],
    calls: ["setReservation"],
  },
  {
    what: "a ClientGroup adopts a reservation by its mark, and corrects it",
    adopts: true,
    before: [lan],
    applies: [group([theirs], { adoption: "Adopt" })],
    calls: ["setReservation", "setReservation"],
  },
  {
    what: "a ClientGroup is deleted with its reservations",
    before: [lan, group([first, second], KEPT)],
    deletes: group([]),
    calls: ["deleteReservation", "deleteReservation"],
  },
];

/** Every kind of the network: made, changed, adopted, deleted. */
export function networkCourses(version: Version): readonly Course[] {
  return [...segments, ...wireless, ...rules, ...groups, ...deviceCourses(version)];
}
