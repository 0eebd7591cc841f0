import fastJsonPatch from "fast-json-patch";
import { FINALIZER, type BaseStatus, type Stored } from "../api/meta.ts";
import type { PatchOperation } from "./kube.ts";

/**
 * Operations that turn the object's status into `next`; none when it reads so already (S1).
 *
 * `unless` names whose write makes it fail: anybody's to the object, or only one to the status. The latter is for what
 * must not be lost because a person edits the spec at that moment.
 */
export function statusPatch(
  object: Stored,
  next: BaseStatus,
  unless: "object" | "status" = "object",
): readonly PatchOperation[] {
  const before = object.status === undefined ? {} : { status: object.status };
  const changes = fastJsonPatch.compare(before, { status: next }) as readonly PatchOperation[];
  if (changes.length === 0) return [];
  return [unless === "object" ? unchanged(object) : sameStatus(object), ...changes];
}

/** Operations that add or remove our finalizer and touch nobody else's; none when nothing is to do (I7). */
export function finalizerPatch(object: Stored, step: "add" | "remove"): readonly PatchOperation[] {
  const finalizers = object.metadata.finalizers ?? [];
  const at = finalizers.indexOf(FINALIZER);
  if (step === "add") {
    if (at >= 0) return [];
    return finalizers.length === 0
      ? [unchanged(object), { op: "add", path: "/metadata/finalizers", value: [FINALIZER] }]
      : [unchanged(object), { op: "add", path: "/metadata/finalizers/-", value: FINALIZER }];
  }
  if (at < 0) return [];
  const path = `/metadata/finalizers/${String(at)}`;
  return [
    { op: "test", path, value: FINALIZER },
    { op: "remove", path },
  ];
}

function unchanged(object: Stored): PatchOperation {
  return { op: "test", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion };
}

function sameStatus(object: Stored): PatchOperation {
  return object.status === undefined
    ? { op: "test", path: "/metadata/uid", value: object.metadata.uid }
    : { op: "test", path: "/status", value: object.status };
}
