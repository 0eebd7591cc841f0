import type {
  AccessRule,
  ClientGroup,
  Container,
  Homelab,
  HomelabLayer,
  NetworkDevice,
  NetworkSegment,
  OmadaController,
  ProxmoxCluster,
  WirelessNetwork,
} from "../../controller/api/index.ts";

/** An event of Kubernetes, as far as people read it. */
export interface Happening {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly eventTime?: string;
  readonly type: string;
  readonly reason: string;
  readonly note?: string;
  readonly regarding: { readonly kind: string; readonly name: string };
}

/** The lab as the API server shows it. */
export interface Scene {
  readonly homelab: Homelab | undefined;
  readonly cluster: ProxmoxCluster | undefined;
  /** Lowest first. */
  readonly layers: readonly HomelabLayer[];
  readonly containers: readonly Container[];
  readonly network: NetworkScene;
  /** Oldest first. */
  readonly happenings: readonly Happening[];
}

export interface NetworkScene {
  readonly controller: OmadaController | undefined;
  readonly segments: readonly NetworkSegment[];
  readonly devices: readonly NetworkDevice[];
  readonly wlans: readonly WirelessNetwork[];
  readonly rules: readonly AccessRule[];
  readonly groups: readonly ClientGroup[];
}

export type NetworkObject =
  OmadaController | NetworkSegment | NetworkDevice | WirelessNetwork | AccessRule | ClientGroup;

/** Every object of the network, the controller first. */
export function objectsIn(network: NetworkScene): readonly NetworkObject[] {
  const { controller, segments, devices, wlans, rules, groups } = network;
  return [...(controller === undefined ? [] : [controller]), ...segments, ...devices, ...wlans, ...rules, ...groups];
}

/** What is watched: the plurals of our kinds, and the events. */
export const OUR_COLLECTIONS = [
  "homelabs",
  "proxmoxclusters",
  "homelablayers",
  "containers",
  "omadacontrollers",
  "networksegments",
  "networkdevices",
  "wirelessnetworks",
  "accessrules",
  "clientgroups",
] as const;

export type Collection = (typeof OUR_COLLECTIONS)[number] | "events";

/** The scene of what was seen of each collection. */
export function sceneOf(seen: (collection: Collection) => readonly unknown[]): Scene {
  const all = <T>(collection: Collection): readonly T[] => seen(collection) as readonly T[];
  const happenings = all<Happening>("events");
  return {
    homelab: all<Homelab>("homelabs")[0],
    cluster: all<ProxmoxCluster>("proxmoxclusters")[0],
    layers: all<HomelabLayer>("homelablayers").toSorted((a, b) => (a.status?.order ?? 0) - (b.status?.order ?? 0)),
    containers: all("containers"),
    network: {
      controller: all<OmadaController>("omadacontrollers")[0],
      segments: all("networksegments"),
      devices: all("networkdevices"),
      wlans: all("wirelessnetworks"),
      rules: all("accessrules"),
      groups: all("clientgroups"),
    },
    happenings: happenings.toSorted((a, b) => (a.eventTime ?? "").localeCompare(b.eventTime ?? "")),
  };
}
