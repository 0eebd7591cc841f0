import { systemClock } from "../../../controller/base/clock.ts";
import { silentLog } from "../../../controller/base/log.ts";
import type { ConnectPorts } from "../../../controller/providers/omada/connect.ts";
import { connectOmada } from "../../../controller/providers/omada/connect.ts";
import type { OmadaConnection, OmadaPort } from "../../../controller/providers/omadaPort.ts";
import type { RunningOmadaSimulator } from "../../simulators/omada/startOmadaSimulator.ts";

/** A connection of the real adapter to a simulator, looking once a second, with a web session unless told. */
export function connectTo(
  simulator: RunningOmadaSimulator,
  change: Partial<OmadaConnection> = {},
  ports: Partial<ConnectPorts> = {},
): OmadaPort {
  const { clientId, clientSecret, username, password } = simulator;
  const connection: OmadaConnection = {
    name: "lab",
    endpoint: simulator.url,
    site: "Default",
    clientId,
    clientSecret,
    web: { username, password },
    tls: { ca: simulator.ca },
    pollIntervalSeconds: 1,
    ...change,
  };
  return connectOmada(connection, { clock: systemClock, log: silentLog, allowed: () => undefined, ...ports });
}

/** The same without a web session. */
export function connectWithoutWeb(
  simulator: RunningOmadaSimulator,
  change: Partial<Omit<OmadaConnection, "web">> = {},
  ports: Partial<ConnectPorts> = {},
): OmadaPort {
  const { clientId, clientSecret } = simulator;
  const connection: OmadaConnection = {
    name: "lab",
    endpoint: simulator.url,
    site: "Default",
    clientId,
    clientSecret,
    tls: { ca: simulator.ca },
    pollIntervalSeconds: 1,
    ...change,
  };
  return connectOmada(connection, { clock: systemClock, log: silentLog, allowed: () => undefined, ...ports });
}
