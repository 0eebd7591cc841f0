import { ProviderError } from "../../base/outcome.ts";
import type { OmadaPort, WlanRef, WlanWish } from "../omadaPort.ts";
import { row, text } from "../shared/decode.ts";
import type { Write } from "./networks.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";
import { newWlan, passphraseOf, wlanBody } from "./wlanWire.ts";

function pathOf(groupId: string): string {
  return `/wireless-network/wlans/${groupId}/ssids`;
}

/** 5.15 says of an SSID that is gone the same as of a wrong value, so its list is asked first (contract 1.10). */
async function checkThere(api: SiteApi, { groupId, id }: WlanRef, call: Call): Promise<void> {
  const all = await api.list(pathOf(groupId), call);
  if (all.some((one) => text(one["ssidId"]) === id)) return;
  throw new ProviderError("missing", `Omada does not show the SSID ${id}`);
}

async function updateWlan(api: SiteApi, ref: WlanRef, wish: Partial<WlanWish>, call: Call): Promise<void> {
  await checkThere(api, ref, call);
  const path = `${pathOf(ref.groupId)}/${ref.id}`;
  const detail = row(await api.get(path, call));
  const passphrase = wish.passphrase ?? passphraseOf(detail) ?? (await passphraseOfPages(api, ref, call));
  const body = wlanBody(detail, wish, passphrase);
  await api.send({ method: "PATCH", path: `${path}/update-basic-config`, body }, call);
}

/**
 * The pages show it where the Open API does not (contract 3.9); kept no longer than this write takes. Without a web session
 * that works it is not known, and Omada refuses a write that needs it.
 */
async function passphraseOfPages(api: SiteApi, { groupId, id }: WlanRef, call: Call): Promise<string | undefined> {
  if (api.web === undefined) return undefined;
  try {
    const all = await api.webRows(`/setting/wlans/${groupId}/ssids`, call);
    return passphraseOf(all.find((one) => text(one["id"]) === id) ?? {});
  } catch (error) {
    if (error instanceof ProviderError && ["unauthorized", "permission"].includes(error.kind)) return undefined;
    throw error;
  }
}

type Writes = Pick<OmadaPort, "createWlan" | "updateWlan" | "deleteWlan">;

/** `changed`: its detail is read anew; `gone`: a row that we deleted ourselves needs no second look. */
export function wlanWrites(
  api: SiteApi,
  write: Write,
  told: { readonly changed: (id: string) => void; readonly gone: (part: string, id: string) => void },
): Writes {
  return {
    createWlan: (groupId, wish, signal) =>
      write(async (call) => {
        await api.send({ method: "POST", path: pathOf(groupId), body: newWlan(wish) }, call);
      }, signal),
    updateWlan: (ref, wish, signal) =>
      write(async (call) => {
        try {
          await updateWlan(api, ref, wish, call);
        } finally {
          told.changed(ref.id);
        }
      }, signal),
    deleteWlan: (ref, signal) =>
      write(async (call) => {
        await checkThere(api, ref, call);
        await api.send({ method: "DELETE", path: `${pathOf(ref.groupId)}/${ref.id}` }, call);
        told.gone("wlans", ref.id);
      }, signal),
  };
}
