import type { SnapshotPolicy } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import { idOf, type Guest } from "../../plan/lab.ts";
import type { World } from "../../runtime/store.ts";
import { guestsIn } from "../shared/objects.ts";

/** The guests a policy names, by their ids. */
export function selectedBy({ spec, metadata }: SnapshotPolicy, world: Pick<World, "list">): readonly Guest[] {
  const { selector, targets = [] } = spec;
  const named = (guest: Guest): boolean =>
    targets.some(({ kind, name }) => kind === guest.kind && name === guest.metadata.name);
  const selected = (guest: Guest): boolean =>
    selector !== undefined &&
    (selector.layerRef === undefined || selector.layerRef.name === guest.spec.layerRef.name) &&
    (selector.matchLabels ?? []).every(({ key, value }) => guest.metadata.labels?.[key] === value);
  return guestsIn(world, metadata.namespace)
    .filter((guest) => !isDeleting(guest) && (named(guest) || selected(guest)))
    .toSorted((a, b) => idOf(a).localeCompare(idOf(b)));
}
