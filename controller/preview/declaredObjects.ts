import { isDeepStrictEqual } from "node:util";
import { kinds, parseSpec, type Kind } from "../api/index.ts";
import { API_VERSION, type Stored } from "../api/meta.ts";
import { rfc3339 } from "../base/clock.ts";
import type { Written } from "./manifests.ts";

export interface Declaring {
  /** What the API server has. */
  readonly stored: readonly Stored[];
  /** What is stored and not written counts as deleted. */
  readonly prune: boolean;
  /** Wall clock. */
  readonly now: number;
}

/** What would be stored once the files are applied: what is written in the place of what is there, with its status. */
export function declaredObjects(written: readonly Written[], { stored, prune, now }: Declaring): readonly Stored[] {
  const before = new Map(stored.map((object) => [keyOf(object.kind, object.metadata), object]));
  const time = rfc3339(now);
  const applied = written.map((one, index) => {
    const old = before.get(keyOf(one.kind, one));
    before.delete(keyOf(one.kind, one));
    return old === undefined ? fresh(one, index, time) : changed(old, one);
  });
  return [...applied, ...[...before.values()].map((object) => (prune ? deleted(object, time) : object))];
}

function keyOf(kind: string, { namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${kind}/${namespace}/${name}`;
}

function fresh({ kind, namespace, name, annotations, labels, spec }: Written, index: number, time: string): Stored {
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: {
      name,
      namespace,
      annotations,
      labels,
      uid: `planned-${String(index + 1)}`,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: time,
    },
    spec,
  };
}

/** Annotations and labels that the file does not name stay, as with kubectl apply. */
function changed(old: Stored, { annotations, labels, spec }: Written): Stored {
  const { metadata } = old;
  return {
    ...old,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, ...annotations },
      labels: { ...metadata.labels, ...labels },
      generation: metadata.generation + (isSame(old, spec) ? 0 : 1),
    },
    spec,
  };
}

/** With the defaults filled in on both sides. */
function isSame({ kind: name, spec: before }: Stored, spec: unknown): boolean {
  const kind: Kind | undefined = kinds.find((one) => one.kind === name);
  return kind !== undefined && isDeepStrictEqual(parseSpec(kind, { spec: before }), parseSpec(kind, { spec }));
}

function deleted(object: Stored, time: string): Stored {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, deletionTimestamp: metadata.deletionTimestamp ?? time } };
}
