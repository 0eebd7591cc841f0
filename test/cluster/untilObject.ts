import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { kubectlOrThrow } from "../../hack/kubectl.ts";

/** Any object as the API server shows it. */
export interface Seen {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** What to wait for: `resource` by its kubectl name ("hct"), `name` in `namespace`. */
export interface Wanted {
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
}

interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Seen;
}

export interface Expectation {
  /** "Ready": for the message when it does not come. */
  readonly what: string;
  /** Asked for each state; with undefined while there is no such object. */
  readonly holds: (object: Seen | undefined) => boolean;
  readonly deadlineMs: number;
}

type Where = Pick<ControlPlane, "kubectl" | "env">;

/** A watch says nothing of what was deleted before it began, so now and then we look. */
const LOOK_MS = 1_000;

/** The object as it is; undefined when there is none. */
export async function lookAt(where: Where, { resource, name, namespace }: Wanted): Promise<Seen | undefined> {
  const args = ["get", resource, name, "--namespace", namespace, "-o", "json", "--ignore-not-found"];
  const text = await kubectlOrThrow(where, args);
  return text === "" ? undefined : (JSON.parse(text) as Seen);
}

/**
 * Watches one object until it is as expected, and answers it as it was then; it may not exist yet.
 * Throws when the deadline passes, with the last state that was seen.
 */
export async function untilObject(
  where: Where,
  wanted: Wanted,
  { what, holds, deadlineMs }: Expectation,
): Promise<Seen | undefined> {
  let last: Seen | undefined;
  const over = new AbortController();
  const found = Promise.withResolvers<Seen | undefined>();
  const see = (object: Seen | undefined): void => {
    last = object;
    if (holds(object)) found.resolve(object);
  };
  const deadline = setTimeout(() => {
    const state = last === undefined ? "it does not exist" : JSON.stringify(last.status ?? last.spec ?? {}, null, 2);
    const object = `${wanted.resource} ${wanted.name}`;
    found.reject(new Error(`${object}: not ${what} within ${deadlineMs} ms; last seen: ${state}`));
  }, deadlineMs);
  const look = (): void => void lookAt(where, wanted).then(see).catch(found.reject);
  const looking = setInterval(look, LOOK_MS);
  look();
  watch(where, wanted, over.signal, see).catch(found.reject);
  try {
    return await found.promise;
  } finally {
    clearTimeout(deadline);
    clearInterval(looking);
    over.abort();
  }
}

/** Tells each state of the object from the present one on, until aborted. */
async function watch(
  where: Where,
  { resource, name, namespace }: Wanted,
  signal: AbortSignal,
  see: (object: Seen | undefined) => void,
): Promise<void> {
  const args = ["get", resource, "--namespace", namespace, "--field-selector", `metadata.name=${name}`];
  const child = spawn(where.kubectl, [...args, "--watch", "--output-watch-events", "-o", "json"], {
    env: where.env,
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  child.on("error", () => undefined);
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  for await (const line of createInterface(child.stdout)) {
    const { type, object } = JSON.parse(line) as WatchLine;
    see(type === "DELETED" ? undefined : object);
  }
  if (!signal.aborted) throw new Error(`the watch of ${resource} ${name} ended: ${complaint}`);
}
