import { NAMESPACE, type FakeLab } from "../../fakes/lab.ts";
import { DEFAULT_NETWORK, FAKE, WLAN_GROUP } from "../../fakes/omadaSite.ts";
import type { KillStory } from "../killPoints.ts";
import { apply, omadaLab } from "./omadaLab.ts";

export const versions = ["5.15.8.12", "6.2.10.17"] as const;
export type Version = (typeof versions)[number];
export type Spec = Readonly<Record<string, unknown>>;

/** Lists show what was made long after the next process is there. */
const LAG_MS = 5_000;
/** Whose address people keep. */
export const STRANGER = "AA:00:00:00:00:99";
export const MACS = ["AA:00:00:00:00:01", "AA:00:00:00:00:02"] as const;

/** A site in which people have made one of each thing; nothing of it is declared. */
function site(version: Version): FakeLab {
  const lab = omadaLab();
  const { omada } = lab;
  omada.version = version;
  omada.lagMs = LAG_MS;
  lab.kube.putSecret(NAMESPACE, "wifi", { passphrase: "correct horse battery" });
  const theirs = { name: "theirs", primary: false, purpose: "Interface", isolated: false } as const;
  omada.networks.add("n99", { id: "n99", ...theirs, vlan: 99, gatewaySubnet: "192.168.99.1/24" });
  omada.generateProfile("theirs", "n99", 0);
  const wlan = { bands: ["5GHz"], hidden: false, security: "WPA2", guest: false } as const;
  omada.wlans.add("w1", { id: "w1", groupId: WLAN_GROUP, ssid: "theirs", ...wlan });
  omada.passphrases.set("w1", "of the people");
  const end = { type: "ipGroup", ids: ["group-any"] } as const;
  const rule = { table: "gateway", index: 1, description: "theirs", enabled: true, action: "Deny" } as const;
  omada.acls.add("a1", {
    id: "a1",
    ...rule,
    protocols: [6],
    source: end,
    destination: { type: "network", ids: ["n99"] },
  });
  const kept = { networkId: DEFAULT_NETWORK, enabled: true, description: "theirs" };
  omada.reservations.add(STRANGER, { mac: STRANGER, ip: "192.168.0.99", ...kept });
  for (const mac of MACS) omada.addClient({ mac, name: mac, wireless: true, deviceMac: FAKE.ap, ssid: "theirs" });
  return lab;
}

/** What people made, whole. */
function strangersOf({ omada }: FakeLab): unknown {
  const { networks, profiles, wlans, passphrases, acls, groups, reservations } = omada;
  const rows = [networks.get("n99"), profiles.get("profile-of-n99"), wlans.get("w1"), acls.get("a1")];
  return [...rows, passphrases.get("w1"), groups.get("group-any"), reservations.get(STRANGER)];
}

const isDone = (lab: FakeLab, kind: string, name: string): boolean => {
  const found = lab.read(kind, name);
  const ready = found?.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.reason === "Settled" && ready.observedGeneration === found?.metadata.generation;
};

/** Objects as they are applied: kind, name and spec. */
export type Wish = readonly [kind: string, name: string, spec: Spec];

export const lan: Wish = [
  "NetworkSegment",
  "lan",
  { cidr: "192.168.0.0/24", gateway: "192.168.0.1", omada: { networkName: "Default" }, adoption: "Adopt" },
];

export const segmentOf = (name: string, vlan: number, more: Spec = {}): Wish => {
  const net = `192.168.${String(vlan)}`;
  return [
    "NetworkSegment",
    name,
    { vlan, cidr: `${net}.0/24`, gateway: `${net}.1`, omada: {}, proxmox: { bridge: "vmbr0" }, ...more },
  ];
};

export const cameras = segmentOf("cameras", 30);
export const servers = segmentOf("servers", 20);

const applied = (lab: FakeLab, wishes: readonly Wish[]): void => {
  for (const [kind, name, spec] of wishes) apply(lab, kind, name, spec);
};

const areDone = (lab: FakeLab, wishes: readonly Wish[]): boolean =>
  wishes.every(([kind, name]) => isDone(lab, kind, name));

/** What a person applies on top of what is at rest, or deletes of it, and what must reach the site for it. */
export interface Course {
  readonly what: string;
  readonly before?: readonly Wish[];
  readonly applies?: readonly Wish[];
  readonly deletes?: Wish;
  readonly begin?: (lab: FakeLab) => void;
  readonly calls: readonly string[];
  readonly again?: readonly string[];
  /** It takes over what people made. */
  readonly adopts?: boolean;
}

export function storyOf(course: Course, version: Version): KillStory {
  const { what, before = [], applies = [], deletes, begin, calls, again, adopts = false } = course;
  return {
    what: `${version}: ${what}`,
    before: async () => {
      const lab = site(version);
      applied(lab, before);
      lab.start();
      await lab.until("connected", () => lab.reason("OmadaController", "omada") === "Settled");
      await lab.until("at rest", () => areDone(lab, before));
      await lab.seconds(20);
      return lab;
    },
    begin: (lab) => {
      applied(lab, applies);
      if (deletes !== undefined) lab.kube.delete(lab.key(deletes[0], deletes[1]));
      begin?.(lab);
    },
    over: (lab) =>
      lab.omada.mutations.length >= calls.length &&
      (deletes === undefined || lab.read(deletes[0], deletes[1]) === undefined) &&
      areDone(lab, applies.length > 0 || deletes !== undefined ? applies : before),
    calls,
    ...(adopts ? {} : { strangers: strangersOf }),
    ...(again === undefined ? {} : { again }),
  };
}
