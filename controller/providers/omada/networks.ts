import { ProviderError } from "../../base/outcome.ts";
import type { NetworkWish, OmadaPort, ProfileWish } from "../omadaPort.ts";
import type { Row } from "../shared/decode.ts";
import { flag, text } from "../shared/decode.ts";
import { portVlansOf } from "./look.ts";
import { listNetworks, listProfiles } from "./lists.ts";
import type { NetworkDialect } from "./networkWire.ts";
import { networkBody, newNetwork, wizardBody } from "./networkWire.ts";
import { NEW_PROFILE, profileBody } from "./profileWire.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";
import { texts } from "./wire.ts";

/** The row with this id; throws `missing` when the list does not show it. */
export function rowOf(all: readonly Row[], id: string, what: string): Row {
  const found = all.find((row) => text(row["id"]) === id);
  if (found === undefined) throw new ProviderError("missing", `Omada does not show the ${what} ${id}`);
  return found;
}

/** 5.x takes v1 with one range; 6.x takes v2, and on some builds v1 with the names of v3 (contract 3.4). */
async function isOld(api: SiteApi, call: Call): Promise<boolean> {
  return portVlansOf((await api.info(call)).version) === "profile";
}

function primaryOf(all: readonly Row[]): Row {
  return all.find((network) => flag(network["primary"])) ?? {};
}

async function createNetwork(api: SiteApi, wish: NetworkWish, call: Call): Promise<void> {
  const all = await listNetworks(api, call);
  const primary = primaryOf(all);
  const body = (dialect: NetworkDialect): Row => networkBody(newNetwork(wish, primary), wish, dialect);
  const post = (version: 1 | 2, dialect: NetworkDialect) => (): Promise<unknown> =>
    api.send({ method: "POST", path: "/lan-networks", version, body: body(dialect) }, call);
  if (await isOld(api, call)) {
    await post(1, "v1")();
    return;
  }
  const wizard = (): Promise<unknown> => throughWizard(api, body("v3"), { primary, call });
  await api.way("making a network", [post(2, "v2"), ...(api.web === undefined ? [] : [wizard]), post(1, "v3")]);
}

/** The pages' own way, which takes no token (contract 7). */
async function throughWizard(
  api: SiteApi,
  body: Row,
  at: { readonly primary: Row; readonly call: Call },
): Promise<unknown> {
  const { id } = await api.site(at.call);
  const path = `/sites/${id}/networks/confirm`;
  const ask = { method: "POST", path, body: wizardBody(body, text(at.primary["deviceMac"])), openApi: true } as const;
  return api.web?.request(ask, at.call);
}

async function updateNetwork(api: SiteApi, id: string, wish: Partial<NetworkWish>, call: Call): Promise<void> {
  const all = await listNetworks(api, call);
  const found = rowOf(all, id, "network");
  // A network that gets a gateway address needs the ports of the gateway.
  const ports = wish.purpose === "Interface" && texts(found["interfaceIds"]).length === 0;
  const read = ports ? { ...found, interfaceIds: primaryOf(all)["interfaceIds"] } : found;
  const send = (method: "PATCH" | "PUT", version: 1 | 2, dialect: NetworkDialect) => (): Promise<unknown> =>
    api.send({ method, path: `/lan-networks/${id}`, version, body: networkBody(read, wish, dialect) }, call);
  if (await isOld(api, call)) await send("PATCH", 1, "v1")();
  else await api.way("changing a network", [send("PATCH", 2, "v2"), send("PUT", 1, "v3"), send("PATCH", 1, "v3")]);
}

async function deleteRow(
  api: SiteApi,
  at: { readonly all: readonly Row[]; readonly id: string; readonly what: string; readonly path: string },
  call: Call,
): Promise<void> {
  rowOf(at.all, at.id, at.what);
  await api.send({ method: "DELETE", path: `${at.path}/${at.id}` }, call);
}

async function createProfile(api: SiteApi, wish: ProfileWish, call: Call): Promise<void> {
  await api.send({ method: "POST", path: "/lan-profiles", body: profileBody(NEW_PROFILE, wish) }, call);
}

async function updateProfile(api: SiteApi, id: string, wish: ProfileWish, call: Call): Promise<void> {
  const read = rowOf(await listProfiles(api, call), id, "profile");
  await api.send({ method: "PATCH", path: `/lan-profiles/${id}`, body: profileBody(read, wish) }, call);
}

/** Runs a write in its turn, and looks again afterwards. */
export type Write = (act: (call: Call) => Promise<void>, signal: AbortSignal) => Promise<void>;

type Writes = Pick<OmadaPort, `${"create" | "update" | "delete"}${"Network" | "Profile"}`>;

/** `gone`: a row that we deleted ourselves needs no second look. */
export function networkWrites(api: SiteApi, write: Write, gone: (part: string, id: string) => void): Writes {
  return {
    createNetwork: (wish, signal) => write((call) => createNetwork(api, wish, call), signal),
    updateNetwork: (id, wish, signal) => write((call) => updateNetwork(api, id, wish, call), signal),
    deleteNetwork: (id, signal) =>
      write(async (call) => {
        const all = await listNetworks(api, call);
        await deleteRow(api, { all, id, what: "network", path: "/lan-networks" }, call);
        gone("networks", id);
      }, signal),
    createProfile: (wish, signal) => write((call) => createProfile(api, wish, call), signal),
    updateProfile: (id, wish, signal) => write((call) => updateProfile(api, id, wish, call), signal),
    deleteProfile: (id, signal) =>
      write(async (call) => {
        const all = await listProfiles(api, call);
        await deleteRow(api, { all, id, what: "profile", path: "/lan-profiles" }, call);
        gone("profiles", id);
      }, signal),
  };
}
