import { API_VERSION, GROUP, type Key, type Stored } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import {
  Forbidden,
  Gone,
  type EventNote,
  type Kube,
  type KindRef,
  type LeaseRecord,
  type PatchOperation,
  type Secret,
  type WatchEvent,
} from "./kube.ts";
import { errorOf, type KubeHttp, type StatusBody } from "./kubeHttp.ts";
import { leanObject } from "./leanObject.ts";

export interface KubeClientOptions {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Names this process in events; at most 128 characters are kept. */
  readonly instance: string;
}

const MANAGER = "homelab-controller";
/** Seconds after which the server ends a watch; half as much again is drawn on top, so that they don't end together. */
const WATCH_SECONDS = 240;

/** The API server through its REST interface. Facts: Kubernetes API conventions and k8s.io/api of 1.32 to 1.37. */
export class KubeClient implements Kube {
  readonly #http: KubeHttp;
  readonly #options: KubeClientOptions;
  #lastMicros = 0;

  constructor(http: KubeHttp, options: KubeClientOptions) {
    this.#http = http;
    this.#options = options;
  }

  async list(
    kind: KindRef,
    namespace: string,
    signal: AbortSignal,
  ): Promise<{ items: readonly Stored[]; resourceVersion: string }> {
    const listed = (await this.#get(collection(kind, namespace), signal)) as ListBody;
    const items = listed.items.map((item) => leanObject({ ...item, apiVersion: API_VERSION, kind: kind.kind }));
    return { items, resourceVersion: listed.metadata.resourceVersion };
  }

  async *watch(
    kind: KindRef,
    namespace: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const query = new URLSearchParams({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion,
      timeoutSeconds: String(Math.round(WATCH_SECONDS * (1 + this.#options.random() / 2))),
    });
    const lines = this.#http.lines(`${collection(kind, namespace)}?${query.toString()}`, signal);
    for await (const line of lines) yield eventOf(line as WatchLine);
  }

  async patch(
    kind: KindRef,
    key: Key,
    part: "object" | "status",
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<Stored> {
    const object = `${collection(kind, key.namespace)}/${encodeURIComponent(key.name)}`;
    // Strict: an unknown status field would be dropped silently and written again by each pass.
    const query = `?fieldManager=${MANAGER}&fieldValidation=Strict`;
    const call = {
      method: "PATCH",
      path: (part === "status" ? `${object}/status` : object) + query,
      body: operations,
      contentType: "application/json-patch+json",
    } as const;
    return leanObject((await this.#http.json(call, signal)) as Stored);
  }

  /** The rules of events.k8s.io/v1 are strict: times with microseconds, a qualified controller, none of the old fields. */
  async event(about: Stored, note: EventNote, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid, resourceVersion } = about.metadata;
    const eventTime = this.#microTime();
    const body = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: this.#eventName(name), namespace },
      eventTime,
      reportingController: `${GROUP}/${MANAGER}`,
      reportingInstance: this.#options.instance.slice(0, 128),
      action: note.action.slice(0, 128),
      reason: note.reason.slice(0, 128),
      note: note.message.slice(0, 1_024),
      type: note.type,
      regarding: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
    };
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    await this.#http.json({ method: "POST", path, body }, signal);
  }

  async secret(namespace: string, name: string, signal: AbortSignal): Promise<Secret> {
    const secret = (await this.#get(core(namespace, `secrets/${encodeURIComponent(name)}`), signal)) as SecretBody;
    const data = Object.entries(secret.data ?? {}).map(([key, value]) => [key, fromBase64(value)] as const);
    return { resourceVersion: secret.metadata.resourceVersion, data: Object.fromEntries(data) };
  }

  async lease(namespace: string, name: string, signal: AbortSignal): Promise<LeaseRecord | undefined> {
    try {
      return recordOf((await this.#get(`${leases(namespace)}/${encodeURIComponent(name)}`, signal)) as LeaseBody);
    } catch (error) {
      if (error instanceof Gone) return undefined;
      throw error;
    }
  }

  async putLease(
    namespace: string,
    name: string,
    record: Omit<LeaseRecord, "resourceVersion"> & { readonly resourceVersion?: string },
    signal: AbortSignal,
  ): Promise<LeaseRecord> {
    const { resourceVersion, ...spec } = record;
    const metadata = { name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
    const all = leases(namespace);
    const call =
      resourceVersion === undefined
        ? ({ method: "POST", path: all, body } as const)
        : ({ method: "PUT", path: `${all}/${encodeURIComponent(name)}`, body } as const);
    return recordOf((await this.#http.json(call, signal)) as LeaseBody);
  }

  async namespaceTerminating(namespace: string, signal: AbortSignal): Promise<boolean> {
    try {
      const found = (await this.#get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`, signal)) as NamespaceBody;
      return found.metadata.deletionTimestamp !== undefined;
    } catch (error) {
      if (error instanceof Gone) return true;
      throw error;
    }
  }

  async nodeUuids(signal: AbortSignal): Promise<readonly string[] | undefined> {
    try {
      const { items } = (await this.#get("/api/v1/nodes", signal)) as NodesBody;
      return items.map((node) => node.status.nodeInfo.systemUUID.toLowerCase());
    } catch (error) {
      if (error instanceof Forbidden) return undefined;
      throw error;
    }
  }

  /** As client-go names events; the API server refuses a generateName that ends in a dot. */
  #eventName(about: string): string {
    const unique = Math.floor(this.#options.random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
    return `${about.slice(0, 220)}.${this.#lastMicros.toString(16)}${unique}`;
  }

  #get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#http.json({ method: "GET", path }, signal);
  }

  /** metav1.MicroTime, later than any before, so that events sort as they were written. */
  #microTime(): string {
    const micros = Math.max(this.#lastMicros + 1, this.#options.clock.now() * 1_000);
    this.#lastMicros = micros;
    const whole = new Date(Math.floor(micros / 1_000)).toISOString().slice(0, -1);
    return `${whole}${String(micros % 1_000).padStart(3, "0")}Z`;
  }
}

interface ListBody {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Stored[];
}

type WatchLine =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: Stored }
  | { readonly type: "ERROR"; readonly object: StatusBody };

interface SecretBody {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

interface LeaseBody {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec?: Partial<Omit<LeaseRecord, "resourceVersion">>;
}

interface NamespaceBody {
  readonly metadata: { readonly deletionTimestamp?: string };
}

interface NodesBody {
  readonly items: readonly { readonly status: { readonly nodeInfo: { readonly systemUUID: string } } }[];
}

function eventOf(line: WatchLine): WatchEvent {
  switch (line.type) {
    case "ADDED":
    case "MODIFIED":
      return { is: "put", object: leanObject(line.object) };
    case "DELETED":
      return { is: "deleted", object: line.object };
    case "BOOKMARK":
      return { is: "bookmark", resourceVersion: line.object.metadata.resourceVersion };
    case "ERROR":
      throw errorOf(line.object);
  }
}

function recordOf(lease: LeaseBody): LeaseRecord {
  const { spec = {} } = lease;
  return {
    resourceVersion: lease.metadata.resourceVersion,
    holderIdentity: spec.holderIdentity ?? "",
    leaseDurationSeconds: spec.leaseDurationSeconds ?? 15,
    acquireTime: spec.acquireTime ?? "",
    renewTime: spec.renewTime ?? "",
    leaseTransitions: spec.leaseTransitions ?? 0,
  };
}

function collection(kind: KindRef, namespace: string): string {
  return `/apis/${API_VERSION}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`;
}

function core(namespace: string, rest: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${rest}`;
}

function leases(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

function fromBase64(value: string): string {
  return Buffer.from(value, "base64").toString("utf8");
}
