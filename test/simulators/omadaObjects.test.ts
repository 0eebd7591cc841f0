import { expect } from "chai";
import { eventually } from "./apiClient.ts";
import { SEED, SEED_SSIDS } from "./omada/seedSite.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { openOmada, rowsOf, type OmadaClient } from "./omadaClient.ts";

type Row = Record<string, unknown>;

describe("objects of a simulated Omada controller", () => {
  let simulator: RunningOmadaSimulator;
  let client: OmadaClient;
  let wlan: string;

  before(async () => {
    simulator = await startOmadaSimulator({ profile: "6.2", speed: 50 });
    client = await openOmada(simulator);
    wlan = `wireless-network/wlans/${String(rowsOf(await client.call("GET", "wireless-network/wlans"))[0]?.["wlanId"])}`;
  });

  after(() => simulator.stop());

  const code = async (method: string, path: string, body?: unknown): Promise<number | undefined> =>
    (await client.call(method, path, body)).errorCode;

  const ssid = (name: string, change: Row = {}): Row => ({
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
    ...change,
  });

  describe("SSIDs", () => {
    it("bring in the clients that wait for them, and take them away", async () => {
      const wireless = async (): Promise<number> =>
        (await client.rows("clients")).filter((row) => row["ssid"] === SEED_SSIDS.clients).length;
      expect(await wireless()).to.equal(0);
      const made = await client.call("POST", `${wlan}/ssids`, ssid(SEED_SSIDS.clients));
      expect(made.errorCode).to.equal(0);
      expect(await wireless()).to.equal(6);
      const row = (await client.rows("clients")).find((each) => each["name"] === "wifi-1");
      expect(row).to.include({ wireless: true, apMac: SEED.ap, apName: "Antenitas", radioId: 1, channel: 36 });
      expect(await code("DELETE", `${wlan}/ssids/${String(made.result["ssidId"])}`)).to.equal(0);
      expect(await wireless()).to.equal(0);
    });

    it("N3: never give their passphrase back, and keep what a basic update does not name", async () => {
      await client.call("POST", `${wlan}/ssids`, ssid("quiet", { oweEnable: false }));
      const row = await eventually(() => client.find(`${wlan}/ssids`, "name", "quiet"));
      const path = `${wlan}/ssids/${String(row["ssidId"])}`;
      const detail = (await client.call("GET", path)).result;
      expect(detail["pskSetting"]).to.deep.equal({ versionPsk: 2, encryptionPsk: 3, gikRekeyPskEnable: false });
      const { deviceType: _kind, ...basic } = ssid("quiet", { broadcast: false });
      expect(await code("PATCH", `${path}/update-basic-config`, basic)).to.equal(0);
      const after = (await client.call("GET", path)).result;
      expect(after).to.include({ broadcast: false, deviceType: 1 });
      expect(after).to.have.property("macFilter");
    });

    const refused: readonly [string, Row, number][] = [
      ["the name of another one of the group", ssid("quiet"), -33219],
      ["a name of more than 32 bytes", ssid("ñ".repeat(17)), -33240],
      ["a security mode that does not exist", ssid("x", { security: 1 }), -33217],
      [
        "a passphrase that is too short",
        ssid("x", { pskSetting: { securityKey: "short", versionPsk: 2, encryptionPsk: 3, gikRekeyPskEnable: false } }),
        -33223,
      ],
      ["no band at all", ssid("x", { band: 0 }), -1001],
      ["a VLAN without a number", ssid("x", { vlanEnable: true }), -1001],
      ["the VLAN of the default network", ssid("x", { vlanEnable: true, vlanId: 1 }), -33242],
      ["a VLAN out of range", ssid("x", { vlanEnable: true, vlanId: 5000 }), -33807],
    ];
    for (const [what, body, expected] of refused) {
      it(`are refused with ${what}: ${expected}`, async () => {
        expect(await code("POST", `${wlan}/ssids`, body)).to.equal(expected);
      });
    }

    it("are eight at most on a band", async () => {
      const other = await client.call("POST", "wireless-network/wlans", { name: "many", clone: false });
      const path = `wireless-network/wlans/${String(other.result["wlanId"])}`;
      for (let index = 0; index < 8; index += 1)
        await client.call("POST", `${path}/ssids`, ssid(`s${index}`, { band: 1 }));
      expect(await code("POST", `${path}/ssids`, ssid("ninth", { band: 1 }))).to.equal(-33238);
      expect(await code("POST", `${path}/ssids`, ssid("ninth", { band: 2 }))).to.equal(0);
      expect(await code("DELETE", path)).to.equal(0);
      expect(await code("DELETE", wlan)).to.equal(-33203);
    });
  });

  const rule = (description: string, change: Row = {}): Row => ({
    description,
    status: true,
    policy: 0,
    protocols: [256],
    sourceType: 1,
    sourceIds: [],
    destinationType: 1,
    destinationIds: [],
    direction: { lanToLan: true },
    stateMode: 0,
    syslog: false,
    ...change,
  });

  describe("rules and groups", () => {
    let [any, cameras, lan] = ["", "", ""];

    before(async () => {
      any = String(rowsOf(await client.call("GET", "profiles/groups"))[0]?.["groupId"]);
      lan = String((await client.rows("lan-networks"))[0]?.["id"]);
      const body = { name: "cameras", type: 0, ipList: [{ ip: "192.168.0.71", mask: 32 }] };
      const made = await client.call("POST", "profiles/groups", body);
      cameras = String(made.result["id"]);
      expect(await code("POST", "profiles/groups", body)).to.equal(-33702);
    });

    it("N4: a rule gives no id when it is made; it is found by its description, at the end of its table", async () => {
      const made = await client.call(
        "POST",
        "acls/osg-acls",
        rule("[hl:a/b]", { sourceIds: [cameras], destinationIds: [any] }),
      );
      expect(made).to.include({ errorCode: 0, text: '{"errorCode":0,"msg":"Success."}' });
      await client.call("POST", "acls/osg-acls", rule("second", { sourceIds: [cameras], destinationIds: [any] }));
      const second = await eventually(() => client.find("acls/osg-acls", "description", "second"));
      const first = await client.find("acls/osg-acls", "description", "[hl:a/b]");
      expect([first?.["index"], second["index"]]).to.deep.equal([1, 2]);
      const order = { type: "gateway", indexes: { [String(second["id"])]: 1, [String(first?.["id"])]: 2 } };
      expect(await code("POST", "acls/modifyIndex", order)).to.equal(0);
      expect((await client.rows("acls/osg-acls")).map((row) => row["description"])).to.deep.equal([
        "second",
        "[hl:a/b]",
      ]);
    });

    it("a group in a rule stays", async () => {
      expect(await code("DELETE", `profiles/groups/0/${cameras}`)).to.equal(-33717);
      expect(await code("DELETE", `profiles/groups/1/${cameras}`)).to.equal(-33703);
      expect(await code("DELETE", `profiles/groups/0/${any}`)).to.equal(-33729);
    });

    it("a rule whose ends share a network is dropped without a word", async () => {
      const same = { sourceType: 0, sourceIds: [lan], destinationType: 0, destinationIds: [lan] };
      expect(await code("POST", "acls/osg-acls", rule("same", same))).to.equal(0);
      expect(await simulator.admin("GET", "/objects/acls")).to.have.length(2);
    });

    it("N3: an update replaces everything but the place", async () => {
      const { id, index } = await eventually(() => client.find("acls/osg-acls", "description", "second"));
      const body = rule("second", { policy: 1, sourceIds: [cameras], destinationIds: [any] });
      expect(await code("PUT", `acls/osg-acls/${String(id)}`, body)).to.equal(0);
      expect(await client.find("acls/osg-acls", "id", id)).to.include({ policy: 1, index });
      expect(await code("DELETE", `acls/${String(id)}`)).to.equal(0);
      expect(await code("DELETE", `acls/${String(id)}`)).to.equal(-1001);
    });

    const ends = (change: Row = {}): Row => rule("x", { sourceIds: [cameras], destinationIds: [any], ...change });
    const refused: readonly [string, () => Row, number][] = [
      ["a protocol that does not exist", () => ends({ protocols: [-1] }), -33608],
      ["a source of no known type", () => ends({ sourceType: 99 }), -33600],
      ["a destination that cannot be one", () => ends({ destinationType: 4 }), -33601],
      ["a source that is not there", () => ends({ sourceIds: ["0".repeat(24)] }), -33603],
      ["null for a list", () => ends({ sourceIds: null }), -33609],
      ["no direction", () => ends({ direction: {} }), -1001],
      ["two directions that exclude each other", () => ends({ direction: { lanToLan: true, lanToWan: true } }), -1001],
      ["no description", () => ends({ description: undefined }), -1001],
    ];
    for (const [what, make, expected] of refused) {
      it(`a rule is refused with ${what}: ${expected}`, async () => {
        expect(await code("POST", "acls/osg-acls", make())).to.equal(expected);
      });
    }

    it("a two-way rule of the switches brings its mirror", async () => {
      const { direction: _d, stateMode: _s, syslog: _l, ...common } = ends();
      const body = {
        ...common,
        description: "both",
        bindingType: 0,
        etherType: { enable: false },
        biDirectional: true,
      };
      expect(await code("POST", "acls/osw-acls", body)).to.equal(0);
      await eventually(() => client.find("acls/osw-acls", "description", "both"));
      const sources = (await client.rows("acls/osw-acls")).map((row) => (row["sourceIds"] as string[])[0]);
      expect(sources).to.deep.equal([cameras, any]);
    });
  });

  describe("address reservations", () => {
    const base = "setting/service/dhcp";
    const mac = "02-00-00-00-04-01";
    let lan = "";
    const entry = (change: Row = {}): Row => ({ mac, netId: lan, status: true, ip: "192.168.0.71", ...change });

    before(async () => {
      lan = String((await client.rows("lan-networks"))[0]?.["id"]);
    });

    it("are keyed by the MAC address", async () => {
      expect(await code("POST", base, entry({ description: "[hl:a/cams]" }))).to.equal(0);
      expect(await eventually(() => client.find(base, "mac", mac))).to.include({
        netName: "Default",
        clientName: "camera-1",
        description: "[hl:a/cams]",
      });
      expect(await code("PATCH", `${base}/${mac}`, entry({ ip: "192.168.0.72" }))).to.equal(0);
      expect(await client.find(base, "mac", mac)).to.include({ ip: "192.168.0.72", description: "" });
    });

    const refused: readonly [string, () => Row, number][] = [
      ["the same client", () => entry({ ip: "192.168.0.80" }), -34515],
      ["an address that is taken", () => entry({ mac: "02-00-00-00-04-02", ip: "192.168.0.72" }), -34514],
      ["an address outside", () => entry({ mac: "02-00-00-00-04-02", ip: "10.1.1.1" }), -34513],
      ["the address of the gateway", () => entry({ mac: "02-00-00-00-04-02", ip: "192.168.0.1" }), -34543],
      ["no such network", () => entry({ mac: "02-00-00-00-04-02", netId: "0" }), -34520],
      ["a multicast MAC address", () => entry({ mac: "01-00-00-00-04-02" }), -1001],
    ];
    for (const [what, make, expected] of refused) {
      it(`are refused with ${what}: ${expected}`, async () => {
        expect(await code("POST", base, make())).to.equal(expected);
      });
    }

    it("go with a delete", async () => {
      expect(await code("DELETE", `${base}/${mac}`)).to.equal(0);
      expect(await client.find(base, "mac", mac)).to.equal(undefined);
    });
  });

  describe("access points", () => {
    it("change a channel only together with its frequency", async () => {
      const path = `aps/${SEED.ap}/radio-config`;
      await client.call("PATCH", path, { radioSetting5g: { channel: "44" } });
      expect((await client.call("GET", path)).result["radioSetting5g"]).to.include({ channel: "36", freq: 5180 });
      await client.call("PATCH", path, { radioSetting5g: { channel: "44", freq: 5220 } });
      expect((await client.call("GET", path)).result["radioSetting5g"]).to.include({ channel: "44", txPower: 20 });
      expect(await code("PATCH", path, { radioSetting5g: { channel: 44 } })).to.equal(-1001);
    });

    it("switch an SSID off by its number", async () => {
      await client.call("POST", `${wlan}/ssids`, ssid(SEED_SSIDS.cameras, { band: 1 }));
      const path = `v2 aps/${SEED.ap}/override`;
      const [own] = ((await client.call("GET", path)).result["ssidOverrides"] as Row[]).filter(
        (each) => each["ssidName"] === SEED_SSIDS.cameras,
      );
      expect(own).to.include({ ssidEnable: true });
      const cameras = async (): Promise<number> =>
        (await client.rows("clients")).filter((row) => row["deviceType"] === "camera").length;
      expect(await cameras()).to.equal(4);
      const off = {
        ssidEntryId: own?.["ssidEntryId"],
        overrideSsidEnable: true,
        overrideVlanEnable: false,
        ssidEnable: false,
      };
      expect(await code("PATCH", path, { ssidOverrides: [off] })).to.equal(0);
      expect(await cameras()).to.equal(0);
    });

    it("say where they hang", async () => {
      const { wiredUplink } = (await client.call("GET", `aps/${SEED.ap}/wired-uplink`)).result;
      expect(wiredUplink).to.include({ uplinkMac: SEED.switch, uplinkPort: "24", port: "ETH1", linkStatus: 1 });
    });
  });
});
