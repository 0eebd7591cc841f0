import type { z } from "zod";
import type { BaseStatus, Stored } from "./meta.ts";

/** A CEL rule of the CRD (`x-kubernetes-validations`). The API server shows `message` to the person who applies. */
export interface Rule {
  /** CEL; `self` is the value the rule is attached to, `oldSelf` its former value (then it runs on updates only). */
  readonly rule: string;
  readonly message: string;
  /** CEL that makes the message, where it should quote what was written. `message` stands in when it fails. */
  readonly messageExpression?: string;
  /** Absent: invalid. FieldValueDuplicate is not among them: with it the API server leaves the message out. */
  readonly reason?: "FieldValueForbidden" | "FieldValueRequired";
  /** The field the error points at, relative to the value. */
  readonly fieldPath?: string;
}

/** What `kubectl get` prints. `path` is one simple JSONPath; no joins, no `[*]`. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date" | "boolean";
  readonly path: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** One of the kind's conditions beside Stalled and Reconciling, for the reference docs. */
export interface ConditionText {
  readonly type: string;
  readonly means: string;
}

/**
 * One declaration of a kind: its TypeScript type, CRD, printer columns, roles and reference page are all made from it.
 * `spec` and `status` are zod objects out of `fields.ts`, so that each field has a description and a bound.
 */
export interface Kind<
  N extends string = string,
  S extends z.ZodObject = z.ZodObject,
  T extends z.ZodObject = z.ZodObject,
> {
  readonly kind: N;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** What the kind is for: first line of `kubectl explain` and of its docs page. */
  readonly description: string;
  readonly spec: S;
  /** Without conditions and observedGeneration: `crd.ts` adds them. */
  readonly status: T;
  /** Before READY, STATUS, AGE and the wide MESSAGE, which every kind has. */
  readonly columns: readonly Column[];
  /** Besides Ready, Reconciling and Stalled. */
  readonly conditions: readonly ConditionText[];
  /** Fields for `kubectl get --field-selector`. */
  readonly selectableFields: readonly string[];
  /** Rules over the whole object; of the metadata they may use the name only. */
  readonly rules: readonly Rule[];
}

/** Declares a kind. */
export function defineKind<const N extends string, S extends z.ZodObject, T extends z.ZodObject>(
  declaration: Omit<Kind<N, S, T>, "singular">,
): Kind<N, S, T> {
  return { ...declaration, singular: declaration.kind.toLowerCase() };
}

/** T, readonly all the way down. */
export type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/**
 * The spec with every documented default filled in, as `parseSpec` returns it. What the API server stores may lack the
 * numbers and the defaults inside list items: parse before use.
 */
export type SpecOf<K extends Kind> = Frozen<z.output<K["spec"]>>;

export type StatusOf<K extends Kind> = Frozen<z.output<K["status"]>> & BaseStatus;

/** An object of the kind, its spec parsed. */
export type ObjectOf<K extends Kind> = Stored<SpecOf<K>, StatusOf<K>> & { readonly kind: K["kind"] };
