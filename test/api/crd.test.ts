import { expect } from "chai";
import { columnsOf, objectSchema, toCrd } from "../../controller/api/crd.ts";
import { kinds } from "../../controller/api/index.ts";
import type { Kind, Rule } from "../../controller/api/kind.ts";
import type { JsonSchema } from "../../controller/api/schema.ts";

const each: readonly Kind[] = kinds;

/** The schema a simple JSONPath leads to; list filters go into the items. */
function at(schema: JsonSchema, path: string): JsonSchema | undefined {
  const parts = path
    .replaceAll(/\[[^\]]*\]/g, ".*")
    .split(".")
    .filter((part) => part !== "");
  return parts.reduce<JsonSchema | undefined>(
    (found, part) => (part === "*" ? found?.items : found?.properties?.[part]),
    schema,
  );
}

/** Every schema below, with its path. */
function below(schema: JsonSchema, path = ""): readonly (readonly [string, JsonSchema])[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => below(child, `${path}.${name}`));
  const items = schema.items === undefined ? [] : below(schema.items, `${path}[]`);
  return [[path, schema], ...children, ...items];
}

function rulesOf(schema: JsonSchema): readonly Rule[] {
  return (schema["x-kubernetes-validations"] ?? []) as readonly Rule[];
}

for (const kind of each) {
  const schema = objectSchema(kind);
  describe(`CRD of ${kind.kind}`, () => {
    it("has columns that lead to declared fields of the column's type", () => {
      for (const column of columnsOf(kind)) {
        if (column.path === ".metadata.creationTimestamp") continue;
        const target = at(schema, column.path);
        expect(target, column.path).to.not.equal(undefined);
        expect(target?.type, column.path).to.equal(column.type);
      }
    });

    it("ends its columns with READY, STATUS, AGE and the wide MESSAGE", () => {
      const names = columnsOf(kind).map((column) => column.name.toUpperCase());
      expect(names.slice(-4)).to.deep.equal(["READY", "STATUS", "AGE", "MESSAGE"]);
      expect(columnsOf(kind).at(-1)?.priority).to.equal(1);
    });

    it("lets at most eight scalar fields be selected", () => {
      expect(kind.selectableFields.length).to.be.at.most(8);
      for (const field of kind.selectableFields)
        expect(["string", "integer"], field).to.include(at(schema, field)?.type);
    });

    it("describes every field in a sentence", () => {
      const fields = below(schema).filter(([path]) => path !== ".metadata" && path !== "" && !path.endsWith("[]"));
      for (const [path, field] of fields) expect(field.description, path).to.match(/[.]$/);
    });

    it("gives every rule a message that is longer than the rule's field and has no line break", () => {
      for (const [path, field] of below(schema)) {
        for (const rule of rulesOf(field)) expect(rule.message, path).to.match(/^.{12,}$/);
      }
    });

    it("has required fields as keys of its merged lists", () => {
      for (const [path, field] of below(schema)) {
        const keys = (field["x-kubernetes-list-map-keys"] ?? []) as readonly string[];
        for (const key of keys) expect(field.items?.required, path).to.include(key);
      }
    });

    it("uses no word as a value that YAML 1.1 reads as true or false", () => {
      const values = below(schema)
        .flatMap(([, field]) => field.enum ?? [])
        .map(String);
      for (const value of values) expect(value.toLowerCase()).to.not.match(/^(y|yes|n|no|on|off)$/);
    });

    it("reads as not yet observed until the controller has seen it", () => {
      expect(schema.properties?.["status"]?.default).to.deep.equal({ observedGeneration: -1 });
    });

    it("lets suspend be written on it, off by default", () => {
      expect(at(schema, ".spec.suspend")).to.include({ type: "boolean", default: false });
    });

    it("shows its own conditions besides Ready in a fixed order, each with its meaning", () => {
      for (const condition of kind.conditions) expect(condition.means).to.match(/[.]$/);
      expect(new Set(kind.conditions.map((condition) => condition.type)).size).to.equal(kind.conditions.length);
    });
  });
}

describe("CRDs", () => {
  it("share the category lab, which is no kind's name, and short names with an h that nobody has twice", () => {
    const names = each.map(
      (kind) => (toCrd(kind) as { spec: { names: { categories: readonly string[] } } }).spec.names,
    );
    for (const { categories } of names) expect(categories).to.deep.equal(["lab"]);
    const shorts = each.flatMap((kind) => kind.shortNames);
    expect(shorts).to.deep.equal([
      "hpve",
      "homada",
      "hnet",
      "hdev",
      "hwlan",
      "hacl",
      "hclients",
      "hll",
      "hct",
      "hvm",
      "hsnap",
      "hl",
    ]);
  });
});
