import { expect } from "chai";
import { SEED } from "./omada/seedSite.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { openOmada, sendOmada, type OmadaClient } from "./omadaClient.ts";

type Row = Record<string, unknown>;

/** What the web session shows of a port, and the Open API does not. */
async function document(client: OmadaClient, port: number): Promise<Row> {
  const { simulator, siteId } = client;
  const base = `/${simulator.omadacId}/api/v2`;
  const { username, password } = simulator;
  const session = await sendOmada(simulator, "POST", `${base}/login`, { username, password });
  const headers = {
    Cookie: String(session.headers["set-cookie"]).split(";")[0] ?? "",
    "Csrf-Token": String(session.result["token"]),
  };
  const path = `${base}/sites/${siteId}/switches/${SEED.switch}/ports/${port}`;
  return (await sendOmada(simulator, "GET", path, undefined, headers)).result;
}

const vlan = (name: string, id: number): Row => ({ name, purpose: 0, vlanType: 0, vlan: id, igmpSnoopEnable: false });

describe("switch ports of a simulated Omada controller 6.2", () => {
  let simulator: RunningOmadaSimulator;
  let client: OmadaClient;
  const ids: Record<string, string> = {};

  before(async () => {
    simulator = await startOmadaSimulator({ profile: "6.2", speed: 50, listLagSeconds: 0 });
    client = await openOmada(simulator);
    await client.call("POST", "lan-networks", vlan("iot", 20));
    await client.call("POST", "lan-networks", vlan("guests", 30));
    for (const row of await client.rows("lan-networks")) ids[String(row["name"])] = String(row["id"]);
  });

  after(() => simulator.stop());

  const path = (port: number | string): string => `switches/${SEED.switch}/ports/${port}`;
  const code = async (port: number | string, body: Row): Promise<number | undefined> =>
    (await client.call("PATCH", path(port), body)).errorCode;

  it("carry every network until somebody says otherwise", async () => {
    expect(await document(client, 9)).to.deep.include({
      name: "Port9",
      profileName: "All",
      nativeNetworkId: ids["Default"],
      networkTagsSetting: 0,
      tagNetworkIds: [ids["iot"], ids["guests"]],
    });
  });

  it("N3: take VLANs of their own, and keep what a write does not name", async () => {
    const own = { profileOverrideEnable: true, profileVlanOverrideEnable: true };
    const tags = { networkTagsSetting: 2, tagNetworkIds: [ids["guests"]] };
    expect(await code(9, { ...own, ...tags, nativeNetworkId: ids["iot"] })).to.equal(0);
    expect(await code(9, { name: "tv" })).to.equal(0);
    expect(await document(client, 9)).to.deep.include({
      name: "tv",
      nativeNetworkId: ids["iot"],
      tagNetworkIds: [ids["guests"]],
      untagNetworkIds: [ids["iot"]],
    });
    expect(await client.find("clients", "name", "wired-5")).to.include({ port: 9, vid: 20, networkName: "iot" });
  });

  it("show their link, their settings and their state for the whole site", async () => {
    const rows = await client.rows("switches/ports/overview");
    expect(rows).to.have.length(28);
    expect(rows.find((row) => row["port"] === 24)).to.include({ connectedStatus: 0, switchName: "Cerebro", type: 1 });
    expect(rows.find((row) => row["port"] === 25)).to.include({ connectedStatus: 1, type: 3 });
  });

  it("lose their link, and their clients, when they are disabled", async () => {
    expect(await code(10, { disable: true })).to.equal(0);
    expect(await client.find("clients", "name", "wired-6")).to.equal(undefined);
    await code(10, { disable: false });
    expect(await client.find("clients", "name", "wired-6")).to.include({ port: 10 });
  });

  const refused: readonly [string, number | string, () => Row, number][] = [
    ["a port that is not there", 29, () => ({ name: "x" }), -39701],
    ["a port by its id", "5f43a", () => ({ name: "x" }), -39701],
    ["members that are only shown", 8, () => ({ name: "x", portStatus: {} }), -1001],
    ["an unknown profile", 8, () => ({ profileId: "0" }), -33507],
    ["an unknown network", 8, () => ({ nativeNetworkId: "0" }), -1001],
    ["a network both ways", 8, () => ({ nativeNetworkId: ids["iot"], tagNetworkIds: [ids["iot"]] }), -1001],
    ["power, on a switch without", 8, () => ({ profileOverrideEnable: true, poe: 1 }), -39747],
    [
      "an override without its VLAN part",
      8,
      () => ({ profileOverrideEnable: true, profileVlanOverrideEnable: false, nativeNetworkId: ids["iot"] }),
      -39840,
    ],
  ];
  for (const [what, port, make, expected] of refused) {
    it(`refuse ${what} with ${expected}`, async () => {
      expect(await code(port, make())).to.equal(expected);
      expect((await document(client, 8))["name"]).to.equal("Port8");
    });
  }

  it("name devices of the wrong kind and unknown ones", async () => {
    expect((await client.call("GET", `switches/${SEED.ap}`)).errorCode).to.equal(-39700);
    expect((await client.call("GET", "switches/00-00-00-00-00-00")).errorCode).to.equal(-39050);
    expect((await client.call("GET", `gateways/${SEED.ap}`)).errorCode).to.equal(-39501);
    expect((await client.call("GET", `aps/${SEED.switch}`)).errorCode).to.equal(-39303);
  });
});

