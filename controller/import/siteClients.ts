import type { ClientSeen, ReservationSeen, SiteSeen } from "../providers/omadaSeen.ts";
import type { Fields, Manifest } from "./manifest.ts";
import { plainName } from "./objectNames.ts";
import type { SegmentNames } from "./siteSegments.ts";
import { withoutMark } from "./withoutMark.ts";

/** A client with a name, an address that is kept for it, or both. */
interface Found {
  readonly mac: string;
  readonly client?: ClientSeen;
  readonly kept?: ReservationSeen;
}

const MOST = 256;

/**
 * Clients that somebody has named or keeps an address for, in guessed groups: by how they are connected and where they are.
 * `own`: MACs of the lab's guests, which have objects already; they are here only with an address that is kept.
 */
export function clientManifests(
  { clients = [], reservations = [] }: SiteSeen,
  segments: SegmentNames,
  own: ReadonlySet<string>,
): { readonly manifests: readonly Manifest[]; readonly leftOut: readonly string[] } {
  const kept = new Map(reservations.map((one) => [one.mac, one]));
  const named = clients.filter(({ mac, name }) => !own.has(mac) && name !== "" && !isMac(name));
  const seen = new Map(clients.map((one) => [one.mac, one]));
  const all = [...new Set([...kept.keys(), ...named.map(({ mac }) => mac)])].sort().map((mac): Found => {
    const [client, reservation] = [seen.get(mac), kept.get(mac)];
    return {
      mac,
      ...(client === undefined ? {} : { client }),
      ...(reservation === undefined ? {} : { kept: reservation }),
    };
  });
  const groups = Map.groupBy(all, (found) => `${connectionOf(found) ?? ""}/${segmentOf(found, segments) ?? ""}`);
  const manifests = [...groups.values()]
    .map((members) => groupManifest(members, segments))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const others = clients.length - named.length - clients.filter(({ mac }) => own.has(mac)).length;
  return {
    manifests,
    leftOut: others > 0 ? [`Left out: ${String(others)} clients without a name.`] : [],
  };
}

function isMac(text: string): boolean {
  return /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text);
}

function connectionOf({ client }: Found): "WiFi" | "Wired" | undefined {
  if (client === undefined) return undefined;
  return client.wireless ? "WiFi" : "Wired";
}

/** Where its address is kept, else where it is seen; VLAN 1 is that of the default network. */
function segmentOf({ client, kept }: Found, segments: SegmentNames): string | undefined {
  if (kept !== undefined) return segments.byNetwork.get(kept.networkId);
  const { vlan = 1 } = client ?? {};
  return vlan === 1 ? segments.primary : segments.byVlan.get(vlan);
}

function groupManifest(found: readonly Found[], segments: SegmentNames): Manifest {
  const [first] = found;
  const connection = first === undefined ? undefined : connectionOf(first);
  const segment = first === undefined ? undefined : segmentOf(first, segments);
  const used = new Set<string>();
  const members = found.slice(0, MOST).map((one) => memberOf(one, segment, used));
  const name = [connection?.toLowerCase() ?? "reserved", segment].filter((part) => part !== undefined).join("-");
  const off = found.filter(({ kept }) => kept?.enabled === false).map(({ mac }) => mac);
  return {
    kind: "ClientGroup",
    name: plainName(name) ?? "clients",
    spec: {
      connection,
      segmentRef: segment === undefined ? undefined : { name: segment },
      members,
      adoption: "Adopt",
    },
    remarks: [
      connection === undefined
        ? "Guess: addresses are kept for them, and they were not seen; put them where they belong."
        : "Guess, by how they are connected and where: split it into the groups you think of.",
      ...(off.length === 0 ? [] : [`Reservations that are switched off are left out: ${off.join(", ")}.`]),
      ...(found.length > MOST ? [`${String(found.length - MOST)} more are left out.`] : []),
    ],
  };
}

function memberOf({ mac, client, kept }: Found, segment: string | undefined, used: Set<string>): Fields {
  const described = kept === undefined ? "" : withoutMark(kept.description);
  const wished = (client?.name ?? described).slice(0, 120).trim();
  const name = wished === "" || used.has(wished) ? mac : wished;
  used.add(name);
  return { name, mac, address: segment !== undefined && kept?.enabled === true ? kept.ip : undefined };
}
