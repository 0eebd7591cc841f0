import type { Clock } from "../../base/clock.ts";
import { ProviderError } from "../../base/outcome.ts";
import type { AclSeen, AclTable, ClientSeen, ProfileSeen, SitePart, SiteSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { aclSeen, tables } from "./aclWire.ts";
import type { Belief } from "./belief.ts";
import { clientSeen } from "./deviceWire.ts";
import { groupSeen, reservationSeen } from "./groupWire.ts";
import { networkSeen } from "./networkWire.ts";
import { profileSeen } from "./profileWire.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";
import { WlanLook } from "./wlans.ts";

/** Networks by the richest list this version has (contract 3.4). */
export function listNetworks(api: SiteApi, call: Call): Promise<readonly Row[]> {
  return api.way("list of networks", [
    () => api.list("/lan-networks", call, 3),
    () => api.list("/lan-networks", call, 1),
  ]);
}

export function listProfiles(api: SiteApi, call: Call): Promise<readonly Row[]> {
  return api.list("/lan-profiles", call);
}

/** What the lists of one look are read with. */
export interface ListLook {
  readonly parts: ReadonlySet<SitePart>;
  readonly call: Call;
  /** Monotonic milliseconds at which the look began. */
  readonly began: number;
  /** Filled with the parts that may not be read, each with why. */
  readonly refused: Map<SitePart, string>;
}

type Lists = Pick<
  SiteSeen,
  "networks" | "profiles" | "wlanGroups" | "wlans" | "acls" | "groups" | "reservations" | "clients"
>;

/** The parts of a site that are lists: each one request (WLANs one more for each group, rules three), if it is wanted. */
export class SiteLists {
  readonly wlans: WlanLook;
  readonly #api: SiteApi;
  readonly #belief: Belief;

  constructor(api: SiteApi, clock: Clock, belief: Belief) {
    this.#api = api;
    this.#belief = belief;
    this.wlans = new WlanLook(api, clock);
  }

  async read(look: ListLook): Promise<Lists> {
    const api = this.#api;
    const { call } = look;
    const wanted = <T>(part: SitePart, run: () => Promise<T>): Promise<T | undefined> => {
      if (look.parts.has(part)) return orRefused(part, look.refused, run);
      this.#belief.forget(part);
      return Promise.resolve(undefined);
    };
    const rows = <T>(part: SitePart, run: () => Promise<readonly T[]>, keyOf: (row: T) => string) =>
      wanted(part, async () => this.#belief.believe(part, await run(), keyOf, look.began));
    const id = (row: { readonly id: string }): string => row.id;
    const mac = (row: { readonly mac: string }): string => row.mac;
    const [networks, profiles, wireless, acls, groups, reservations, clients] = await Promise.all([
      rows("networks", async () => (await listNetworks(api, call)).map(networkSeen), id),
      rows("profiles", () => this.profiles(call), id),
      wanted("wlans", () => this.#wireless(look)),
      rows("acls", () => this.#acls(call), id),
      rows("groups", async () => (await api.list("/profiles/groups", call)).map(groupSeen), id),
      rows("reservations", async () => (await api.list("/setting/service/dhcp", call)).map(reservationSeen), mac),
      rows("clients", () => this.#clients(call), mac),
    ]);
    const { wlanGroups, wlans } = wireless ?? {};
    const all = { networks, profiles, wlanGroups, wlans, acls, groups, reservations, clients };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  async profiles(call: Call): Promise<readonly ProfileSeen[]> {
    return (await listProfiles(this.#api, call)).map(profileSeen);
  }

  async #wireless({ call, began }: ListLook): Promise<Pick<Lists, "wlanGroups" | "wlans">> {
    const { groups, wlans } = await this.wlans.look(call);
    return { wlanGroups: groups, wlans: this.#belief.believe("wlans", wlans, (wlan) => wlan.id, began) };
  }

  async #acls(call: Call): Promise<readonly AclSeen[]> {
    const all = (Object.keys(tables) as AclTable[]).map(async (table) => {
      const found = await this.#api.list(`/acls/${tables[table].path}`, call);
      return found.map((acl) => aclSeen(table, acl));
    });
    return (await Promise.all(all)).flat();
  }

  async #clients(call: Call): Promise<readonly ClientSeen[]> {
    const api = this.#api;
    const found = await api.way("list of clients", [
      () => api.query("/clients", { scope: 1, sorts: {}, filters: {} }, call, 2),
      () => api.list("/clients", call),
    ]);
    return found.map(clientSeen);
  }
}

/** One that the role may not read is told and left out (A7). */
async function orRefused<T>(
  part: SitePart,
  refused: Map<SitePart, string>,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "permission") throw error;
    refused.set(part, error.message);
    return undefined;
  }
}
