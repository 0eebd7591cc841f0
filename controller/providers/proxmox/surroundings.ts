import type { BridgeSeen, Permissions } from "../port.ts";
import { flag, number, present, row, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";

/** MTU of a bridge that declares none. */
const DEFAULT_MTU = 1500;

/** Our own effective privileges; the value 1 says that they propagate (contract 9.3). */
export async function readPermissions(engine: Engine, signal: AbortSignal): Promise<Permissions> {
  const data: unknown = await engine.api({ signal }).access.permissions.$get();
  return new Map(
    Object.entries(row(data)).map(([path, privileges]) => [
      path,
      new Map(Object.entries(row(privileges)).map(([name, propagates]) => [name, flag(propagates)])),
    ]),
  );
}

/** Bridges a guest can be plugged into, as configured; numbers may be text (contract 6.1). */
export async function readBridges(engine: Engine, node: string, signal: AbortSignal): Promise<readonly BridgeSeen[]> {
  const data: unknown = await engine.api({ signal }).nodes.$(node).network.$get({ type: "any_bridge" });
  return rows(data)
    .map((bridge) =>
      present({
        name: text(bridge["iface"]) ?? "",
        // A vnet is not listed with a state of its own.
        active: flag(bridge["active"]) || bridge["type"] === "vnet",
        vlanAware: flag(bridge["bridge_vlan_aware"]) || bridge["type"] === "OVSBridge",
        mtu: number(bridge["mtu"]) ?? DEFAULT_MTU,
        cidr: text(bridge["cidr"]),
        gateway: text(bridge["gateway"]),
      }),
    )
    .filter((bridge) => bridge.name !== "");
}
