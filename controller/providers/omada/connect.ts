import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { ProviderError } from "../../base/outcome.ts";
import type { OmadaConnection, OmadaPort } from "../omadaPort.ts";
import type { SitePart, SiteSeen } from "../omadaSeen.ts";
import { Quiet } from "../shared/quiet.ts";
import type { RequestRecord } from "../shared/requestRecord.ts";
import { View } from "../shared/view.ts";
import { Belief } from "./belief.ts";
import { deviceWrites } from "./devices.ts";
import { Look } from "./look.ts";
import { networkWrites, type Write } from "./networks.ts";
import { OpenApi } from "./openApi.ts";
import { ruleWrites } from "./rules.ts";
import { SiteApi } from "./site.ts";
import { Transport } from "./transport.ts";
import { Turns } from "./turns.ts";
import { WebSession } from "./webSession.ts";
import { wlanWrites } from "./wlanWrites.ts";

const BUSY_MS = 2_000;
const DOUBT = "a list that shrank";

export interface ConnectPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Called immediately before each write leaves; throws a `ProviderError("unreachable")` without the lease (P1). */
  readonly allowed: () => void;
  readonly onRequest?: (record: RequestRecord) => void;
  /** Where the sequence numbers begin: after those of the connection before, so that they never go back (O2). */
  readonly firstSequence?: number;
}

/** Which parts are read: what anybody wants. */
class Wanted {
  readonly #keys = new Map<string, ReadonlySet<SitePart>>();

  parts(): ReadonlySet<SitePart> {
    return new Set([...this.#keys.values()].flatMap((parts) => [...parts]));
  }

  /** True when a part is wanted that was not before. */
  set(key: string, parts: ReadonlySet<SitePart>): boolean {
    const before = this.parts();
    if (parts.size === 0) this.#keys.delete(key);
    else this.#keys.set(key, parts);
    return [...parts].some((part) => !before.has(part));
  }
}

/** Connects to a site of an Omada controller and begins to look at it. Throws `spec` for an endpoint that is no https URL. */
export function connectOmada(connection: OmadaConnection, ports: ConnectPorts): OmadaPort {
  const { clock } = ports;
  const log = ports.log.with({ omadaController: connection.name });
  const quiet = new Quiet(clock);
  const transport = new Transport(connection, {
    clock,
    allowed: () => {
      if (!view.sure) throw new ProviderError("unreachable", "Omada did not answer the last look; nothing was sent");
      ports.allowed();
    },
    ...(ports.onRequest === undefined ? {} : { onRequest: ports.onRequest }),
    ...(ports.firstSequence === undefined ? {} : { firstSequence: ports.firstSequence }),
  });
  const api = siteApi(connection, transport, { clock, quiet });
  const belief = new Belief();
  const look = new Look(api, clock, belief);
  const wanted = new Wanted();
  const view = new View<SiteSeen>({
    clock,
    log,
    product: "Omada",
    pollIntervalSeconds: connection.pollIntervalSeconds,
    busyMs: BUSY_MS,
    look: async (_before, signal) => {
      if (!view.sure) api.forget();
      const seen = await look.look(wanted.parts(), transport.mark(), { signal, poll: true });
      view.keepBusy(DOUBT, look.doubts);
      return seen;
    },
    nextTryTime: () => quiet.nextTryTime,
  });
  view.begin();
  const turns = new Turns(clock);
  const write: Write = async (act, signal) => {
    try {
      await turns.take(() => act({ signal }), signal);
    } finally {
      view.hurry();
    }
  };
  return {
    ...writes(api, { write, belief, look }),
    seen: () => view.seen(),
    reach: () => view.reach(),
    sure: () => view.sure,
    tlsVerified: connection.tls.insecureSkipVerify !== true,
    onChange: (listener) => view.onChange(listener),
    hurry: () => view.hurry(),
    keepBusy: (key, busy) => view.keepBusy(key, busy),
    want: (key, parts) => {
      if (wanted.set(key, parts)) view.hurry();
    },
    mark: () => transport.mark(),
    close: () => {
      view.close();
      transport.close();
    },
  };
}

/** The web session is quiet by itself after a refusal: a wrong password does not silence the Open API. */
function siteApi(
  connection: OmadaConnection,
  transport: Transport,
  { clock, quiet }: { readonly clock: Clock; readonly quiet: Quiet },
): SiteApi {
  const api = new OpenApi(connection, transport, { clock, quiet });
  const { web } = connection;
  const session = web === undefined ? undefined : new WebSession(web, transport, { api, quiet: new Quiet(clock) });
  return new SiteApi(api, session, connection.site);
}

function writes(
  api: SiteApi,
  { write, belief, look }: { readonly write: Write; readonly belief: Belief; readonly look: Look },
): ReturnType<typeof networkWrites> &
  ReturnType<typeof deviceWrites> &
  ReturnType<typeof wlanWrites> &
  ReturnType<typeof ruleWrites> {
  const gone = (part: string, id: string): void => {
    belief.gone(part, id);
  };
  return {
    ...networkWrites(api, write, gone),
    ...deviceWrites(api, write),
    ...wlanWrites(api, write, { gone, changed: (id) => look.lists.wlans.changed(id) }),
    ...ruleWrites(api, write, gone),
  };
}
