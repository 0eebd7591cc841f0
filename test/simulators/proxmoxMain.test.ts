import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProxmoxSimulator } from "./proxmox/startProxmoxSimulator.ts";

const MAIN = fileURLToPath(new URL("proxmox/main.ts", import.meta.url));

/** Runs the program with its input at an end at once, so that it ends by itself. */
function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end();
  });
}

describe("the program of the Proxmox VE simulator", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "simulator-main-"));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("explains itself", async () => {
    const { code, out } = await run("--help");
    expect(code).to.equal(0);
    expect(out).to.include("--config FILE").and.include("--admin-port N");
  });

  it("reads YAML and says in one line of JSON where it listens", async () => {
    const file = join(folder, "lab.yaml");
    writeFileSync(file, "speed: 5\nguests:\n  - vmid: 101\n    name: web\n");
    const { code, out } = await run("--config", file, "--exit-with-stdin");
    expect(code).to.equal(0);
    const about = JSON.parse(out) as Record<string, unknown>;
    expect(about).to.include.keys("url", "caFile", "ca", "adminUrl", "fingerprint", "tokenId", "tokenSecret", "pid");
  });

  it("names an option it does not know, in the file and on the command line", async () => {
    const file = join(folder, "wrong.json");
    writeFileSync(file, JSON.stringify({ speeed: 5 }));
    expect(await run("--config", file)).to.deep.include({
      code: 2,
      err: "sim:proxmox: unknown option speeed; options.ts has all of them\n",
    });
    const { code, err } = await run("--fast");
    expect(code).to.equal(2);
    expect(err).to.include("'--fast'").and.include("--help lists the options");
  });

  it("says why it cannot start", async () => {
    const other = await startProxmoxSimulator();
    const { code, err } = await run("--port", new URL(other.url).port);
    await other.stop();
    expect(code).to.equal(2);
    expect(err).to.match(/^sim:proxmox: cannot start: listen EADDRINUSE/);
  });
});
