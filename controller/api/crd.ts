import type { Column, Kind } from "./kind.ts";
import { GROUP, VERSION } from "./meta.ts";
import { schemaOf } from "./schema.ts";
import type { JsonSchema } from "./schema.ts";

/** `kubectl get lab` lists every kind. Not "homelab": kubectl expands a category before a resource name. */
export const CATEGORY = "lab";

const ready = (part: string): string => `.status.conditions[?(@.type=="Ready")].${part}`;

const lastColumns: readonly Column[] = [
  { name: "Ready", type: "string", path: ready("status"), description: "Whether it is as declared." },
  { name: "Status", type: "string", path: ready("reason"), description: "Reason of the Ready condition." },
  { name: "Age", type: "date", path: ".metadata.creationTimestamp", description: "Time since it was created." },
  { name: "Message", type: "string", path: ready("message"), description: "What is and what to do.", priority: 1 },
];

/** All columns of the kind, in the order they are printed. */
export function columnsOf(kind: Kind): readonly Column[] {
  return [...kind.columns, ...lastColumns];
}

/** metav1.Condition, to the letter. */
const condition: JsonSchema = {
  description: "One aspect of the object's state.",
  type: "object",
  required: ["type", "status", "lastTransitionTime", "reason", "message"],
  properties: {
    type: {
      description: "Type of the condition, in CamelCase.",
      type: "string",
      maxLength: 316,
      pattern:
        "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    },
    status: { description: "True, False or Unknown.", type: "string", enum: ["True", "False", "Unknown"] },
    observedGeneration: {
      description: "Generation of the object that the condition was set for.",
      type: "integer",
      format: "int64",
      minimum: 0,
    },
    lastTransitionTime: { description: "When the status last changed.", type: "string", format: "date-time" },
    reason: {
      description: "Why, in one word; docs/reasons.md lists them.",
      type: "string",
      minLength: 1,
      maxLength: 1024,
      pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    },
    message: {
      description: "What is, what was expected and what to do, in a sentence.",
      type: "string",
      maxLength: 32_768,
    },
  },
};

function statusSchema(kind: Kind): JsonSchema {
  const own = schemaOf(kind.status, "status");
  return {
    description: "What the controller observed. Written by the controller only.",
    type: "object",
    // The moment before the first pass reads as not yet observed; tools would take no status for ready.
    default: { observedGeneration: -1 },
    properties: {
      observedGeneration: {
        description: "Generation of the object this status was made for; -1 before the first pass.",
        type: "integer",
        format: "int64",
      },
      conditions: {
        description: "State of the object: Stalled, Reconciling, Ready and the kind's own.",
        type: "array",
        maxItems: 16,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        items: condition,
      },
      ...own.properties,
    },
  };
}

/** Schema of the whole object, as `openAPIV3Schema` wants it. */
export function objectSchema(kind: Kind): JsonSchema {
  const spec = schemaOf(kind.spec, "spec");
  // A spec that may be empty may be left out.
  const optional = (spec.required ?? []).length === 0;
  return {
    description: kind.description,
    type: "object",
    ...(optional ? {} : { required: ["spec"] }),
    properties: {
      apiVersion: { description: `${GROUP}/${VERSION}.`, type: "string" },
      kind: { description: `${kind.kind}.`, type: "string" },
      metadata: { type: "object" },
      spec: {
        ...spec,
        description: "What is wanted. Written by people only.",
        ...(optional ? { default: {} } : {}),
      },
      status: statusSchema(kind),
    },
    ...(kind.rules.length === 0 ? {} : { "x-kubernetes-validations": kind.rules }),
  };
}

/** The CustomResourceDefinition of the kind. Throws when the declaration cannot be a structural schema. */
export function toCrd(kind: Kind): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: kind.shortNames,
        categories: [CATEGORY],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columnsOf(kind).map(({ path, ...column }) => ({ ...column, jsonPath: path })),
          ...(kind.selectableFields.length === 0
            ? {}
            : { selectableFields: kind.selectableFields.map((jsonPath) => ({ jsonPath })) }),
          schema: { openAPIV3Schema: objectSchema(kind) },
        },
      ],
    },
  };
}
