import { FAKE } from "../../fakes/omadaSite.ts";
import type { KillStory } from "../killPoints.ts";
import { cameras, lan, servers, storyOf, type Course, type Spec, type Version, type Wish } from "./networkKillSite.ts";

const switchOf = (more: Spec): Wish => [
  "NetworkDevice",
  "cerebro",
  { mac: FAKE.switch, role: "Switch", driftPolicy: "Correct", ...more },
];
const port = (number: number, tagged: readonly string[], more: Spec = {}): object => ({
  number,
  nativeSegmentRef: { name: "lan" },
  taggedSegmentRefs: tagged,
  ...more,
});

/** 5.x sets the networks of a port by a profile, and each of its other fields alone. */
export function deviceCourses(version: Version): readonly Course[] {
  const old = version.startsWith("5.");
  return [
    {
      what: "a NetworkDevice gets its name and ports",
      before: [lan, servers],
      applies: [switchOf({ displayName: "Core", ports: [port(12, ["servers"]), { number: 13, name: "desk" }] })],
      calls: ["renameDevice", ...(old ? ["createProfile"] : []), "setPort", "setPort"],
    },
    {
      what: "a NetworkDevice changes what a port carries",
      before: [lan, servers, cameras, switchOf({ ports: [port(12, ["servers"])] })],
      applies: [switchOf({ ports: [port(12, ["servers", "cameras"])] })],
      calls: old ? ["createProfile", "setPort", "deleteProfile"] : ["setPort"],
    },
    {
      what: "a NetworkDevice sets a radio",
      applies: [
        [
          "NetworkDevice",
          "antenitas",
          {
            mac: FAKE.ap,
            role: "AccessPoint",
            driftPolicy: "Correct",
            radios: [{ band: "5GHz", channel: 44, power: "Low" }],
          },
        ],
      ],
      calls: ["setRadio"],
    },
  ];
}

/** Without a web session nobody can read what a 6.x port carries. */
export function unreadPort(): KillStory {
  const told = storyOf(
    {
      what: "a port that cannot be read is written",
      before: [lan, servers],
      applies: [switchOf({ ports: [port(12, ["servers"])] })],
      calls: ["setPort"],
      again: ["setPort"],
    },
    "6.2.10.17",
  );
  return {
    ...told,
    before: async () => {
      const lab = await told.before();
      lab.omada.web = false;
      await lab.seconds(30);
      return lab;
    },
  };
}
