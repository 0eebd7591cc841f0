import type { SiteSeen, WlanSeen } from "../providers/omadaSeen.ts";
import type { Manifest } from "./manifest.ts";
import { NamesInUse } from "./objectNames.ts";
import type { SegmentNames } from "./siteSegments.ts";

const MODES: readonly string[] = ["Open", "WPA2", "WPA2/WPA3", "WPA3"];

/** SSIDs as objects, and a sentence for each that none can say. A passphrase is only referred to. */
export function wlanManifests(
  seen: SiteSeen,
  segments: SegmentNames,
  devices: ReadonlyMap<string, string>,
): { readonly manifests: readonly Manifest[]; readonly leftOut: readonly string[] } {
  const { wlans = [], wlanGroups = [] } = seen;
  const names = new NamesInUse();
  const written = wlans.map((wlan) => ({ wlan, why: whyNot(wlan) }));
  const leftOut = written.flatMap(({ wlan, why }) =>
    why === undefined ? [] : [`Left out: SSID ${wlan.ssid}, for ${why}.`],
  );
  const manifests = written
    .filter(({ why }) => why === undefined)
    .map(({ wlan }): Manifest => {
      const group = wlanGroups.find(({ id }) => id === wlan.groupId);
      const name = names.take(wlan.ssid, "wlan");
      const secret = `wifi-${name}`;
      const segment = segmentOf(wlan, segments);
      const points = pointsOf(wlan, seen, devices);
      return {
        kind: "WirelessNetwork",
        name,
        spec: {
          ssid: wlan.ssid,
          wlanGroup: group?.primary === false ? group.name : undefined,
          deviceRefs: typeof points === "string" ? undefined : points,
          segmentRef: segment === undefined ? undefined : { name: segment },
          bands: wlan.bands.length === 0 ? undefined : wlan.bands,
          security: {
            mode: wlan.security,
            passphraseRef: wlan.security === "Open" ? undefined : { name: secret, key: "passphrase" },
          },
          hidden: wlan.hidden ? true : undefined,
          isolation: wlan.guest ? true : undefined,
          adoption: "Adopt",
        },
        remarks: [
          ...(wlan.security === "Open" ? [] : secretRemark(secret)),
          ...(segment === undefined ? vlanRemark(wlan) : []),
          ...(typeof points === "string" ? [points] : []),
        ],
      };
    });
  return { manifests, leftOut };
}

/**
 * The access points that broadcast it, by the names of their objects; a sentence where no list can say it. In a site with
 * one WLAN group all do, and a new one shall too: nothing is declared.
 */
function pointsOf(
  { groupId }: WlanSeen,
  { wlanGroups = [], devices }: SiteSeen,
  names: ReadonlyMap<string, string>,
): readonly string[] | string | undefined {
  if (wlanGroups.length < 2) return undefined;
  const points = [...devices.values()].filter(({ role, mac }) => role === "AccessPoint" && names.has(mac));
  const here = points.filter((device) => device.wlanGroupId === groupId);
  const own = here.filter(({ ssidsOff = [] }) => ssidsOff.length > 0).map(({ name }) => name);
  if (own.length > 0) return `Who broadcasts it is left as it is: ${own.join(", ")} has SSIDs switched off.`;
  if (points.some(({ wlanGroupId }) => wlanGroupId === undefined))
    return "Who broadcasts it is left as it is: not every access point was connected.";
  if (here.length === 0) return "No access point is in its WLAN group, so nobody broadcasts it.";
  return here.map(({ mac }) => names.get(mac) ?? "").toSorted();
}

function vlanRemark({ vlan }: WlanSeen): readonly string[] {
  return vlan === undefined ? [] : [`Its clients land in VLAN ${String(vlan)}, which no segment here has.`];
}

function secretRemark(secret: string): readonly string[] {
  return [
    "Its passphrase goes into a Secret before this is applied; it is not sent until that Secret changes:",
    `  kubectl create secret generic ${secret} --from-literal=passphrase='…'`,
  ];
}

/** One without a VLAN of its own leads to the default network. */
function segmentOf({ networkId, vlan }: WlanSeen, segments: SegmentNames): string | undefined {
  const byId = networkId === undefined ? undefined : segments.byNetwork.get(networkId);
  return byId ?? (vlan === undefined ? segments.primary : segments.byVlan.get(vlan));
}

function whyNot({ security, ssid }: WlanSeen): string | undefined {
  if (!MODES.includes(security)) return `its security is ${security}`;
  return /^ | $/.test(ssid) ? "its name begins or ends with a space" : undefined;
}
