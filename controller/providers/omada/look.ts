import type { Clock } from "../../base/clock.ts";
import type { DeviceSeen, SiteAbilities, SitePart, SiteSeen } from "../omadaSeen.ts";
import { isListPart } from "../omadaSeen.ts";
import type { Belief } from "./belief.ts";
import { deviceSeen } from "./deviceWire.ts";
import { readDocuments } from "./documents.ts";
import { SiteLists } from "./lists.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";

const doubtful = ["devices", "networks", "profiles", "wlans", "acls", "groups", "reservations"];

/** 5.x has no networks of a port's own (contract 2). */
export function portVlansOf(version: string): SiteAbilities["portVlans"] {
  return Number(version.split(".")[0]) >= 6 ? "port" : "profile";
}

/**
 * One look at a site: the list of devices, what documents.ts reads of each, and the lists of the parts that are wanted. The
 * number of requests does not depend on how many networks, ports, rules or clients there are.
 */
export class Look {
  readonly lists: SiteLists;
  readonly #api: SiteApi;
  readonly #clock: Clock;
  readonly #belief: Belief;

  constructor(api: SiteApi, clock: Clock, belief: Belief) {
    this.#api = api;
    this.#clock = clock;
    this.#belief = belief;
    this.lists = new SiteLists(api, clock, belief);
  }

  /** Is a list kept as it was although it shrank? One of clients shrinks all the time. */
  get doubts(): boolean {
    return doubtful.some((part) => this.#belief.doubts(part));
  }

  async look(parts: ReadonlySet<SitePart>, sequence: number, call: Call): Promise<SiteSeen> {
    const began = this.#clock.monotonic();
    const { version, omadacId } = await this.#api.info(call);
    const site = await this.#api.site(call);
    const portVlans = portVlansOf(version);
    const refused = new Map<SitePart, string>();
    const [listed, lists] = await Promise.all([
      this.#api.list("/devices", call),
      this.lists.read({ parts, call, began, refused }),
    ]);
    const seen = listed.map(deviceSeen).filter((device) => device !== undefined);
    const believed = this.#belief.believe("devices", seen, (device) => device.mac, began);
    const detail = parts.has("ports");
    const byProfile = detail && portVlans === "profile";
    const profiles = byProfile ? (lists.profiles ?? (await this.lists.profiles(call))) : undefined;
    const devices = await readDocuments(this.#api, believed, {
      call,
      detail,
      broadcasts: parts.has("broadcasts"),
      frames: parts.has("frames"),
      profiles,
    });
    return {
      sequence,
      version,
      omadacId,
      siteId: site.id,
      siteName: site.name,
      abilities: this.#abilities(portVlans, devices),
      devices: new Map(devices.map((device) => [device.mac, device])),
      ...(refused.size === 0 ? {} : { refused }),
      ...this.#young(parts),
      ...lists,
    };
  }

  #young(parts: ReadonlySet<SitePart>): Pick<SiteSeen, "young"> {
    const young = [...parts].filter((part) => isListPart(part) && this.#belief.isYoung(part)).sort();
    return young.length === 0 ? {} : { young };
  }

  #abilities(portVlans: SiteAbilities["portVlans"], devices: readonly DeviceSeen[]): SiteAbilities {
    const { web } = this.#api;
    return {
      portVlans,
      readsPorts: portVlans === "profile" || (web !== undefined && web.refused === undefined),
      gateway: devices.some((device) => device.role === "Gateway" && device.state !== "Pending"),
      ...(web?.refused === undefined ? {} : { webRefused: web.refused }),
    };
  }
}
