import type { Reconciler } from "../../runtime/reconcile.ts";
import type { Connections } from "../shared/connections.ts";
import { networkDriver } from "./networkDriver.ts";
import { accessKind, clientGroupKind, deviceKind, wirelessKind } from "./networkKinds.ts";
import type { NetworkShop } from "./networkShop.ts";
import { omadaDriver } from "./omadaDriver.ts";
import { segmentDriver } from "./segmentDriver.ts";

type AnyDriver = ConstructorParameters<typeof Reconciler>[0];

/** The drivers of everything that is the network, by kind. */
export function networkDrivers(shop: NetworkShop, connections: Connections): readonly (readonly [string, AnyDriver])[] {
  return [
    ["OmadaController", omadaDriver(shop)],
    ["NetworkSegment", segmentDriver({ world: shop.parts.world, connections, shop })],
    ["NetworkDevice", networkDriver(deviceKind(shop), shop)],
    ["WirelessNetwork", networkDriver(wirelessKind(shop), shop)],
    ["AccessRule", networkDriver(accessKind(shop), shop)],
    ["ClientGroup", networkDriver(clientGroupKind(shop), shop)],
  ];
}
