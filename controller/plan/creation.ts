import type { Container, NetworkSegment } from "../api/index.ts";
import { mebibytesOf } from "../base/quantity.ts";
import type { ContainerCreate } from "../providers/port.ts";
import { markText } from "./mark.ts";

/** What of the outside a create call needs: where, and the values of the Secrets the spec names. */
export interface CreationSite {
  readonly node: string | undefined;
  readonly nodes: readonly string[];
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  readonly sshKeys?: string;
  readonly password?: string;
}

export type Creation = ContainerCreate | { readonly refused: string } | undefined;

type Network = NonNullable<Container["spec"]["networks"]>[number];
type Wired = Omit<ContainerCreate["networks"][number], "name">;

const DEFAULT_MIB = 512;

/** The create call for a Container, whole; a sentence when the spec does not allow one; undefined when it does not ask for one. */
export function creationOf(container: Container, site: CreationSite): Creation {
  const { spec, metadata } = container;
  if (spec.template === undefined || spec.rootfs === undefined) return undefined;
  const node = spec.node ?? site.node;
  if (node === undefined)
    return { refused: `spec.node is needed: the cluster has several nodes (${site.nodes.join(", ")})` };
  const networks = (spec.networks ?? []).map((network) => networkOf(network, site.segments));
  const missing = networks.find((network) => typeof network === "string");
  if (missing !== undefined) return { refused: missing };
  const bound = (spec.mounts ?? []).find((mount) => mount.hostPath !== undefined);
  if (bound !== undefined) return { refused: bindRefused(container, bound.name) };
  return {
    vmid: spec.vmid,
    node,
    template: spec.template,
    hostname: spec.hostname ?? metadata.name,
    unprivileged: spec.unprivileged ?? true,
    memoryMiB: sizeOf(spec.resources?.memory) ?? DEFAULT_MIB,
    swapMiB: sizeOf(spec.resources?.swap) ?? DEFAULT_MIB,
    rootfs: { storage: spec.rootfs.storage, sizeMiB: mebibytesOf(spec.rootfs.size) ?? 0 },
    mounts: mountsOf(container),
    networks: networks.filter((network) => typeof network !== "string"),
    nameservers: spec.dns?.nameservers ?? [],
    features: featuresOf(container),
    tags: [markText({ namespace: metadata.namespace, name: metadata.name })],
    ...optional(container, site),
  };
}

function optional({ spec }: Container, site: CreationSite): Partial<ContainerCreate> {
  return {
    ...(spec.description === undefined ? {} : { description: spec.description }),
    ...(spec.resources?.cores === undefined ? {} : { cores: spec.resources.cores }),
    ...(spec.resources?.cpuLimit === undefined ? {} : { cpuLimit: spec.resources.cpuLimit }),
    ...(spec.resources?.cpuWeight === undefined ? {} : { cpuWeight: spec.resources.cpuWeight }),
    ...(spec.dns?.searchDomain === undefined ? {} : { searchDomain: spec.dns.searchDomain }),
    ...(site.sshKeys === undefined ? {} : { sshKeys: site.sshKeys }),
    ...(site.password === undefined ? {} : { password: site.password }),
  };
}

function bindRefused({ spec }: Container, key: string): string {
  const mount = spec.mounts?.find((m) => m.name === key);
  return (
    `mount ${key} binds ${mount?.hostPath ?? ""}, which no API token may set: create the container without it, then on the node: ` +
    `pct set ${String(spec.vmid)} -${key} ${mount?.hostPath ?? ""},mp=${mount?.path ?? ""}`
  );
}

function sizeOf(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : mebibytesOf(quantity);
}

function mountsOf({ spec }: Container): ContainerCreate["mounts"] {
  return (spec.mounts ?? []).map((mount) => ({
    key: mount.name,
    path: mount.path,
    storage: mount.storage ?? "",
    sizeMiB: sizeOf(mount.size) ?? 0,
    ...(mount.backup === undefined ? {} : { backup: mount.backup }),
    ...(mount.readOnly === undefined ? {} : { readOnly: mount.readOnly }),
  }));
}

function featuresOf({ spec }: Container): Readonly<Record<string, string>> {
  const { nesting, keyctl, fuse, mount } = spec.features ?? {};
  const flags = { nesting, keyctl, fuse };
  const set = Object.entries(flags).filter(([, on]) => on === true);
  const fileSystems = mount === undefined || mount.length === 0 ? {} : { mount: mount.join(";") };
  return { ...Object.fromEntries(set.map(([name]) => [name, "1"])), ...fileSystems };
}

/** One interface as Proxmox shall have it, or the sentence that says what is missing. */
function networkOf(
  network: Network,
  segments: ReadonlyMap<string, NetworkSegment>,
): ContainerCreate["networks"][number] | string {
  const wired = wiredOf(network, segments);
  if (typeof wired === "string") return wired;
  return {
    name: network.name,
    ...wired,
    ...(network.mac === undefined ? {} : { mac: network.mac.toUpperCase() }),
    ...(network.firewall === undefined ? {} : { firewall: network.firewall }),
    ...addressOf(network),
  };
}

/** Bridge, tag and MTU: from the segment, or as written (L8: nothing of Omada is needed). */
export function wiredOf(network: Network, segments: ReadonlyMap<string, NetworkSegment>): Wired | string {
  if (network.segmentRef === undefined)
    return {
      ...(network.bridge === undefined ? {} : { bridge: network.bridge }),
      ...(network.vlan === undefined ? {} : { vlan: network.vlan }),
      ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
    };
  const segment = segments.get(network.segmentRef.name);
  if (segment === undefined)
    return `NetworkSegment ${network.segmentRef.name} does not exist; apply it, or change the reference`;
  return {
    bridge: segment.spec.proxmox.bridge,
    ...(segment.spec.vlan === undefined ? {} : { vlan: segment.spec.vlan }),
    ...(segment.spec.mtu === undefined ? {} : { mtu: segment.spec.mtu }),
  };
}

function addressOf(network: Network): { ipv4?: string; gateway4?: string } {
  const { ipv4 } = network;
  switch (ipv4?.method) {
    case "Static":
      return {
        ...(ipv4.address === undefined ? {} : { ipv4: ipv4.address }),
        ...(ipv4.gateway === undefined ? {} : { gateway4: ipv4.gateway }),
      };
    case "None":
      return {};
    case "DHCP":
    case undefined:
      return { ipv4: "dhcp" };
  }
}
