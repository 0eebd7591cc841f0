import type { Reason } from "../base/reasons.ts";

export const GROUP = "homelab.neuralcodelab.com";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;
/** Only objects with something to undo carry it (I7). */
export const FINALIZER = `${GROUP}/teardown`;

/** Keys of the annotations people may set; see api docs. */
export const annotation = {
  restartedAt: `${GROUP}/restarted-at`,
  reconcileRequestedAt: `${GROUP}/reconcile-requested-at`,
  forceDelete: `${GROUP}/force-delete`,
  deleteData: `${GROUP}/delete-data`,
  recreate: `${GROUP}/recreate`,
  confirmDestroys: `${GROUP}/confirm-destroys`,
  takeOver: `${GROUP}/take-over`,
} as const;

export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: Reason | ConditionReason;
  readonly message: string;
}

/** Reasons of a kind's own conditions; Ready, Reconciling and Stalled use `Reason` alone. */
export type ConditionReason = string & {};

/** What a driver says of one of the kind's own conditions; times and generation are added when written. */
export type Claim = Pick<Condition, "type" | "status" | "reason" | "message">;

export interface BaseStatus {
  readonly observedGeneration: number;
  readonly conditions?: readonly Condition[];
}

/** Any object of ours as the API server stores it. */
export interface Stored<S = unknown, T extends BaseStatus = BaseStatus> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec: S;
  readonly status?: T;
}

/** Names one object. */
export interface Key {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export function keyOf(object: Pick<Stored, "kind" | "metadata">): Key {
  return { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name };
}

/** "Container/lab/omada21": for maps, logs and sorting. */
export function keyText(key: Key): string {
  return `${key.kind}/${key.namespace}/${key.name}`;
}

/** The inverse of `keyText`. */
export function keyOfText(text: string): Key {
  const [kind = "", namespace = "", ...name] = text.split("/");
  return { kind, namespace, name: name.join("/") };
}

export function isDeleting(object: Pick<Stored, "metadata">): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function annotationOf(object: Pick<Stored, "metadata">, key: string): string | undefined {
  return object.metadata.annotations?.[key];
}
