import { guestManifest } from "./guestManifest.ts";
import type { Inventory } from "./inventory.ts";
import { guessLayers, type GuessedLayer } from "./layers.ts";
import { documentOf, type Fields, type ManifestFile } from "./manifest.ts";
import { guessSegments, type GuessedSegment } from "./networks.ts";
import { objectNames } from "./objectNames.ts";
import type { FoundSite } from "./site.ts";
import { siteFiles, type SiteWish } from "./siteManifests.ts";
import { segmentManifest } from "./siteNetworks.ts";

/** How a connection was verified. */
export interface TlsWish {
  /** SHA-256, upper case, colons. */
  readonly fingerprint?: string;
  readonly insecure: boolean;
  /** By a CA of the person's. */
  readonly ca: boolean;
}

/** What the person said about the lab. */
export interface LabWish extends TlsWish {
  /** Of the Homelab and the ProxmoxCluster. */
  readonly name: string;
  /** Of Proxmox; absent: only Omada was asked. */
  readonly endpoint?: string;
  readonly omada?: Omit<SiteWish, "tls"> & TlsWish;
}

/**
 * The lab as manifests, the Homelab last: it is the go switch. Guesses are marked as such in comments. Applied to the same
 * lab they change nothing but the ownership marks.
 */
export function labManifests(inventory: Inventory, wish: LabWish, site?: FoundSite): readonly ManifestFile[] {
  const segments = guessSegments(inventory, site?.seen.networks);
  const layers = guessLayers(inventory.guests);
  const [controller, ...network] =
    site === undefined || wish.omada === undefined
      ? []
      : siteFiles(site, { ...wish.omada, tls: tlsFields(wish.omada, "omada-ca") }, { inventory, segments });
  const documents = segments.map((segment) => documentOf(segmentManifest(segment, wish.name)));
  return [
    ...(wish.endpoint === undefined
      ? []
      : [{ name: "proxmoxcluster.yaml", documents: [clusterDocument(inventory, wish)] }]),
    ...(controller === undefined ? [] : [controller]),
    ...(segments.length === 0 ? [] : [{ name: "networksegments.yaml", documents }]),
    ...network,
    ...layerFiles(inventory, layers, segments),
    { name: "homelab.yaml", documents: [homelabDocument(inventory, wish)] },
  ];
}

function clusterDocument({ version, guests, gaps }: Inventory, wish: LabWish): string {
  const lines = [
    `Proxmox VE ${version}, ${String(guests.length)} guests.`,
    "Its token goes into a Secret:",
    "  kubectl create secret generic proxmox-token --from-literal=tokenId='USER@REALM!NAME' --from-literal=tokenSecret='…'",
    "Say which guest the controller itself runs in, so that it is never stopped: protectedVmids: [VMID], or [] for none.",
    ...(wish.ca ? ["Its CA too: kubectl create secret generic proxmox-ca --from-file=ca.crt=FILE"] : []),
    ...gaps.map((gap) => `Left out: ${gap}`),
  ];
  const spec = {
    endpoints: [wish.endpoint],
    credentialsRef: { name: "proxmox-token" },
    tls: tlsFields(wish, "proxmox-ca"),
  };
  return documentOf({ kind: "ProxmoxCluster", name: wish.name, spec, remarks: lines });
}

function tlsFields({ insecure, ca, fingerprint }: TlsWish, secret: string): Fields | undefined {
  if (insecure) return { insecureSkipVerify: true };
  if (ca) return { caRef: { name: secret, key: "ca.crt" } };
  return fingerprint === undefined ? undefined : { fingerprints: [fingerprint] };
}

function layerFiles(
  { guests, nodes }: Inventory,
  layers: readonly GuessedLayer[],
  segments: readonly GuessedSegment[],
): readonly ManifestFile[] {
  const names = objectNames(guests);
  return layers.map((layer, index) => {
    const below = layers[index - 1];
    const spec = {
      displayName: layer.displayName,
      dependsOn: below === undefined ? undefined : [{ name: below.name }],
    };
    const members = layer.members.map((guest) => {
      const node = nodes.length > 1 ? guest.seen.node : undefined;
      const { kind, spec: fields, remarks } = guestManifest(guest, { layer: layer.name, node, segments });
      return documentOf({ kind, name: names.get(guest.seen.vmid) ?? "", spec: fields, remarks });
    });
    const remarks = [`Guess, by ${layer.because}.`];
    const head = documentOf({ kind: "HomelabLayer", name: layer.name, spec, remarks });
    return {
      name: `layer-${String(index + 1)}-${layer.name}.yaml`.replace(/layer-\d+-(layer-\d+)/, "$1"),
      documents: [head, ...members],
    };
  });
}

function homelabDocument({ guests }: Inventory, wish: LabWish): string {
  const onboot = guests.filter(({ config }) => config.onboot).length;
  const lines = [
    "The go switch, applied last. For a first look write suspend: true: it shows what would be done and does nothing.",
    ...(onboot === 0
      ? []
      : [
          `Proxmox itself starts ${String(onboot)} of the guests at its boot, in its own order. proxmoxStartup: NoAutostart or Mirror`,
          "settles that; until then the condition BootOrderHonoured says so.",
        ]),
  ];
  return documentOf({ kind: "Homelab", name: wish.name, spec: {}, remarks: lines });
}
