import type { Metadata } from "../../api/meta.ts";

/** The object is deleted and goes with this pass: our finalizer is taken off, or it has none. */
export function isReleased(
  { deletionTimestamp, finalizers = [] }: Pick<Metadata, "deletionTimestamp" | "finalizers">,
  finalizer: "add" | "remove" | undefined,
): boolean {
  return deletionTimestamp !== undefined && (finalizer === "remove" || finalizers.length === 0);
}
