import type { DeviceKind } from "./world.ts";

/** One port of a model: copper or SFP; of a gateway also what it can be. */
export interface ModelPort {
  readonly port: number;
  readonly name: string;
  readonly sfp?: true;
  /** 0 WAN, 1 WAN or LAN, 2 LAN. */
  readonly type?: 0 | 1 | 2;
  /** 0 WAN, 1 LAN. */
  readonly mode?: 0 | 1;
}

/** Hardware as it is sold. */
export interface Model {
  readonly kind: DeviceKind;
  readonly version: string;
  readonly firmware: string;
  readonly poePorts: number;
  readonly ports: readonly ModelPort[];
}

function switchPorts(copper: number, sfp: number): readonly ModelPort[] {
  return Array.from({ length: copper + sfp }, (_, index) => ({
    port: index + 1,
    name: `Port${index + 1}`,
    ...(index >= copper ? { sfp: true as const } : {}),
  }));
}

const GATEWAY: readonly ModelPort[] = [
  { port: 1, name: "WAN1", type: 0, mode: 0 },
  { port: 2, name: "WAN/LAN1", type: 1, mode: 1 },
  { port: 3, name: "WAN/LAN2", type: 1, mode: 1 },
  { port: 4, name: "WAN/LAN3", type: 1, mode: 1 },
  { port: 5, name: "LAN1", type: 2, mode: 1 },
];

const AP: readonly ModelPort[] = [{ port: 1, name: "ETH1" }];

/** The models that can be in a simulated site. */
export const MODELS: Readonly<Record<string, Model>> = {
  ER605: { kind: "gateway", version: "2.0", firmware: "2.2.6 Build 20240718", poePorts: 0, ports: GATEWAY },
  SG3428: {
    kind: "switch",
    version: "2.30",
    firmware: "2.30.3 Build 20240325",
    poePorts: 0,
    ports: switchPorts(24, 4),
  },
  SG2210P: {
    kind: "switch",
    version: "5.20",
    firmware: "5.20.5 Build 20240420",
    poePorts: 8,
    ports: switchPorts(8, 2),
  },
  "EAP225-Outdoor": { kind: "ap", version: "3.0", firmware: "5.1.6 Build 20240612", poePorts: 0, ports: AP },
};
