import { expect } from "chai";
import { eventually } from "./apiClient.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { openOmada, sendOmada, tokenOf } from "./omadaClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

type Seen = "away" | "starting" | "there";

async function look(omada: RunningOmadaSimulator): Promise<Seen> {
  try {
    const answer = await sendOmada(omada, "GET", "/api/info");
    return answer.errorCode === 0 ? "there" : "starting";
  } catch {
    return "away";
  }
}

async function untilSeen(omada: RunningOmadaSimulator, wanted: Seen): Promise<void> {
  await eventually(async () => ((await look(omada)) === wanted ? true : undefined));
}

describe("L8: a simulated Omada controller in a guest of a simulated Proxmox VE", () => {
  let proxmox: RunningSimulator;
  let omada: RunningOmadaSimulator;

  before(async () => {
    proxmox = await startProxmoxSimulator({
      speed: 20,
      guests: [{ vmid: 101, name: "omada21", bootSeconds: 2, shutdownSeconds: 1 }],
    });
    omada = await startOmadaSimulator({
      speed: 20,
      startSeconds: 10,
      followGuest: { adminUrl: proxmox.adminUrl, vmid: 101 },
    });
  });

  after(async () => {
    await omada.stop();
    await proxmox.stop();
  });

  it("says where it will listen, and refuses connections until the guest runs", async () => {
    expect(omada.url).to.match(/^https:\/\/127\.\d+\.0\.101:8043$/);
    expect(await look(omada)).to.equal("away");
  });

  it("first shows a page while it starts, then answers", async () => {
    await proxmox.admin("POST", "/guests/101/start", {});
    await untilSeen(omada, "starting");
    const page = await sendOmada(omada, "GET", "/openapi/v1/x/sites?page=1&pageSize=1");
    expect(page).to.include({ status: 200, errorCode: undefined });
    expect(page.headers["content-type"]).to.equal("text/html");
    await untilSeen(omada, "there");
  });

  it("knows no token of before, and all of its configuration, when the guest has been started again", async () => {
    const client = await openOmada(omada);
    expect((await client.call("PATCH", "clients/02-00-00-00-07-01/name", { name: "printer" })).errorCode).to.equal(0);
    await proxmox.admin("POST", "/guests/101/reboot-inside", {});
    await untilSeen(omada, "away");
    await untilSeen(omada, "there");
    expect((await client.call("GET", "devices?page=1&pageSize=10")).errorCode).to.equal(-44113);
    const again = await openOmada(omada);
    expect(await again.find("clients", "mac", "02-00-00-00-07-01")).to.include({ name: "printer" });
  });

  it("is away while the guest hangs or is stopped", async () => {
    await proxmox.admin("POST", "/guests/101/hang", {});
    await untilSeen(omada, "away");
    await proxmox.admin("POST", "/guests/101/stop", {});
    await proxmox.admin("POST", "/guests/101/start", {});
    await untilSeen(omada, "there");
    await proxmox.admin("POST", "/guests/101/crash", {});
    await untilSeen(omada, "away");
  });

  it("is away while the guest's host is", async () => {
    await proxmox.admin("POST", "/guests/101/start", {});
    await untilSeen(omada, "there");
    expect(await tokenOf(omada)).to.match(/^AT-/);
    await proxmox.kill();
    await untilSeen(omada, "away");
  });
});
