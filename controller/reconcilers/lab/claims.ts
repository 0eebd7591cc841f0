import type { Guest } from "../../api/index.ts";
import { isDeleting, type Stored } from "../../api/meta.ts";
import { markText, type VmidsOf } from "../../plan/mark.ts";
import type { World } from "../../runtime/store.ts";
import { older } from "../shared/objects.ts";

/** Who declares which vmid in one namespace. */
export interface Claims {
  /**
   * What the objects declare, for reading the marks on the guest with this vmid. An object that is being deleted is no
   * claimant of it (I5); its mark on another guest is still a copy.
   */
  vmidsOf(vmid: number): VmidsOf;
  /**
   * Another object that has the vmid, as "Container db"; undefined: nobody, it is this one's. Of several claimants the
   * one named in the mark wins, else the older, else the smaller name (I1); against an object that is being deleted
   * anybody who declares it (I5).
   * @param tags of the guest; undefined while it is not seen: then the last written condition Owned stands for the mark.
   */
  rivalOf(object: Guest, tags: readonly string[] | undefined): string | undefined;
}

/** Counts every guest object of the namespace, also those whose spec cannot be used: they claim their vmid all the same. */
export function claimsIn(world: Pick<World, "list">, namespace: string): Claims {
  const objects = [...world.list("Container", namespace), ...world.list("VirtualMachine", namespace)];
  const byName = Map.groupBy(objects, (object) => object.metadata.name);
  const byVmid = Map.groupBy(objects, declared);
  return {
    vmidsOf: (vmid) => (name) =>
      (byName.get(name) ?? [])
        .filter((object) => !(isDeleting(object) && declared(object) === vmid))
        .flatMap((object) => declared(object) ?? []),
    rivalOf: (object, tags) => {
      const others = (byVmid.get(object.spec.vmid) ?? []).filter(
        (other) => other.metadata.uid !== object.metadata.uid && !isDeleting(other),
      );
      return others.length === 0 ? undefined : winner(object, others, tags);
    },
  };
}

function declared(object: Stored): number | undefined {
  return (object.spec as { readonly vmid?: number } | undefined)?.vmid;
}

function winner(object: Guest, others: readonly Stored[], tags: readonly string[] | undefined): string | undefined {
  const [first] = [...(isDeleting(object) ? [] : [object]), ...others].sort(
    (a, b) => Number(isMarked(b, tags)) - Number(isMarked(a, tags)) || older(a, b) || a.kind.localeCompare(b.kind),
  );
  if (first === undefined || first.metadata.uid === object.metadata.uid) return undefined;
  return `${first.kind} ${first.metadata.name}`;
}

function isMarked({ metadata, status }: Stored, tags: readonly string[] | undefined): boolean {
  if (tags !== undefined) return tags.includes(markText(metadata));
  return status?.conditions?.some(({ type, status: holds }) => type === "Owned" && holds === "True") === true;
}
