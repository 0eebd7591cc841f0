import ipaddr from "ipaddr.js";
import { OmadaController, NetworkDevice, type NetworkSegment } from "../../api/index.ts";
import { annotation, annotationOf, isDeleting, keyOf, keyText, type Key } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { Link } from "../../plan/cluster/clusterClaims.ts";
import type { Lab } from "../../plan/lab.ts";
import type { Paths } from "../../plan/network/lockOut.ts";
import type { NetInput, NetObject, SiteLink } from "../../plan/network/netInput.ts";
import { siteLinkOf, type Host, type SiteFacts } from "../../plan/network/siteLink.ts";
import { macOf } from "../../plan/network/wiring.ts";
import { isListPart, type SitePart, type SiteSeen } from "../../providers/omadaSeen.ts";
import type { Kube } from "../../runtime/kube.ts";
import type { World } from "../../runtime/store.ts";
import type { ClientWatch } from "./clientWatch.ts";
import type { GuestBrake } from "../guests/guestBrake.ts";
import { forbiddenIn } from "../guests/guestInputOf.ts";
import type { LabSource } from "../lab/labSource.ts";
import { readable, segmentsIn } from "../shared/objects.ts";
import type { OmadaConnections, SiteConnection } from "./omadaConnections.ts";
import type { OmadaDeletions } from "./omadaDeletions.ts";
import type { SiteLanes } from "./siteLanes.ts";
import { settingsOf } from "./siteWatch.ts";

export interface NetworkShopParts {
  readonly world: World;
  readonly kube: Pick<Kube, "secret" | "namespaceTerminating">;
  readonly clock: Clock;
  readonly sites: OmadaConnections;
  readonly labs: LabSource;
  readonly lanes: SiteLanes;
  readonly deletions: OmadaDeletions;
  readonly brake: GuestBrake;
  readonly clients: ClientWatch;
  /** Addresses of the machine this process runs on. */
  readonly ownAddresses: () => readonly string[];
  /** Puts a key into the queue. */
  readonly wake: (key: Key) => void;
}

/** The site of one object, with the connection that shows it. */
export interface SiteAt {
  readonly link: SiteLink;
  readonly controller?: OmadaController;
  readonly connection?: SiteConnection;
  /** "OmadaController/lab/omada" */
  readonly site: string;
}

/** What the drivers of the network kinds work with. */
export class NetworkShop {
  readonly parts: NetworkShopParts;

  constructor(parts: NetworkShopParts) {
    this.parts = parts;
  }

  /** The site an object names, or the only one of the namespace. */
  siteOf(object: NetObject, ref: { readonly name: string } | undefined): SiteAt {
    const { namespace } = object.metadata;
    const found = this.#controllerOf(namespace, ref);
    if (typeof found === "string")
      return {
        site: "",
        link: { is: "unseen", outcome: { is: "waiting", reason: "ControllerMissing", message: found } },
      };
    const { name } = found.metadata;
    const connection = this.parts.sites.of(namespace, name);
    const link = siteLinkOf(found, this.factsOf(found));
    return {
      site: keyText(keyOf(found)),
      controller: found,
      link,
      ...(connection === undefined ? {} : { connection }),
    };
  }