describe("switch ports of a simulated Omada controller 5.15", () => {
  let simulator: RunningOmadaSimulator;
  let client: OmadaClient;

  before(async () => {
    simulator = await startOmadaSimulator({ profile: "5.15", speed: 50, listLagSeconds: 0 });
    client = await openOmada(simulator);
  });

  after(() => simulator.stop());

  const profile = (change: Row = {}): Row => ({
    name: "[hl] trunk",
    poe: 2,
    dot1x: 1,
    portIsolationEnable: false,
    lldpMedEnable: true,
    bandWidthCtrlType: 0,
    spanningTreeEnable: true,
    loopbackDetectEnable: false,
    ...change,
  });

  it("get their VLANs from a profile alone", async () => {
    const iot = await client.call("POST", "lan-networks", vlan("iot", 20));
    const lan = await client.find("lan-networks", "name", "Default");
    const body = profile({ nativeNetworkId: lan?.["id"], tagNetworkIds: [iot.result["id"]] });
    const made = await client.call("POST", "lan-profiles", body);
    expect(made.errorCode).to.equal(0);
    expect((await client.call("POST", "lan-profiles", body)).errorCode).to.equal(-33506);
    const port = `switches/${SEED.switch}/ports/9`;
    expect((await client.call("PUT", `${port}/profile`, { profileId: made.result["id"] })).errorCode).to.equal(0);
    expect((await client.call("PUT", `${port}/name`, { name: "trunk" })).errorCode).to.equal(0);
    expect(await document(client, 9)).to.deep.include({
      name: "trunk",
      nativeNetworkId: lan?.["id"],
      tagNetworkIds: [iot.result["id"]],
      networkTagsSetting: 2,
    });
    expect((await client.call("DELETE", `lan-profiles/${String(made.result["id"])}`)).errorCode).to.equal(-1001);
  });

  it("refuse power without an override, and names that cannot be", async () => {
    const port = `switches/${SEED.switch}/ports/8`;
    expect((await client.call("PUT", `${port}/poe-mode`, { poeMode: 1 })).errorCode).to.equal(-39747);
    expect((await client.call("PUT", `${port}/name`, { name: 'a"b' })).errorCode).to.equal(-1001);
    expect((await client.call("PUT", `${port}/status`, { status: 2 })).errorCode).to.equal(-1001);
  });

  it("built-in profiles stay as they are", async () => {
    const all = await client.find("lan-profiles", "name", "All");
    expect((await client.call("DELETE", `lan-profiles/${String(all?.["id"])}`)).errorCode).to.equal(-1001);
    expect((await client.call("DELETE", "lan-profiles/0")).errorCode).to.equal(-33507);
  });
});
