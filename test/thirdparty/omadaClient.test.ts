import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SEED, SEED_SITE } from "../simulators/omada/seedSite.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "../simulators/omada/startOmadaSimulator.ts";
import { pythonWith } from "./pythonEnvironment.ts";

const run = promisify(execFile);
/** The last version that runs on Python 3.11. */
const PACKAGES = ["tplink-omada-client==1.4.4", "aiohttp==3.13.2", "awesomeversion==25.8.0"];
const POE_SWITCH = "1C-61-B4-22-10-08";

for (const profile of ["5.15", "6.2", "6.3"] as const) {
  describe(`tplink-omada-client, a client nobody here wrote, against ${profile}`, function () {
    this.timeout(300_000);
    let simulator: RunningOmadaSimulator;
    let omada: (...args: string[]) => Promise<string>;
    let folder: string;

    before(async () => {
      const python = await pythonWith(PACKAGES);
      const devices = [...(SEED_SITE.devices ?? []), { mac: POE_SWITCH, model: "SG2210P", name: "Cochera" }];
      simulator = await startOmadaSimulator({ profile, speed: 20, sites: [{ ...SEED_SITE, devices }] });
      folder = mkdtempSync(join(tmpdir(), "omada-client-"));
      const program = join(dirname(python), "omada");
      const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
      omada = async (...args) => (await run(program, args, { env })).stdout;
      const { url, username, password } = simulator;
      const target = ["--url", url, "--username", username, "--password", password, "--site", "Default"];
      await omada("-t", "sim", "target", ...target, "--no-verify-ssl", "-sd");
    });

    after(async () => {
      await simulator.stop();
      rmSync(folder, { recursive: true });
    });

    it("lists the devices", async () => {
      const text = await omada("devices");
      expect(text).to.include(SEED.gateway).and.include("ER605");
      expect(text).to.include(SEED.switch).and.include("Cerebro");
      expect(text).to.include(SEED.ap).and.include("Antenitas");
    });

    it("lists the switches and the ports of one, with their links", async () => {
      expect(await omada("switches")).to.include("Cerebro");
      expect(await omada("switch", SEED.switch)).to.include("Cerebro");
      const ports = (await omada("switch_ports", SEED.switch)).split(/^Port: +/m).slice(1);
      expect(ports).to.have.length(28);
      const linked = ports.filter((text) => text.includes("Status:      ☑")).map((text) => Number.parseInt(text, 10));
      expect(linked).to.deep.equal([1, 4, 5, 6, 7, 8, 9, 10, 11, 24]);
    });

    it("lists the clients that are there, and those it knows", async () => {
      const clients = await omada("clients");
      for (let index = 1; index <= 7; index += 1) expect(clients).to.include(`wired-${index}`);
      expect(clients).to.not.include("wifi-1");
      expect(await omada("known-clients")).to.include("wifi-1");
    });

    it("shows the access point, the gateway and its WAN port", async () => {
      expect(await omada("access-points")).to.include("Antenitas");
      expect(await omada("access-point", SEED.ap)).to.include("Antenitas");
      expect(await omada("gateway")).to.match(/WAN +100\.90\.14\.7 +dhcp ☑ +☑/);
    });

    it("disconnects the WAN port and connects it again", async () => {
      const online = async (): Promise<unknown> => {
        const devices = (await simulator.admin("GET", "/devices")) as { wans: Record<string, { internet: boolean }> }[];
        return devices[0]?.wans["1"]?.internet;
      };
      await omada("wan", "-p", "1", "--disconnect");
      expect(await online()).to.equal(false);
      await omada("wan", "-p", "1", "--connect");
      expect(await online()).to.equal(true);
    });

    // From 6.0 on ports are written another way, which later versions of this client know.
    if (profile === "5.15")
      it("switches the power of a port off", async () => {
        await omada("poe", POE_SWITCH, "-p", "3", "--off");
        const devices = (await simulator.admin("GET", "/devices")) as { mac: string; ports: Record<string, object> }[];
        const port = devices.find(({ mac }) => mac === POE_SWITCH)?.ports["3"];
        expect(port).to.include({ poe: 0, profileOverrideEnable: true });
      });

    it("switches the light of a device", async () => {
      await omada("set-device-led", SEED.ap, "OFF");
      expect(await omada("access-point", SEED.ap)).to.include("LED Setting: OFF");
    });

    it("names a client, blocks it and lets it in again", async () => {
      await omada("set-client-name", "02-00-00-00-07-03", "printer");
      expect(await omada("client", "02-00-00-00-07-03")).to.include("printer");
      await omada("block-client", "02-00-00-00-07-03");
      expect(await omada("clients")).to.not.include("printer");
      await omada("unblock-client", "02-00-00-00-07-03");
      expect(await omada("clients")).to.include("printer");
    });
  });
}
