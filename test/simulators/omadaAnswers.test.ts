import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { isObject, type Json } from "./omada/json.ts";
import { PROFILES, type Profile } from "./omada/profile.ts";
import type { Route } from "./omada/route.ts";
import { ROUTES } from "./omada/router.ts";
import { SEED, SEED_SITE, SEED_SSIDS } from "./omada/seedSite.ts";
import { startOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { openOmada, rowsOf, type OmadaClient } from "./omadaClient.ts";

const FILE = new URL("../../../shared/contracts/omada/openapi.json", import.meta.url);

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

interface Definition {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly responses: Readonly<
              Record<string, { readonly content: Readonly<Record<string, { schema: Schema }>> }>
            >;
          }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Members that live controllers send and the definition does not have, or spells another way (contract §1.6, §3). */
const LIVE = [
  "lanNetworkIpv6Config",
  "site",
  "wanList",
  "wlanId",
  "supportMaxVlanNum",
  "createByNewUI",
  "interfaceNum",
  "vlanNums",
  "dhcpRangePoolSize",
  "supportMultiVlan",
  "combinedGateway",
];

const TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ["string"],
  boolean: ["boolean"],
  number: ["integer", "number"],
};

const ssid = (name: string): object => ({
  name,
  deviceType: 1,
  band: 3,
  guestNetEnable: false,
  security: 3,
  broadcast: true,
  vlanEnable: false,
  mloEnable: false,
  pmfMode: 2,
  enable11r: false,
  hidePwd: false,
  greEnable: false,
  pskSetting: { securityKey: "not-a-secret", versionPsk: 2, encryptionPsk: 3, gikRekeyPskEnable: false },
});

/** One of everything, so that no list is empty. */
async function fill(client: OmadaClient): Promise<Record<string, string>> {
  const lan = String((await client.rows("lan-networks"))[0]?.["id"]);
  const wlanId = String(rowsOf(await client.call("GET", "wireless-network/wlans"))[0]?.["wlanId"]);
  const made = await client.call("POST", `wireless-network/wlans/${wlanId}/ssids`, ssid("more"));
  const any = rowsOf(await client.call("GET", "profiles/groups"))[0]?.["groupId"];
  const rule = { description: "rule", status: true, policy: 0, protocols: [6], sourceType: 0, sourceIds: [lan] };
  const whole = { ...rule, destinationType: 1, destinationIds: [any] };
  const gateway = { ...whole, direction: { lanToWan: true }, stateMode: 0, syslog: false };
  await client.call("POST", "acls/osg-acls", gateway);
  await client.call("POST", "acls/osw-acls", { ...whole, bindingType: 0, etherType: { enable: false } });
  await client.call("POST", "acls/eap-acls", whole);
  const reservation = { mac: "02-00-00-00-07-01", netId: lan, status: true, ip: "192.168.0.51" };
  await client.call("POST", "setting/service/dhcp", reservation);
  return {
    networkId: lan,
    wlanId,
    ssidId: String(made.result["ssidId"]),
    switchMac: SEED.switch,
    gatewayMac: SEED.gateway,
    apMac: SEED.ap,
    deviceMac: SEED.ap,
    clientMac: "02-00-00-00-07-01",
    groupType: "0",
  };
}

describe("the answers of the Omada simulator", () => {
  if (!existsSync(FILE)) {
    it("are not compared: the reference is not beside this checkout", () => {
      expect(ROUTES.length).to.be.greaterThan(50);
    });
    return;
  }
  const definition = JSON.parse(readFileSync(FILE, "utf8")) as Definition;
  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : (definition.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});

  /** Complaints about a value: members that do not exist, and types that differ. */
  function complaints(value: unknown, given: Schema, at: string): string[] {
    const schema = resolved(given);
    if (value === null || value === undefined) return [];
    if (TYPES[typeof value]?.includes(schema.type ?? "") === true) return [];
    if (Array.isArray(value) && schema.type === "array")
      return value.flatMap((each: unknown) => complaints(each, schema.items ?? {}, `${at}[]`));
    if (isObject(value) && schema.type === "object") return membersOf(value, schema.properties, at);
    return [`${at} is no ${schema.type ?? "known thing"}`];
  }

  function membersOf(value: Json, properties: Schema["properties"], at: string): string[] {
    if (properties === undefined) return [];
    return Object.entries(value).flatMap(([key, inner]) => {
      if (LIVE.includes(key)) return [];
      const property = properties[key];
      return property === undefined ? [`${at}.${key} does not exist`] : complaints(inner, property, `${at}.${key}`);
    });
  }

  /** Reads of a version below a site, each once. */
  const readsOf = (profile: Profile): Route[] =>
    ROUTES.filter(
      (route) =>
        route.web !== true &&
        route.method === "GET" &&
        route.path.includes("{siteId}/") &&
        (route.profiles?.includes(profile) ?? true),
    );

  async function judge(client: OmadaClient, route: Route, ids: Readonly<Record<string, string>>): Promise<string[]> {
    const [, version = "", rest = ""] = /^\/openapi\/(v\d)\/.*\{siteId\}\/(.*)$/.exec(route.path) ?? [];
    const query = route.paged === true ? "?page=1&pageSize=100" : "?type=3";
    const path = rest.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
    const answer = await client.call("GET", `${version} ${path}${query}`);
    expect(answer.errorCode, route.path).to.equal(0);
    const content = definition.paths[route.path]?.["get"]?.responses["200"]?.content ?? {};
    return complaints(JSON.parse(answer.text), Object.values(content)[0]?.schema ?? {}, `${version} ${rest}`);
  }

  for (const profile of PROFILES) {
    it(`of ${profile} have the members and types of the real ones`, async function () {
      this.timeout(20_000);
      const sites = [{ ...SEED_SITE, ssids: [ssid(SEED_SSIDS.clients) as Record<string, unknown>] }];
      const simulator = await startOmadaSimulator({ profile, listLagSeconds: 0, sites, passphrase: "clear" });
      const client = await openOmada(simulator);
      const ids = await fill(client);
      const found: string[] = [];
      for (const route of readsOf(profile)) found.push(...(await judge(client, route, ids)));
      await simulator.stop();
      expect([...new Set(found)]).to.deep.equal([]);
      expect(readsOf(profile).length).to.be.greaterThan(25);
    });
  }
});
