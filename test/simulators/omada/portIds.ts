import { createHash } from "node:crypto";
import { MODELS, type ModelPort } from "./models.ts";
import type { Device } from "./world.ts";

/** A port of a gateway with the id that networks name it by. */
export interface PortId extends ModelPort {
  readonly id: string;
}

/** "<number>_<32 hex digits>", the same at each start. */
export function portIdsOf(gateway: Device): readonly PortId[] {
  return (MODELS[gateway.model]?.ports ?? []).map((port) => {
    const digest = createHash("md5").update(`${gateway.mac} ${port.port}`).digest("hex");
    return { ...port, id: `${port.port}_${digest}` };
  });
}

export const lanPortIds = (gateway: Device): readonly PortId[] => portIdsOf(gateway).filter((port) => port.mode === 1);
