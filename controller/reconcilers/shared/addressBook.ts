import { ClientGroup } from "../../api/index.ts";
import { reservedBy, type AddressBook } from "../../plan/addresses.ts";
import type { World } from "../../runtime/store.ts";
import { guestsIn, readable, segmentsIn } from "./objects.ts";

/** All that the Static addresses of a namespace are checked against. */
export function addressBook(namespace: string, world: Pick<World, "list">): AddressBook {
  return {
    segments: new Map(segmentsIn(world, namespace).map((segment) => [segment.metadata.name, segment])),
    guests: guestsIn(world, namespace),
    reserved: reservedBy(readable(ClientGroup, world, namespace)),
  };
}
