import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fetch } from "undici";
import type { Homelab } from "../../controller/api/index.ts";
import { API_VERSION } from "../../controller/api/meta.ts";
import { NAMESPACE } from "./demoManifests.ts";
import { kubeServer, type KubeServer } from "./kubeServer.ts";
import { OUR_COLLECTIONS, sceneOf, type Scene } from "./scene.ts";

interface Item {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Item[];
}

interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: Item;
}

const AGAIN_MS = 500;

/** Watches the lab with its own eyes: plain list and watch over HTTPS, nothing of the controller's code. */
export class Observer {
  readonly #server: KubeServer;
  readonly #seen = new Map<string, Map<string, Item>>();
  /** How far each collection has been seen: the newest resourceVersion of it that list or watch has shown. */
  readonly #reached = new Map<string, bigint>();
  readonly #changed = new EventTarget();
  readonly #itemListeners = new Set<(collection: string, name: string, item: unknown) => void>();
  readonly #namespace: string;

  constructor(kubeconfigPath: string, namespace = NAMESPACE) {
    this.#server = kubeServer(kubeconfigPath);
    this.#namespace = namespace;
  }

  /** Calls back after each change until the observer ends. */
  onChange(listener: () => void): void {
    this.#changed.addEventListener("change", listener);
  }

  /** Calls back for each object as it is seen, by the plural of its kind; undefined: it is gone. */
  onItem(listener: (collection: string, name: string, item: unknown) => void): void {
    this.#itemListeners.add(listener);
  }

  /** Resolves at the next change; rejects when aborted. */
  async nextChange(signal: AbortSignal): Promise<void> {
    await once(this.#changed, "change", { signal });
  }

  /**
   * Resolves once everything that stands at the API server now has been seen, so that `scene` is no older than the last
   * write of the one who asks. Rejects when aborted or when the API server cannot be asked.
   */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const lists = Object.entries(collectionsIn(this.#namespace)).map(async ([collection, path]) => {
      const { items } = (await (await this.#get(path, signal)).json()) as List;
      return { collection, newest: newestOf(items) };
    });
    for (const { collection, newest } of await Promise.all(lists))
      while ((this.#reached.get(collection) ?? -1n) < newest) await this.nextChange(signal);
  }

  /** The one of `scene`, without putting the rest together. */
  get homelab(): Homelab | undefined {
    return this.#seen.get("homelabs")?.values().next().value as unknown as Homelab | undefined;
  }

  get scene(): Scene {
    return sceneOf((collection) => [...(this.#seen.get(collection)?.values() ?? [])]);
  }

  /** Watches until aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      Object.entries(collectionsIn(this.#namespace)).map(([name, path]) => this.#follow(name, path, signal)),
    );
    await this.#server.agent.destroy();
  }

  async #follow(collection: string, path: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const from = await this.#list(collection, path, signal);
        await this.#watch(collection, `${path}?watch=1&allowWatchBookmarks=true&resourceVersion=${from}`, signal);
      } catch {
        // Not there yet, or gone for a moment: looked at again.
        await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #list(collection: string, path: string, signal: AbortSignal): Promise<string> {
    const response = await this.#get(path, signal);
    const { metadata, items } = (await response.json()) as List;
    this.#seen.set(collection, new Map(items.map((item) => [item.metadata.name, item])));
    this.#reached.set(collection, newestOf(items));
    for (const item of items) this.#tell(collection, item.metadata.name, item);
    this.#changed.dispatchEvent(new Event("change"));
    return metadata.resourceVersion;
  }

  async #watch(collection: string, path: string, signal: AbortSignal): Promise<void> {
    const response = await this.#get(path, signal);
    let rest = "";
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(collection, JSON.parse(line) as WatchLine);
    }
  }

  #take(collection: string, { type, object }: WatchLine): void {
    const known = this.#seen.get(collection);
    if (type === "ERROR") throw new Error(`the watch of ${collection} is too old`);
    if (type === "BOOKMARK") return;
    if (type === "DELETED") known?.delete(object.metadata.name);
    else known?.set(object.metadata.name, object);
    this.#reached.set(collection, newestOf([object]));
    this.#tell(collection, object.metadata.name, type === "DELETED" ? undefined : object);
    this.#changed.dispatchEvent(new Event("change"));
  }

  #tell(collection: string, name: string, item: unknown): void {
    for (const listener of this.#itemListeners) listener(collection, name, item);
  }

  async #get(path: string, signal: AbortSignal): Promise<Awaited<ReturnType<typeof fetch>>> {
    const { url, token, agent } = this.#server;
    const response = await fetch(`${url}${path}`, {
      dispatcher: agent,
      headers: { Authorization: `Bearer ${token}` },
      signal,
    });
    if (!response.ok) throw new Error(`GET ${path}: ${String(response.status)} ${await response.text()}`);
    return response;
  }
}

/** Of one collection resourceVersions compare as numbers. */
function newestOf(items: readonly Item[]): bigint {
  return items.reduce((newest, { metadata }) => {
    const version = BigInt(metadata.resourceVersion);
    return version > newest ? version : newest;
  }, 0n);
}

function collectionsIn(namespace: string): Readonly<Record<string, string>> {
  const ours = `/apis/${API_VERSION}/namespaces/${namespace}`;
  return {
    ...Object.fromEntries(OUR_COLLECTIONS.map((plural) => [plural, `${ours}/${plural}`])),
    events: `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  };
}