  #controllerOf(namespace: string, ref: { readonly name: string } | undefined): OmadaController | string {
    const all = readable(OmadaController, this.parts.world, namespace);
    if (ref !== undefined)
      return (
        all.find(({ metadata }) => metadata.name === ref.name) ??
        `OmadaController ${ref.name} does not exist; apply it, or change controllerRef`
      );
    const [only, ...others] = all;
    if (only === undefined) return "no OmadaController exists in this namespace; apply one";
    if (others.length === 0) return only;
    return `controllerRef is needed: the namespace has ${String(all.length)} OmadaControllers (${all.map((one) => one.metadata.name).join(", ")})`;
  }

  /** How a controller's connection is at this moment. */
  factsOf(controller: OmadaController): SiteFacts {
    const { namespace, name } = controller.metadata;
    const port = this.parts.sites.of(namespace, name)?.port;
    const trouble = this.parts.sites.troubleOf(namespace, name);
    const link: Link =
      trouble === undefined
        ? (port?.reach() ?? { is: "connecting" })
        : { is: "secretMissing", message: trouble.message };
    return { link, seen: port?.seen(), sure: port?.sure() ?? false, host: this.hostOf(controller) };
  }

  hostOf({ spec, metadata }: OmadaController): Host {
    if (spec.hostedBy === undefined) return { is: "elsewhere" };
    const id = `${spec.hostedBy.kind}/${spec.hostedBy.name}`;
    const { members, monotonic } = this.parts.labs.of(metadata.namespace);
    const member = members.get(id);
    if (member === undefined) return { is: "missing", id };
    return { is: "guest", member, healthyMs: member.healthySince === undefined ? 0 : monotonic - member.healthySince };
  }

  /** Everything the decision about one object goes by. */
  inputOf(object: NetObject, at: SiteAt, namespaceTerminating: boolean): NetInput {
    const { labs, lanes, brake, clock } = this.parts;
    const { namespace } = object.metadata;
    const lab = labs.of(namespace);
    const key = keyText(keyOf(object));
    const looked = {
      startTime: object.status?.creating?.startTime,
      sure: at.link.is === "seen" && at.connection?.port.sure() === true,
    };
    return {
      link: at.link,
      forbidden: forbiddenIn(lab),
      suspended: [object.spec, at.controller?.spec, lab.homelab?.spec].some((spec) => spec?.suspend === true),
      namespaceTerminating,
      brakeFor: (destroys) => brake.ofNetwork(lab, destroys ?? whatOf(object)),
      paths: this.#pathsOf(lab, at),
      memory: lanes.memory(key, looked, isDeleting(object), () => this.situationOf(object, at)),
      now: clock.now(),
    };
  }

  /** What a refused write may be tried again upon: another spec, a person's request, or a site that is set otherwise (A7). */
  situationOf(object: NetObject, { link }: SiteAt): string {
    const asked = annotationOf(object, annotation.reconcileRequestedAt) ?? "";
    const site = link.is === "seen" ? settingsOf(link.seen) : "";
    return `${String(object.metadata.generation)} ${asked} ${site}`;
  }

  segmentsOf(namespace: string): ReadonlyMap<string, NetworkSegment> {
    return new Map(segmentsIn(this.parts.world, namespace).map((one) => [one.metadata.name, one]));
  }

  devicesOf(namespace: string): ReadonlyMap<string, NetworkDevice> {
    return new Map(readable(NetworkDevice, this.parts.world, namespace).map((one) => [one.metadata.name, one]));
  }

  /** What must stay reachable (N2): Omada, Proxmox, and between them whoever this process is. */
  #pathsOf(lab: Lab, { controller, link }: SiteAt): Paths {
    const statics = (id: string): readonly string[] => addressesOf(lab, id);
    const omada = controller === undefined ? [] : [hostOf(controller.spec.endpoint)];
    const hosting = controller?.spec.hostedBy;
    const named = omada.filter((address) => !ipaddr.isValid(address));
    const hosted = hosting === undefined || named.length === 0 ? omada : statics(`${hosting.kind}/${hosting.name}`);
    const proxmox = [...lab.clusters.values()].flatMap(({ object }) => object.spec.endpoints.map(hostOf));
    const networks = link.is === "seen" ? (link.seen.networks ?? []) : [];
    return {
      hosts: [
        ...(hosted.length === 0 ? omada : hosted).map((address) => ({ what: "the Omada controller", address })),
        ...proxmox.map((address) => ({ what: "a Proxmox host", address })),
      ],
      own: this.parts
        .ownAddresses()
        .filter((address) => networks.some(({ gatewaySubnet }) => isIn(address, gatewaySubnet))),
      guests: [...lab.members.values()].flatMap(({ id }) => statics(id)),
      localPorts: new Map(
        [...this.devicesOf(lab.namespace).values()].flatMap(({ spec }) =>
          spec.uplink?.localPort === undefined ? [] : [[macOf(spec.mac), spec.uplink.localPort] as const],
        ),
      ),
    };
  }

  /** Tells the poller what is read for an object; nothing once it is gone. */
  want(key: string, at: SiteAt, parts: ReadonlySet<SitePart>): void {
    at.connection?.port.want(key, parts);
  }
}

/** "AccessRule/no-cameras" */
export function whatOf({ kind, metadata }: Pick<NetObject, "kind" | "metadata">): string {
  return `${kind}/${metadata.name}`;
}

function isIn(address: string, subnet: string | undefined): boolean {
  if (subnet === undefined || !ipaddr.isValid(address) || !ipaddr.isValidCIDR(subnet)) return false;
  const [base, bits] = ipaddr.parseCIDR(subnet);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}

/** Host of a URL without brackets. */
function hostOf(endpoint: string): string {
  try {
    return new URL(endpoint).hostname.replace(/^\[|\]$/g, "");
  } catch {
    return endpoint;
  }
}

/** Static addresses of a guest. */
function addressesOf(lab: Lab, id: string): readonly string[] {
  const object = lab.members.get(id)?.object;
  if (object?.kind !== "Container") return [];
  return (object.spec.networks ?? []).flatMap(({ ipv4 }) =>
    ipv4?.method === "Static" && ipv4.address !== undefined ? [ipv4.address.split("/")[0] ?? ""] : [],
  );
}

/** Whether every part that is asked for has been read. */
export function isWhole(seen: SiteSeen, parts: ReadonlySet<SitePart>): boolean {
  return [...parts].every((part) => !isListPart(part) || seen[part] !== undefined);
}
