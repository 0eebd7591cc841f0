import { Document } from "yaml";
import { API_VERSION } from "../api/meta.ts";
import { guestManifest, type Fields } from "./guestManifest.ts";
import type { Inventory } from "./inventory.ts";
import { guessLayers, type GuessedLayer } from "./layers.ts";
import { guessSegments, type GuessedSegment } from "./networks.ts";
import { objectNames } from "./objectNames.ts";

/** What the person said about the lab. */
export interface LabWish {
  /** Of the Homelab and the ProxmoxCluster. */
  readonly name: string;
  readonly endpoint: string;
  /** SHA-256, upper case, colons; what the connection was verified with. */
  readonly fingerprint?: string;
  readonly insecure: boolean;
  /** It was verified with a CA of the person's. */
  readonly ca: boolean;
}

/** One file: its objects with their comments, in the order they are to be applied. */
export interface ManifestFile {
  readonly name: string;
  readonly documents: readonly string[];
}

/**
 * The lab as manifests, the Homelab last: it is the go switch. Guesses are marked as such in comments. Applied to the same
 * lab they change nothing but the ownership marks.
 */
export function labManifests(inventory: Inventory, wish: LabWish): readonly ManifestFile[] {
  const segments = guessSegments(inventory);
  const layers = guessLayers(inventory.guests);
  return [
    { name: "proxmoxcluster.yaml", documents: [clusterDocument(inventory, wish)] },
    ...(segments.length === 0
      ? []
      : [{ name: "networksegments.yaml", documents: segments.map((segment) => segmentDocument(segment, wish)) }]),
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
  const spec = { endpoints: [wish.endpoint], credentialsRef: { name: "proxmox-token" }, tls: tlsFields(wish) };
  return document({ kind: "ProxmoxCluster", name: wish.name, spec }, lines);
}

function tlsFields({ insecure, ca, fingerprint }: LabWish): Fields | undefined {
  if (insecure) return { insecureSkipVerify: true };
  if (ca) return { caRef: { name: "proxmox-ca", key: "ca.crt" } };
  return fingerprint === undefined ? undefined : { fingerprints: [fingerprint] };
}

function segmentDocument(segment: GuessedSegment, wish: LabWish): string {
  const { name, vlan, cidr, gateway, bridge, because } = segment;
  const spec = { vlan, cidr, gateway, proxmox: { clusterRef: { name: wish.name }, bridge } };
  return document({ kind: "NetworkSegment", name, spec }, [`Guess, by ${because}: check cidr and gateway.`]);
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
      return document({ kind, name: names.get(guest.seen.vmid) ?? "", spec: fields }, remarks);
    });
    const head = document({ kind: "HomelabLayer", name: layer.name, spec }, [`Guess, by ${layer.because}.`]);
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
  return document({ kind: "Homelab", name: wish.name, spec: {} }, lines);
}

interface Written {
  readonly kind: string;
  readonly name: string;
  readonly spec: Fields;
}

/** YAML as Kubernetes reads it (1.1), with the comment above. */
function document({ kind, name, spec }: Written, comment: readonly string[]): string {
  const object = { apiVersion: API_VERSION, kind, metadata: { name }, spec: pruned(spec) ?? {} };
  const doc = new Document(object, { version: "1.1" });
  if (comment.length > 0 && doc.contents !== null)
    doc.contents.commentBefore = comment.map((line) => ` ${oneLine(line)}`).join("\n");
  return doc.toString({ lineWidth: 0, directives: false });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Without what is undefined, and without objects that are empty for it. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const left = pruned(child);
    return left === undefined ? [] : [[key, left] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
