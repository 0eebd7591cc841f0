import type { RunningOmadaSimulator } from "../../test/simulators/omada/startOmadaSimulator.ts";

/** A request as the simulated Omada controller answered it. */
export interface SiteCall {
  readonly sequence: number;
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly errorCode?: number;
  /** True for what may change something. */
  readonly write: boolean;
}

interface Client {
  readonly mac: string;
  readonly wireless: boolean;
  readonly ssid?: string;
}

/** A port by the name of its device. */
interface Port {
  readonly device: string;
  readonly port: number;
}

/** The simulated site's own log and memory, and its people: what really happened. */
export class SiteWitness {
  readonly #site: RunningOmadaSimulator;
  /** The last call before all was as declared. */
  #settled = Infinity;

  constructor(site: RunningOmadaSimulator) {
    this.#site = site;
  }

  async calls(): Promise<readonly SiteCall[]> {
    return (await this.#site.admin("GET", "/log")) as readonly SiteCall[];
  }

  /** What was sent to change something, later than the call with this number. */
  async writes(sequence = 0): Promise<readonly SiteCall[]> {
    return (await this.calls()).filter((call) => call.write && call.sequence > sequence);
  }

  /** From now on all is as declared. */
  async settle(): Promise<void> {
    this.#settled = (await this.calls()).at(-1)?.sequence ?? 0;
  }

  /** What was sent to change something although all was as declared. */
  writesAtRest(): Promise<readonly SiteCall[]> {
    return this.writes(this.#settled);
  }

  /** How many clients are there: wired, and by SSID. */
  async clients(): Promise<ReadonlyMap<string, number>> {
    const all = (await this.#site.admin("GET", "/clients")) as readonly Client[];
    const counts = new Map<string, number>();
    for (const { wireless, ssid = "" } of all) {
      const place = wireless ? ssid : "wired";
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    return counts;
  }

  /** Somebody pulls a cable out of one port and puts it into another. */
  async moveCable(from: Port, to: Port): Promise<void> {
    await this.#site.admin("POST", "/cables/move", { from, to });
  }

  /** The Internet stops answering at the router's first WAN port, or answers again; the cable has link either way. */
  async setInternet(internet: boolean): Promise<void> {
    await this.#site.admin("PATCH", "/devices/ER605/wans/1", { internet });
  }
}

/** Calls that were sent twice with the same body, in words. */
export function doubled(calls: readonly SiteCall[]): readonly string[] {
  const texts = calls.map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)}`);
  return [...new Set(texts.filter((text, index) => texts.indexOf(text) !== index))];
}
