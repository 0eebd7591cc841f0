import { parseAllDocuments } from "yaml";
import { kinds, parseSpec, type Kind } from "../api/index.ts";
import { API_VERSION, GROUP } from "../api/meta.ts";
import { unknownFields } from "./unknownFields.ts";
import { BadManifest, type ManifestText } from "./manifestTexts.ts";

/** An object as a person wrote it. */
export interface Written {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: unknown;
}

/** Decoded. */
export interface WrittenSecret {
  readonly namespace: string;
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface Manifests {
  readonly objects: readonly Written[];
  readonly secrets: readonly WrittenSecret[];
  /** Objects of other groups: "Namespace lab". */
  readonly others: readonly string[];
}

interface Body {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

interface Found {
  readonly body: Body;
  readonly text: ManifestText;
}

/** Reads the documents. Throws `BadManifest` with every problem of every object, a line each. */
export function manifestsOf(texts: readonly ManifestText[], defaultNamespace: string): Manifests {
  const found = texts.flatMap((text) => documentsIn(text));
  const problems: string[] = [];
  const objects: Written[] = [];
  const secrets: WrittenSecret[] = [];
  const others: string[] = [];
  for (const one of found) {
    const name = nameIn(one.body);
    const what = `${String(one.body.kind)} ${name}`;
    const group = typeof one.body.apiVersion === "string" ? one.body.apiVersion : "";
    const at = { name, namespace: one.text.namespace ?? textIn(one.body.metadata, "namespace") ?? defaultNamespace };
    if (group.split("/")[0] === GROUP) {
      problems.push(...problemsOf(one.body, group).map((problem) => `${one.text.path}: ${what}: ${problem}`));
      objects.push(writtenOf(one.body, at));
    } else if (group === "v1" && one.body.kind === "Secret") secrets.push(secretOf(one.body, at));
    else others.push(what);
  }
  problems.push(...twice(objects));
  if (problems.length > 0) throw new BadManifest(problems.join("\n"));
  return { objects, secrets, others };
}

/** YAML as Kubernetes reads it (1.1); a List is what is in it. */
function documentsIn(text: ManifestText): readonly Found[] {
  const documents = parseAllDocuments(text.text, { version: "1.1" });
  return [...documents].flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw new BadManifest(`${text.path}: ${error.message}`);
    const body: unknown = document.toJS();
    if (body === null || body === undefined) return [];
    return bodiesIn(body, `${text.path}: document ${String(index + 1)}`).map((one) => ({ body: one, text }));
  });
}

function bodiesIn(body: unknown, where: string): readonly Body[] {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new BadManifest(`${where} is no Kubernetes object`);
  const one = body as Body;
  if (typeof one.kind !== "string" || typeof one.apiVersion !== "string")
    throw new BadManifest(`${where} has no apiVersion and kind`);
  return one.kind.endsWith("List") && Array.isArray(one.items)
    ? one.items.flatMap((item: unknown) => bodiesIn(item, where))
    : [one];
}

/** What the schema says against it; rules over several fields only the API server checks. */
function problemsOf(body: Body, apiVersion: string): readonly string[] {
  const kind: Kind | undefined = kinds.find((one) => one.kind === body.kind);
  if (kind === undefined) return [`${GROUP} has no such kind; it has ${kinds.map((one) => one.kind).join(", ")}`];
  if (apiVersion !== API_VERSION) return [`apiVersion is ${apiVersion}, and this controller reads ${API_VERSION}`];
  if (nameIn(body) === "") return ["metadata.name is required"];
  const parsed = parseSpec(kind, { spec: body.spec });
  return [...(parsed.ok ? [] : parsed.problems), ...unknownFields(kind, body.spec)];
}

function writtenOf(body: Body, at: { readonly name: string; readonly namespace: string }): Written {
  return {
    kind: String(body.kind),
    ...at,
    annotations: textsIn(body.metadata?.["annotations"]),
    labels: textsIn(body.metadata?.["labels"]),
    spec: body.spec ?? {},
  };
}

function secretOf(body: Body, at: { readonly name: string; readonly namespace: string }): WrittenSecret {
  const encoded = Object.entries(textsIn(body.data)).map(
    ([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")] as const,
  );
  return { ...at, data: { ...Object.fromEntries(encoded), ...textsIn(body.stringData) } };
}

function twice(objects: readonly Written[]): readonly string[] {
  const names = objects.map(({ kind, namespace, name }) => `${kind} ${name} in ${namespace}`);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `${name} is there twice`,
  );
}

function nameIn({ metadata }: Body): string {
  return textIn(metadata, "name") ?? "";
}

function textIn(fields: Readonly<Record<string, unknown>> | undefined, key: string): string | undefined {
  const value = fields?.[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textsIn(fields: unknown): Readonly<Record<string, string>> {
  if (typeof fields !== "object" || fields === null) return {};
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)]));
}
