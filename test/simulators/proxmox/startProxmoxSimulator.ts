import { fileURLToPath } from "node:url";
import { startSimulator, type About, type Running } from "../shared/startSimulator.ts";
import type { SimulatorOptions } from "./options.ts";

interface ProxmoxAbout extends About {
  readonly tokenId: string;
  readonly tokenSecret: string;
}

/** A simulated Proxmox VE that runs as a process of its own. */
export interface RunningSimulator extends ProxmoxAbout, Running {}

/** Starts a simulator and waits until it answers. It ends with this process, also when this one is killed. */
export function startProxmoxSimulator(options: SimulatorOptions = {}): Promise<RunningSimulator> {
  return startSimulator<ProxmoxAbout>(fileURLToPath(new URL("main.ts", import.meta.url)), options);
}
