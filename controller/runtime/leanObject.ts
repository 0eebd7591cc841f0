import type { Stored } from "../api/meta.ts";

/**
 * The object without `managedFields`: half of what the API server sends, of no use to us, and kept for each object as
 * long as we live.
 */
export function leanObject(object: Stored): Stored {
  const { managedFields: _, ...metadata } = object.metadata as Stored["metadata"] & {
    readonly managedFields?: unknown;
  };
  return { ...object, metadata };
}
