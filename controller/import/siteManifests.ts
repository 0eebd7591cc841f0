import type { FoundGuest, Inventory } from "./inventory.ts";
import { serviceOf } from "./layers.ts";
import { documentOf, type Fields, type Manifest, type ManifestFile } from "./manifest.ts";
import type { GuessedSegment } from "./networks.ts";
import { objectNames } from "./objectNames.ts";
import type { FoundSite } from "./site.ts";
import { clientManifests } from "./siteClients.ts";
import { deviceManifest, deviceNames } from "./siteDevices.ts";
import { leftOutNetworks, OMADA } from "./siteNetworks.ts";
import { ruleManifests } from "./siteRules.ts";
import { segmentNames } from "./siteSegments.ts";
import { wlanManifests } from "./siteWlans.ts";

/** How the site was reached, for its OmadaController. */
export interface SiteWish {
  readonly endpoint: string;
  readonly site: string;
  /** The Secret has a user too. */
  readonly web: boolean;
  readonly tls: Fields | undefined;
}

/** What of a site is not a NetworkSegment, in files: the connection first, then what hangs on it. */
export function siteFiles(
  found: FoundSite,
  wish: SiteWish,
  { inventory, segments }: { readonly inventory: Inventory; readonly segments: readonly GuessedSegment[] },
): readonly ManifestFile[] {
  const { seen } = found;
  const names = segmentNames(segments, seen.networks ?? []);
  const macs = deviceNames(seen.devices.values());
  const devices = [...macs.keys()].flatMap((mac) => seen.devices.get(mac) ?? []);
  const wlans = wlanManifests(seen, names, macs);
  const rules = ruleManifests(seen, names);
  const clients = clientManifests(seen, names, guestMacs(inventory.guests));
  const leftOut = [
    ...found.gaps.map((gap) => `Left out: ${gap}`),
    ...leftOutNetworks(seen.networks ?? [], segments),
    ...wlans.leftOut,
    ...rules.leftOut,
    ...clients.leftOut,
  ];
  const files: readonly (readonly [string, readonly Manifest[]])[] = [
    ["omadacontroller.yaml", [controllerManifest(found, wish, inventory.guests, leftOut)]],
    ["networkdevices.yaml", devices.map((device) => deviceManifest(device, macs, names))],
    ["wirelessnetworks.yaml", wlans.manifests],
    ["accessrules.yaml", rules.manifests],
    ["clientgroups.yaml", clients.manifests],
  ];
  return files
    .filter(([, manifests]) => manifests.length > 0)
    .map(([name, manifests]) => ({ name, documents: manifests.map(documentOf) }));
}

function guestMacs(guests: readonly FoundGuest[]): ReadonlySet<string> {
  return new Set(guests.flatMap(({ config }) => config.networks.flatMap(({ mac }) => mac?.toUpperCase() ?? [])));
}

function controllerManifest(
  { seen }: FoundSite,
  { endpoint, site, web, tls }: SiteWish,
  guests: readonly FoundGuest[],
  leftOut: readonly string[],
): Manifest {
  const host = hostOf(guests, endpoint);
  const user = web ? " --from-literal=username=USER --from-literal=password='…'" : "";
  return {
    kind: "OmadaController",
    name: OMADA,
    spec: {
      endpoint,
      credentialsRef: { name: "omada-api" },
      site: site === "Default" ? undefined : site,
      tls,
      hostedBy: host?.ref,
    },
    remarks: [
      `Omada ${seen.version}, site ${seen.siteName}, ${String(seen.devices.size)} devices.`,
      "Its Open API application goes into a Secret:",
      `  kubectl create secret generic omada-api --from-literal=clientId=ID --from-literal=clientSecret='…'${user}`,
      ...(tls !== undefined && "caRef" in tls
        ? ["Its CA too: kubectl create secret generic omada-ca --from-file=ca.crt=FILE"]
        : []),
      ...(host === undefined ? [] : [`Guess: it runs in this guest, by ${host.because}.`]),
      ...leftOut,
    ],
  };
}

/** The guest that the controller runs in: the one with its address, else the only one that is known to be Omada. */
function hostOf(
  guests: readonly FoundGuest[],
  endpoint: string,
): { readonly ref: Fields; readonly because: string } | undefined {
  const { hostname } = new URL(endpoint);
  const byAddress = guests.find(({ config }) => config.networks.some(({ ipv4 }) => ipv4?.split("/")[0] === hostname));
  const [known, ...others] = guests.filter((guest) => serviceOf(guest)?.name === "Omada controller");
  const found = byAddress ?? (others.length === 0 ? known : undefined);
  if (found === undefined) return undefined;
  const kind = found.seen.type === "lxc" ? "Container" : "VirtualMachine";
  return {
    ref: { kind, name: objectNames(guests).get(found.seen.vmid) ?? "" },
    because: byAddress === undefined ? "its name, tags or description" : "its address",
  };
}
