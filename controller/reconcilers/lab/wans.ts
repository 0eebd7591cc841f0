import { NetworkDevice } from "../../api/index.ts";
import type { WanFact } from "../../plan/lab.ts";
import type { World } from "../../runtime/store.ts";
import { readable } from "../shared/objects.ts";

/** Declared WAN ports of the gateways that are seen online now; a gateway that is not seen says nothing (O3). */
export function wansIn(world: Pick<World, "list">, namespace: string): readonly WanFact[] {
  return readable(NetworkDevice, world, namespace).flatMap(({ status, metadata }) => {
    const online = status?.conditions?.some(({ type, status: holds }) => type === "Online" && holds === "True");
    if (online !== true) return [];
    return (status?.wan ?? []).map((wan) => ({ what: `${wan.name} of ${metadata.name}`, online: wan.online }));
  });
}
