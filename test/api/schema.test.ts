import { expect } from "chai";
import { z } from "zod";
import { intOrString, list, oneOf, withRules } from "../../controller/api/fields.ts";
import { schemaOf } from "../../controller/api/schema.ts";

const field = (schema: z.ZodType) => schemaOf(z.object({ field: schema }), "spec").properties?.["field"];

describe("schema", () => {
  it("refuses what a structural schema cannot hold, and names the field", () => {
    const union = z.union([z.string().max(3), z.int()]).describe("Either.");
    expect(() => field(union)).to.throw("spec.field: anyOf cannot be part of a structural schema");
    expect(() => field(z.record(z.string().max(3), z.string().max(3)).describe("A map."))).to.throw("spec.field");
    expect(() => field(z.unknown().describe("Anything."))).to.throw("spec.field: a field needs one type");
    expect(() => field(z.strictObject({}).describe("Closed."))).to.throw("additionalProperties");
    const either = z.discriminatedUnion("is", [z.object({ is: z.literal("a") }), z.object({ is: z.literal("b") })]);
    expect(() => field(either.describe("One of."))).to.throw("spec.field: oneOf");
  });

  it("refuses a field without description, a string without maxLength and a list without maxItems", () => {
    expect(() => field(z.boolean())).to.throw("spec.field: a field needs a description");
    expect(() => field(z.string().describe("Text."))).to.throw("spec.field: a string needs a maxLength");
    expect(() => field(z.array(z.boolean()).describe("Flags."))).to.throw("spec.field: a list needs maxItems");
    const deep = z.object({
      inner: z
        .array(z.object({ name: z.string().describe("Name.") }))
        .max(3)
        .describe("Items."),
    });
    expect(() => field(deep.describe("Deep."))).to.throw("spec.field.inner[].name: a string needs a maxLength");
  });

  it("keeps defaults of enums and booleans in the schema and those of numbers in the description alone", () => {
    expect(field(oneOf("Mode.", ["On1", "Off1"]).default("On1"))).to.include({
      default: "On1",
      description: "Mode. Default: On1.",
    });
    expect(field(z.boolean().describe("Flag.").default(true))).to.include({ default: true });
    const number = field(z.int().min(1).max(9).describe("Count.").default(3));
    expect(number).to.deep.equal({
      description: "Count. Default: 3.",
      type: "integer",
      format: "int32",
      minimum: 1,
      maximum: 9,
    });
  });

  it("keeps every default inside list items out of the schema, since it would show as drift", () => {
    const items = list("Items.", z.object({ mode: oneOf("Mode.", ["A", "B"]).default("A") }), 3);
    expect(field(items)?.items?.properties?.["mode"]).to.deep.equal({
      description: "Mode. Default: A.",
      type: "string",
      enum: ["A", "B"],
    });
  });

  it("gives a nested object an empty default only where a default inside it would appear", () => {
    const shows = z
      .object({ mode: oneOf("Mode.", ["A", "B"]).default("A") })
      .describe("Shows.")
      .prefault({});
    const hides = z
      .object({ count: z.int().describe("Count.").default(1) })
      .describe("Hides.")
      .prefault({});
    expect(field(shows)?.default).to.deep.equal({});
    expect(field(hides)).to.not.have.property("default");
  });

  it("writes a number or string in the one form Kubernetes knows", () => {
    expect(field(intOrString("Quorum."))).to.deep.equal({
      description: "Quorum.",
      "x-kubernetes-int-or-string": true,
      anyOf: [{ type: "integer" }, { type: "string" }],
    });
  });

  it("drops zod's bounds of a safe integer and keeps written ones", () => {
    expect(field(z.int().describe("Any."))).to.deep.equal({ description: "Any.", type: "integer", format: "int64" });
    expect(field(z.int().min(0).max(5_000_000_000).describe("Big."))).to.include({
      format: "int64",
      maximum: 5_000_000_000,
    });
  });

  it("carries CEL rules through optional and default", () => {
    const rule = { rule: "self > 1", message: "too small" };
    const ruled = withRules(z.int(), rule).describe("Ruled.").exactOptional();
    expect(field(ruled)?.["x-kubernetes-validations"]).to.deep.equal([rule]);
  });
});
