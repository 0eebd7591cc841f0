import { fileURLToPath } from "node:url";
import { startSimulator, type About, type Running } from "../shared/startSimulator.ts";
import type { OmadaOptions } from "./options.ts";

interface OmadaAbout extends About {
  /** 32 hex digits, in every path of the API. */
  readonly omadacId: string;
  /** The first application of the options: credentials of the Open API. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The first user of the options: a web session. */
  readonly username: string;
  readonly password: string;
}

/** A simulated Omada controller that runs as a process of its own. */
export interface RunningOmadaSimulator extends OmadaAbout, Running {}

/** Starts a simulator and waits until it is ready. It ends with this process, also when this one is killed. */
export function startOmadaSimulator(options: OmadaOptions = {}): Promise<RunningOmadaSimulator> {
  return startSimulator<OmadaAbout>(fileURLToPath(new URL("main.ts", import.meta.url)), options);
}
