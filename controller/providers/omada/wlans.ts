import type { Clock } from "../../base/clock.ts";
import type { SiteSeen, WlanSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { flag, row, text } from "../shared/decode.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";
import { withoutPassphrase, wlanSeen } from "./wlanWire.ts";

/** A detail is read again after so long although nothing says that it changed; one of them with a look. */
const STALE_MS = 300_000;

interface Known {
  readonly summary: string;
  readonly detail: Row;
  /** Monotonic milliseconds. */
  readonly readAt: number;
}

type Groups = NonNullable<SiteSeen["wlanGroups"]>;

/**
 * WLAN groups and their SSIDs. The list tells half of an SSID; its detail is read when it is new, when its line in the list
 * changed, after a write of ours, and the oldest one in turn (O5).
 */
export class WlanLook {
  readonly #api: SiteApi;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(api: SiteApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** We changed it, or tried to. */
  changed(id: string): void {
    this.#known.delete(id);
  }

  async look(call: Call): Promise<{ readonly groups: Groups; readonly wlans: readonly WlanSeen[] }> {
    const groups = (await this.#api.list("/wireless-network/wlans", call)).map((group) => ({
      id: text(group["wlanId"]) ?? "",
      name: text(group["name"]) ?? "",
      primary: flag(group["primary"]),
    }));
    const lists = await Promise.all(
      groups.map(async ({ id }) => {
        const summaries = await this.#api.list(`/wireless-network/wlans/${id}/ssids`, call);
        return summaries.map((summary) => ({ groupId: id, summary, id: text(summary["ssidId"]) ?? "" }));
      }),
    );
    const all = lists.flat();
    for (const id of this.#known.keys()) if (!all.some((one) => one.id === id)) this.#known.delete(id);
    const stale = this.#oldest();
    const wlans = await Promise.all(
      all.map(async ({ groupId, summary, id }) => {
        const written = JSON.stringify(summary);
        const known = this.#known.get(id);
        const fresh = known?.summary === written && known !== stale;
        const detail = fresh ? known.detail : await this.#read(groupId, id, written, call);
        return wlanSeen(groupId, summary, detail);
      }),
    );
    return { groups, wlans };
  }

  #oldest(): Known | undefined {
    const [first] = [...this.#known.values()].toSorted((a, b) => a.readAt - b.readAt);
    if (first === undefined || this.#clock.monotonic() - first.readAt < STALE_MS) return undefined;
    return first;
  }

  async #read(groupId: string, id: string, summary: string, call: Call): Promise<Row> {
    const readAt = this.#clock.monotonic();
    const read = await this.#api.get(`/wireless-network/wlans/${groupId}/ssids/${id}`, call);
    const detail = withoutPassphrase(row(read));
    this.#known.set(id, { summary, detail, readAt });
    return detail;
  }
}
