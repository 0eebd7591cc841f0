import type { NetworkDevice } from "../../controller/api/index.ts";
import type { Colour, Ink } from "./ink.ts";
import { conditionOf, readyOf, type Ready } from "./ready.ts";
import type { NetworkObject, NetworkScene } from "./scene.ts";

/** Lines that the network takes: with a line for each device, or all in one. */
export const NETWORK_LINES = { tall: 5, short: 1 } as const;

interface Look {
  readonly network: NetworkScene;
  readonly ink: Ink;
  readonly colourOf: (ready: Ready) => Colour;
}

/** The network as lines: its controller, the devices with their places, and how many of the rest are as declared. */
export function networkLines(look: Look, tall: boolean): readonly string[] {
  const { network, ink, colourOf } = look;
  const { controller, devices } = network;
  if (controller === undefined) return [];
  const ready = readyOf(controller);
  const rest = parts(look).join("  ");
  if (!tall) {
    const first = ready.status === "True" ? part("devices", devices, look) : ink(colourOf(ready), ready.reason);
    return [`  ${ink("bold", "network")}  ${first}  ${rest}`];
  }
  const online = (controller.status?.summary?.devices ?? "").padEnd(18);
  const version = controller.status?.version === undefined ? "" : `Omada ${controller.status.version} (simulated)`;
  return [
    `  ${ink("bold", "network".padEnd(29))} ${online} ${ink(colourOf(ready), ready.reason.padEnd(15))} ${ink("dim", version)}`,
    ...devices.toSorted((a, b) => rank(a) - rank(b)).map((device) => deviceLine(device, look)),
    `  ${rest}`,
  ];
}

/** From the Internet inwards. */
function rank({ spec }: NetworkDevice): number {
  return ["Gateway", "Switch", "AccessPoint"].indexOf(spec.role);
}

function deviceLine(device: NetworkDevice, { ink, colourOf }: Look): string {
  const ready = readyOf(device);
  const sign = ink(colourOf(ready), ready.status === "True" ? "●" : "○");
  const { uplink = "" } = device.status?.summary ?? {};
  const state = ink(colourOf(ready), ready.reason.padEnd(15));
  return `  ${sign} ${device.metadata.name.padEnd(27)} ${uplink.padEnd(18)} ${state} ${ink("dim", device.spec.model ?? "")}`;
}

function parts(look: Look): readonly string[] {
  const { network, ink } = look;
  const { segments, wlans, rules, groups } = network;
  const few = groups.some(({ status }) => conditionOf(status, "MembersOnline")?.status !== "True");
  return [
    part("segments", segments, look),
    part("SSIDs", wlans, look),
    part("rules", rules, look),
    `${few ? ink("yellow", "○") : ink("green", "●")} clients ${String(clientsIn(groups))}`,
  ];
}

/** How many of a kind are as declared; the sign has the colour of the first that is not. */
function part(name: string, objects: readonly NetworkObject[], { ink, colourOf }: Look): string {
  const late = objects.map(readyOf).filter(({ status }) => status !== "True");
  const [first] = late;
  const sign = first === undefined ? ink("green", "●") : ink(colourOf(first), "○");
  return `${sign} ${name} ${String(objects.length - late.length)}/${String(objects.length)}`;
}

/** Online in all groups together. */
function clientsIn(groups: NetworkScene["groups"]): number {
  const counts = groups.map(({ status }) => Number.parseInt(status?.summary?.online ?? "0", 10));
  return counts.reduce((sum, count) => sum + count, 0);
}
