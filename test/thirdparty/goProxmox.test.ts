import { expect } from "chai";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { goProgram } from "../../hack/controlplane/goProgram.ts";
import { startProxmoxSimulator, type RunningSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";

const run = promisify(execFile);
const TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
const PROGRAM = {
  source: fileURLToPath(new URL("goProxmox", import.meta.url)),
  cache: "go-proxmox",
  what: "the client in Go",
  why: "drive the simulator with go-proxmox, which is Go",
};

describe("go-proxmox, a client in Go that nobody here wrote", function () {
  this.timeout(300_000);
  let simulator: RunningSimulator | undefined;
  let told: Record<string, unknown>[] = [];

  before(async () => {
    const program = await goProgram(PROGRAM, (line) => process.stderr.write(`${line}\n`));
    simulator = await startProxmoxSimulator({
      speed: 50,
      unauthorizedDelayMs: 0,
      broadcastSeconds: 5,
      nodes: ["pve1", "pve2"],
      guests: [{ vmid: 101, running: true }, { vmid: 102 }],
    });
    const { url, caFile, tokenId, tokenSecret } = simulator;
    const env = { ...process.env, PROXMOX_TOKEN_SECRET: tokenSecret };
    const { stdout } = await run(program, [url, caFile, TEMPLATE, tokenId], { env });
    const lines = stdout.trim().split("\n");
    told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  });

  after(() => simulator?.stop());

  const step = (name: string): Record<string, unknown> | undefined => told.find((line) => line["step"] === name);

  it("reads version, nodes, guests and the next free vmid into its types", () => {
    expect(step("version")).to.include({ release: "9.2" });
    expect(step("lists")).to.deep.include({ guests: 2, next: 100 });
    expect(step("lists")?.["nodes"]).to.have.members(["pve1", "pve2"]);
  });

  it("creates, starts, changes, snapshots, rolls back, resizes, moves and destroys a container", () => {
    expect(step("container")).to.deep.equal({
      step: "container",
      created: "OK",
      tags: "a;b",
      started: "OK",
      running: "running",
      snapped: "OK",
      memory: [512, 256],
      back: "OK",
      resized: "OK",
      gone: "OK",
      moved: "OK",
      destroyed: "OK",
    });
  });

  it("creates, starts, asks, changes, snapshots, resizes, clones, moves, stops and destroys a virtual machine", () => {
    expect(step("machine")).to.deep.equal({
      step: "machine",
      created: "OK",
      started: "OK",
      host: "go-vm",
      system: "debian",
      changed: "OK",
      waiting: ["cores"],
      snapped: "OK",
      snapshots: ["before", "current"],
      resized: "OK",
      cloned: "OK",
      disk: "local-zfs:vm-913-disk-0,size=5G,ssd=1",
      gone: "OK",
      moved: "OK",
      stopped: "OK",
      destroyed: "OK",
    });
  });

  it("leaves only the guests of others, and gets the text of an error", () => {
    expect(step("end")?.["left"]).to.have.members([101, 102]);
    expect(step("end")?.["missing"]).to.include("Configuration file 'nodes/pve1/lxc/999.conf' does not exist");
  });
});
