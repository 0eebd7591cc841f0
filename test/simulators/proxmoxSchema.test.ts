import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import type { Route } from "./proxmox/lab.ts";
import { ROUTES } from "./proxmox/router.ts";
import type { Param } from "./proxmox/schema.ts";
import { PROPERTY_FORMATS } from "./proxmox/validate.ts";

const FILE = new URL("../../../shared/contracts/proxmox/schema.json", import.meta.url);

interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly perm: unknown;
  readonly protected?: boolean;
  readonly proxyto?: unknown;
  readonly allowtoken?: boolean;
}

interface Schema {
  readonly maxIndex: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly formats: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly endpoints: readonly Endpoint[];
}

/** Endpoints that take only some of the real parameters. */
const PARTIAL = [
  "POST /cluster/backup",
  "POST /cluster/replication",
  "PUT /cluster/options",
  "PUT /access/users/{userid}/token/{tokenid}",
];

/** Real endpoints (they are in the recordings) that the trimmed reference leaves out. */
const NOT_IN_REFERENCE = ["GET /", "GET /access", "GET /access/domains", "PUT /access/password"];

/** What the reference says about a value; lengths are not in it. */
const FACTS = [
  "type",
  "optional",
  "enum",
  "minimum",
  "maximum",
  "pattern",
  "patternFlags",
  "format",
  "requires",
] as const;

function facts(param: Readonly<Record<string, unknown>> | Param): Record<string, unknown> {
  const all = param as Readonly<Record<string, unknown>>;
  return Object.fromEntries(FACTS.filter((fact) => all[fact] !== undefined).map((fact) => [fact, all[fact]]));
}

function nameOf(route: { readonly method: string; readonly path: string }): string {
  return `${route.method} ${route.path.replace("{*", "{")}`;
}

/** The real parameters, `net[n]` written out. */
function expanded(schema: Schema, endpoint: Endpoint): Record<string, Readonly<Record<string, unknown>>> {
  const kind = endpoint.path.includes("/qemu") ? "qemu" : "lxc";
  const found: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [key, param] of Object.entries(endpoint.params)) {
    const stem = /^(.+)\[n\]$/.exec(key)?.[1];
    if (stem === undefined) found[key] = param;
    else
      for (let index = 0; index <= (schema.maxIndex[kind]?.[stem] ?? 0); index += 1)
        found[`${stem}${String(index)}`] = param;
  }
  return found;
}

describe("the declarations of the Proxmox VE simulator", () => {
  if (!existsSync(FILE)) {
    it("are not compared: the reference schema is not beside this checkout", () => {
      expect(ROUTES.length).to.be.greaterThan(50);
    });
    return;
  }
  const schema = JSON.parse(readFileSync(FILE, "utf8")) as Schema;
  const real = new Map(schema.endpoints.map((endpoint) => [nameOf(endpoint), endpoint]));

  const endpointOf = (route: Route): Endpoint => {
    const endpoint = real.get(nameOf(route));
    if (endpoint === undefined) throw new Error(`Proxmox VE has no ${nameOf(route)}`);
    return endpoint;
  };

  for (const route of ROUTES.filter((each) => !NOT_IN_REFERENCE.includes(nameOf(each)))) {
    it(`${nameOf(route)} takes the parameters the real one takes`, () => {
      const params = expanded(schema, endpointOf(route));
      for (const [key, param] of Object.entries(route.params)) {
        expect(params[key], `${key} does not exist`).to.not.equal(undefined);
        expect(facts(param), key).to.deep.equal(facts(params[key] ?? {}));
      }
      const missing = Object.keys(params).filter((key) => route.params[key] === undefined);
      if (!PARTIAL.includes(nameOf(route))) expect(missing, "not declared").to.deep.equal([]);
      expect(
        missing.filter((key) => params[key]?.["optional"] !== true),
        "required but not declared",
      ).to.deep.equal([]);
    });

    it(`${nameOf(route)} asks for the privileges the real one asks for`, () => {
      const endpoint = endpointOf(route);
      expect(route.access).to.deep.equal(endpoint.perm);
      expect(route.protected ?? false, "protected").to.equal(endpoint.protected ?? false);
      expect(route.proxied ?? false, "proxied to the node").to.equal(endpoint.proxyto !== undefined);
      expect(route.noToken ?? false, "refused to tokens").to.equal(endpoint.allowtoken === false);
    });
  }

  for (const [name, format] of Object.entries(PROPERTY_FORMATS)) {
    it(`the property string ${name} has the real keys`, () => {
      const keys = schema.formats[name.replace("#/formats/", "")] ?? {};
      for (const [key, property] of Object.entries(format)) {
        expect(keys[key], `${key} does not exist`).to.not.equal(undefined);
        if (property.alias !== undefined) {
          expect(property.alias).to.equal(keys[key]?.["alias"]);
          expect(property.keyAlias).to.equal(keys[key]?.["keyAlias"]);
          continue;
        }
        expect(facts(property), key).to.deep.equal(facts(keys[key] ?? {}));
        expect(property.default_key, `${key}: default key`).to.equal(keys[key]?.["default_key"]);
      }
      const required = Object.entries(keys).filter(
        ([, value]) => value["optional"] !== true && value["alias"] === undefined,
      );
      expect(
        required.filter(([key]) => format[key] === undefined).map(([key]) => key),
        "required keys",
      ).to.deep.equal([]);
    });
  }
});
