import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../../controller/base/clock.ts";
import { silentLog } from "../../../controller/base/log.ts";
import type { ProxmoxConnection, ProxmoxPort } from "../../../controller/providers/port.ts";
import type { ConnectPorts } from "../../../controller/providers/proxmox/connect.ts";
import { connectProxmox } from "../../../controller/providers/proxmox/connect.ts";
import type { RunningSimulator } from "../../simulators/proxmox/startProxmoxSimulator.ts";

const LONGEST_MS = 20_000;

/** A connection of the real adapter to a simulator, looking once a second. */
export function connectTo(
  simulator: RunningSimulator,
  change: Partial<ProxmoxConnection> = {},
  ports: Partial<ConnectPorts> = {},
): ProxmoxPort {
  const connection: ProxmoxConnection = {
    name: "lab",
    endpoints: [simulator.url],
    tokenId: simulator.tokenId,
    tokenSecret: simulator.tokenSecret,
    tls: { ca: simulator.ca },
    pollIntervalSeconds: 1,
    ...change,
  };
  return connectProxmox(connection, { clock: systemClock, log: silentLog, allowed: () => undefined, ...ports });
}

/** Waits until the condition holds; fails after 20 s. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = systemClock.monotonic() + LONGEST_MS;
  while (!(await condition())) {
    if (systemClock.monotonic() > end) throw new Error(`not within ${String(LONGEST_MS)} ms: ${what}`);
    await sleep(20);
  }
}

export interface Logged {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly user: string;
}

/** Every request that the simulator saw. */
export async function accessLog(simulator: RunningSimulator): Promise<readonly Logged[]> {
  return (await simulator.admin("GET", "/log")) as readonly Logged[];
}
