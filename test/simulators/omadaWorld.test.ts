import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./apiClient.ts";
import { SEED } from "./omada/seedSite.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { openOmada, rowsOf, type OmadaClient } from "./omadaClient.ts";

type Row = Record<string, unknown>;

describe("the world around a simulated Omada controller", () => {
  let simulator: RunningOmadaSimulator;
  let client: OmadaClient;

  before(async () => {
    simulator = await startOmadaSimulator({ speed: 50, heartbeatSeconds: 20, adoptSeconds: 5, rebootSeconds: 20 });
    client = await openOmada(simulator);
  });

  after(() => simulator.stop());

  const device = async (name: string): Promise<Row | undefined> => client.find("devices", "name", name);

  /** Looks until the detail status of a device is that one. */
  async function reaches(mac: string, detailStatus: number, path = "devices"): Promise<void> {
    await eventually(async () => {
      const row = await client.find(path, "mac", mac);
      return row?.["detailStatus"] === detailStatus ? row : undefined;
    });
  }

  it("is the seed's: three devices, each where it hangs", async () => {
    const row = await device("Cerebro");
    expect(row).to.include({
      type: "switch",
      model: "SG3428",
      status: 1,
      uplinkDeviceMac: SEED.gateway,
      uplinkDevicePort: "5",
    });
    expect(await device("Antenitas")).to.include({ uplinkDeviceName: "Cerebro", uplinkDevicePort: "24" });
    expect(await device("ER605")).to.not.have.property("uplinkDeviceMac");
  });

  it("a cable moves to another port, and loses its link", async () => {
    const at = (port: number): Row => ({ device: "Cerebro", port });
    await simulator.admin("POST", "/cables/move", { from: at(24), to: at(3) });
    expect(await device("Antenitas")).to.include({ uplinkDevicePort: "3" });
    await simulator.admin("POST", "/cables/link", { at: at(3), link: false });
    expect(await device("Antenitas")).to.not.have.property("uplinkDevicePort");
    await simulator.admin("POST", "/cables/link", { at: at(3), link: true });
    await simulator.admin("POST", "/cables/move", { from: at(3), to: at(24) });
    expect(await device("Antenitas")).to.include({ uplinkDevicePort: "24" });
  });

  it("a device without power is missed first, then disconnected, and takes what hangs on it along", async () => {
    await simulator.admin("PATCH", "/devices/Cerebro", { online: false });
    expect(await device("Cerebro")).to.include({ status: 3, detailStatus: 30 });
    await reaches(SEED.switch, 0);
    expect(await client.rows("clients")).to.deep.equal([]);
    await simulator.admin("PATCH", "/devices/Cerebro", { online: true });
    expect(await device("Cerebro")).to.include({ status: 1, detailStatus: 14 });
    expect(await client.rows("clients")).to.have.length(8);
  });

  it("a write makes the devices configure themselves for a while", async () => {
    await client.call("PATCH", `switches/${SEED.switch}/ports/9`, { name: "nine" });
    expect(await device("Cerebro")).to.include({ status: 1, detailStatus: 11 });
    await reaches(SEED.switch, 14);
  });

  it("a reboot takes a device away and brings it back", async () => {
    expect((await client.call("POST", `devices/${SEED.ap}/reboot`)).errorCode).to.equal(0);
    expect((await client.call("POST", `devices/${SEED.ap}/reboot`)).errorCode).to.equal(-39009);
    await reaches(SEED.ap, 0);
    await reaches(SEED.ap, 14);
  });

  it("a new device waits for its adoption, and refuses a wrong password", async () => {
    const mac = "02-00-00-00-AA-01";
    await simulator.admin("POST", "/devices", { mac, model: "SG2210P", name: "garage", state: "pending" });
    expect(await device("garage")).to.equal(undefined);
    await reaches(mac, 20, "grid/devices/pending");
    const adopt = async (password: string): Promise<unknown> =>
      (await client.call("POST", `devices/${mac}/start-adopt`, { username: "admin", password })).errorCode;
    expect(await adopt("wrong")).to.equal(0);
    await reaches(mac, 24, "grid/devices/pending");
    const failed = (await client.call("GET", `devices/${mac}/adopt-result`)).result;
    expect(failed).to.include({ adoptErrorCode: -39003, adoptFailedType: -2 });
    expect(await adopt("admin")).to.equal(0);
    await reaches(mac, 14);
    expect((await client.call("GET", `devices/${mac}/adopt-result`)).result).to.include({ adoptErrorCode: 0 });
    expect((await client.call("POST", `devices/${mac}/forget`)).errorCode).to.equal(0);
    await reaches(mac, 20, "grid/devices/pending");
  });

  it("the WAN goes down and comes up, by link or by internet", async () => {
    const wan = async (): Promise<Row | undefined> =>
      rowsOf(await client.call("GET", `gateways/${SEED.gateway}/wan-status`)).find((row) => row["port"] === 1);
    expect(await wan()).to.include({ name: "WAN1", status: 1, internetState: 1, proto: "dhcp" });
    await simulator.admin("PATCH", "/devices/ER605/wans/1", { internet: false });
    expect(await wan()).to.include({ status: 1, internetState: 0, onlineDetection: 0 });
    await simulator.admin("PATCH", "/devices/ER605/wans/1", { link: false });
    expect(await wan()).to.include({ status: 0, internetState: 0, ip: "" });
    await simulator.admin("PATCH", "/devices/ER605/wans/1", { link: true, internet: true, ip: "100.90.1.1" });
    expect(await wan()).to.include({ status: 1, internetState: 1, ip: "100.90.1.1" });
  });

  it("clients come, move and go", async () => {
    const mac = "02-00-00-00-99-01";
    await simulator.admin("POST", "/clients", {
      mac,
      name: "tv",
      ip: "192.168.0.90",
      port: { mac: SEED.switch, port: 12 },
    });
    expect(await client.find("clients", "mac", mac)).to.include({ port: 12, networkName: "Default", connectType: 2 });
    await simulator.admin("PATCH", `/clients/${mac}`, { port: { device: "Cerebro", port: 13 } });
    expect(await client.find("clients", "mac", mac)).to.include({ port: 13 });
    await simulator.admin("PATCH", `/clients/${mac}`, { on: false });
    expect(await client.find("clients", "mac", mac)).to.equal(undefined);
    const offline = await client.call("POST", "v2 clients", { page: 1, pageSize: 50, scope: 2 });
    expect(rowsOf(offline).map((row) => row["name"]))
      .to.include("tv")
      .and.include("wifi-1");
    await simulator.admin("DELETE", "/clients/tv");
  });

  it("a person changes what is stored, behind everybody's back", async () => {
    await simulator.admin("PATCH", "/objects/networks/Default", { domain: "home.lan" });
    expect(await client.find("lan-networks", "name", "Default")).to.include({ domain: "home.lan" });
    await simulator.admin("PATCH", "/devices/Cerebro/ports/7", { disable: true });
    expect(await client.find("clients", "port", 7)).to.equal(undefined);
  });

  it("tells what went wrong in a request to the admin port", async () => {
    const error = await simulator.admin("PATCH", "/devices/nobody", {}).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).to.include("no device nobody");
  });
});

describe("the state of a simulated Omada controller", () => {
  it("survives a kill: objects, cables and its own id; not the tokens", async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), "omada-state-"));
    const first = await startOmadaSimulator({ stateDirectory });
    const client = await openOmada(first);
    const body = { name: "iot", purpose: 0, vlan: 20, igmpSnoopEnable: false };
    const made = await client.call("POST", "lan-networks", body);
    await first.admin("POST", "/cables/move", {
      from: { device: "Cerebro", port: 24 },
      to: { device: "Cerebro", port: 2 },
    });
    await first.kill();
    const second = await startOmadaSimulator({ stateDirectory });
    const again = await openOmada(second);
    expect(second).to.include({ omadacId: first.omadacId, fingerprint: first.fingerprint });
    expect(again.siteId).to.equal(client.siteId);
    const networks = (await second.admin("GET", "/objects/networks")) as { id: string }[];
    expect(networks.map(({ id }) => id)).to.include(made.result["id"]);
    expect(await again.find("devices", "name", "Antenitas")).to.include({ uplinkDevicePort: "2" });
    expect((await again.call("GET", "devices?page=1&pageSize=1")).errorCode).to.equal(0);
    await second.stop();
    rmSync(stateDirectory, { recursive: true });
  });
});
