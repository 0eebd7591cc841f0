import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { MESSAGES } from "./omada/messages.ts";
import type { Route } from "./omada/route.ts";
import { fullPath, ROUTES } from "./omada/router.ts";
import type { Field, Shape } from "./omada/shape.ts";

const CONTRACT = new URL("../../../shared/contracts/omada/", import.meta.url);
const FILE = new URL("openapi.json", CONTRACT);

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly pattern?: string;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

interface Definition {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Members of live controllers that the definition leaves out (contract §3.4 to §3.6). */
const NOT_IN_DEFINITION = ["profileVlanOverrideEnable"];

/** Required by the definition; live it may be in the query as well (contract §1.7). */
const OPTIONAL_LIVE = ["client_id", "client_secret"];

/** Verbs of live controllers that the definition leaves out. */
const LIVE_ONLY = ["PUT /openapi/v1/{omadacId}/sites/{siteId}/lan-networks/{networkId}"];

/** Members that the definition has and these declarations do not look into; they are taken as they come. */
const UNDECLARED: Readonly<Record<string, readonly string[]>> = {
  "lan-networks": ["dhcpv6", "passthrough", "ra", "rdnss", "slaac"],
  networks: ["dhcpv6", "passthrough", "ra", "rdnss", "slaac", "dhcpRelay", "dhcpServer", "ip", "stackId", "vrfId"],
  "lan-profiles": ["bandCtrl", "stormCtrl", "dhcpL2RelaySettings"],
  ports: [
    "arpDetectEnable",
    "bandCtrl",
    "dhcpSnoopEnable",
    "fecLinkPeerApplyEnable",
    "fecMode",
    "igmpSnoopingEnable",
    "impbs",
    "lagSetting",
    "mirroredLags",
    "nativeBridgeVlan",
    "portAlertEnable",
    "qosQueueEnable",
    "queueId",
    "stormCtrl",
    "tagBridgeVlanMap",
    "untagBridgeVlanMap",
    "voiceBridgeVlan",
    "circuitId",
    "remoteId",
  ],
  wlans: ["entSetting", "ppskSetting"],
  "osw-acls": ["bindingBridgeVlan", "customAclDevices", "stackId", "standardCustomPortIds", "vrfId"],
  clients: [
    "authStatus",
    "authType",
    "device",
    "deviceType",
    "health",
    "ipExist",
    "ipcNvr",
    "model",
    "sourceTime",
    "timeEnd",
    "timeStart",
    "vendor",
  ],
  "general-config": ["location", "gpsEnable", "remoteReset", "rssiLedSettings", "lagHashAlg", "sdm", "snmp"],
  "radio-config": ["autoSwitchOffWifi", "autoSwitchOffWifiInterval", "interTimeStamp", "rrmType"],
};

const nameOf = (route: Route): string => `${route.method} ${route.path}`;

/** Which of the lists above speak for a path. */
function undeclaredFor(path: string): Set<string> {
  const parts = path.split("/");
  return new Set(Object.entries(UNDECLARED).flatMap(([part, keys]) => (parts.includes(part) ? keys : [])));
}

describe("the declarations of the Omada simulator", () => {
  const open = ROUTES.filter((route) => route.web !== true && route.path.startsWith("/openapi/"));
  if (!existsSync(FILE)) {
    it("are not compared: the reference is not beside this checkout", () => {
      expect(open.length).to.be.greaterThan(50);
    });
    return;
  }
  const definition = JSON.parse(readFileSync(FILE, "utf8")) as Definition;

  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : (definition.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});

  function operationOf(route: Route): Operation {
    const operation = definition.paths[route.path]?.[route.method.toLowerCase()];
    if (operation === undefined) throw new Error(`the real one has no ${nameOf(route)}`);
    return operation;
  }

  function compareField(field: Field, given: Schema, at: string, undeclared: Set<string>): void {
    const schema = resolved(given);
    if (field.type === "map") {
      expect(schema.additionalProperties, `${at} is no map`).to.not.equal(undefined);
      return;
    }
    expect(field.type, at).to.equal(schema.type);
    if (field.type === "array") compareField(field.items, schema.items ?? {}, `${at}[]`, undeclared);
    if (field.type === "object") compareShape(field.fields, schema, at, undeclared);
    if (field.type === "string" && schema.pattern !== undefined)
      expect(field.pattern ?? field.format, `${at}: its pattern is not checked`).to.not.equal(undefined);
    if (field.type === "string" && field.pattern !== undefined && schema.pattern !== undefined)
      expect(field.pattern, at).to.equal(schema.pattern);
  }

  function compareShape(shape: Shape, given: Schema, at: string, undeclared: Set<string>): void {
    const schema = resolved(given);
    const properties = schema.properties ?? {};
    for (const [key, field] of Object.entries(shape)) {
      if (NOT_IN_DEFINITION.includes(key)) continue;
      const property = properties[key];
      if (property === undefined) throw new Error(`${at}.${key} does not exist`);
      compareField(field, property, `${at}.${key}`, undeclared);
      const required = !OPTIONAL_LIVE.includes(key) && schema.required?.includes(key) === true;
      expect(field.required ?? false, `${at}.${key} is required`).to.equal(required);
    }
    const missing = Object.keys(properties).filter((key) => shape[key] === undefined && !undeclared.has(key));
    expect(missing, `${at}: not declared`).to.deep.equal([]);
  }

  for (const route of open.filter((each) => !LIVE_ONLY.includes(nameOf(each)))) {
    it(`${nameOf(route)} takes what the real one takes`, () => {
      const operation = operationOf(route);
      const content = Object.values(operation.requestBody?.content ?? {})[0];
      if (content === undefined) expect(route.body, "a body").to.equal(undefined);
      else compareShape(route.body ?? {}, content.schema, "body", undeclaredFor(route.path));
      const names = (operation.parameters ?? []).filter(({ required }) => required).map(({ name }) => name);
      const inQuery = route.paged === true && route.body === undefined;
      expect(names.includes("pageSize"), "wants a page in its query").to.equal(inQuery);
    });
  }

  it("have the texts of the real codes", () => {
    type Code = { readonly messages: readonly string[] };
    const codes = JSON.parse(readFileSync(new URL("error-codes.json", CONTRACT), "utf8")) as Record<string, Code>;
    for (const [code, text] of Object.entries(MESSAGES)) {
      const known = codes[code]?.messages ?? [];
      if (known.length > 0) expect(known, code).to.include(text);
    }
  });

  it("name each path once a version", () => {
    for (const profile of ["5.15", "6.2", "6.3"] as const) {
      const names = ROUTES.filter((route) => route.profiles?.includes(profile) ?? true).map(
        (route) => `${route.method} ${fullPath(route)}`,
      );
      expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
    }
  });
});
