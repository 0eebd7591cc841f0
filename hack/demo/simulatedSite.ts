import { startOmadaSimulator, type RunningOmadaSimulator } from "../../test/simulators/omada/startOmadaSimulator.ts";
import type { RunningSimulator } from "../../test/simulators/proxmox/startProxmoxSimulator.ts";

/** The guest that Omada runs in: omada21, as the seed has it. */
export const OMADA_VMID = 101;

/** Passphrases of the simulated SSIDs, by key of the Secret. */
export const PASSPHRASES: Readonly<Record<string, string>> = {
  clients: "correct horse battery staple",
  cameras: "correct camera battery staple",
};

/**
 * The seed's site: its controller is there while its guest runs. `address` is that guest's, for a host on which it is
 * still to be made.
 */
export function startSite({ adminUrl }: RunningSimulator, address: string): Promise<RunningOmadaSimulator> {
  return startOmadaSimulator({
    ...{ profile: "6.2", speed: 4, startSeconds: 4, address },
    followGuest: { adminUrl, vmid: OMADA_VMID },
  });
}
