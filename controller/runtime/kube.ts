import type { Key, Stored } from "../api/meta.ts";
import type { EventNote } from "../plan/action.ts";

/** What the runtime needs to know of a kind. */
export interface KindRef {
  readonly kind: string;
  readonly plural: string;
}

export type WatchEvent =
  | { readonly is: "put"; readonly object: Stored }
  | { readonly is: "deleted"; readonly object: Stored }
  | { readonly is: "bookmark"; readonly resourceVersion: string };

/** One JSON patch operation (RFC 6902). */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace" | "test";
  readonly path: string;
  readonly value?: unknown;
}

export type { EventNote } from "../plan/action.ts";

/** The resourceVersion is too old: list again (410). */
export class Expired extends Error {
  override readonly name = "Expired";
}
/** Somebody wrote first: read again (409, or a failed `test`). */
export class Conflict extends Error {
  override readonly name = "Conflict";
}
/** The object is not there (404). */
export class Gone extends Error {
  override readonly name = "Gone";
}
/** The API server did not answer, or with 429 or 5xx. */
export class KubeUnavailable extends Error {
  override readonly name = "KubeUnavailable";
  /** HTTP status, 0 without an answer. */
  readonly status: number;
  constructor(message: string, status: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}
/** RBAC refuses (403). */
export class Forbidden extends Error {
  override readonly name = "Forbidden";
}

/** The API server understood and will not have it (400, 422): a defect of ours, or a CRD of another version. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export interface Secret {
  readonly resourceVersion: string;
  /** Decoded. */
  readonly data: Readonly<Record<string, string>>;
}

/** coordination.k8s.io/v1 Lease, the fields an election needs. */
export interface LeaseRecord {
  readonly resourceVersion: string;
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** All we ask of the API server. No call is retried inside. */
export interface Kube {
  list(
    kind: KindRef,
    namespace: string,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly Stored[]; readonly resourceVersion: string }>;
  /** Ends when the server ends it; throws `Expired` or `KubeUnavailable`. Asks for bookmarks. */
  watch(kind: KindRef, namespace: string, resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** JSON patch of the object or of its status subresource; answers the object as stored. Throws `Conflict`, `Gone`. */
  patch(
    kind: KindRef,
    key: Key,
    part: "object" | "status",
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<Stored>;
  /** events.k8s.io/v1. */
  event(about: Stored, note: EventNote, signal: AbortSignal): Promise<void>;
  secret(namespace: string, name: string, signal: AbortSignal): Promise<Secret>;
  lease(namespace: string, name: string, signal: AbortSignal): Promise<LeaseRecord | undefined>;
  /** Creates (no resourceVersion) or replaces the lease; throws `Conflict` when it changed meanwhile. */
  putLease(
    namespace: string,
    name: string,
    record: Omit<LeaseRecord, "resourceVersion"> & { readonly resourceVersion?: string },
    signal: AbortSignal,
  ): Promise<LeaseRecord>;
  /** True while the namespace is being deleted (I7). */
  namespaceTerminating(namespace: string, signal: AbortSignal): Promise<boolean>;
  /** systemUUIDs of the cluster's nodes, lower case; undefined when we may not list them (I6). */
  nodeUuids(signal: AbortSignal): Promise<readonly string[] | undefined>;
}
