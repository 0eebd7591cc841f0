import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("omada/main.ts", import.meta.url));

/** Runs the program with its input at an end at once, so that it ends by itself. */
function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end();
  });
}

describe("the program of the Omada simulator", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "omada-main-"));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("explains itself", async () => {
    const { code, out } = await run("--help");
    expect(code).to.equal(0);
    expect(out).to.include("--config FILE").and.include("TP-Link Omada");
  });

  it("reads YAML and says in one line of JSON what a client needs", async () => {
    const file = join(folder, "site.yaml");
    writeFileSync(
      file,
      'profile: "6.3"\nsites:\n  - name: Home\n    devices: [{ mac: 02-00-00-00-00-01, model: ER605 }]\n',
    );
    const { code, out } = await run("--config", file, "--exit-with-stdin");
    expect(code).to.equal(0);
    const about = JSON.parse(out) as Record<string, unknown>;
    expect(about).to.include.keys(
      "url",
      "caFile",
      "ca",
      "adminUrl",
      "fingerprint",
      "omadacId",
      "clientId",
      "clientSecret",
    );
    expect(about).to.include.keys("username", "password", "pid");
  });

  it("names what it does not know: an option, a version, a model", async () => {
    const file = join(folder, "wrong.json");
    writeFileSync(file, JSON.stringify({ profil: "6.2" }));
    expect((await run("--config", file)).err).to.equal(
      "sim:omada: unknown option profil; options.ts has all of them\n",
    );
    writeFileSync(file, JSON.stringify({ profile: "4.0" }));
    expect((await run("--config", file)).err).to.equal(
      "sim:omada: cannot start: no profile 4.0; there are 5.15, 6.2, 6.3\n",
    );
    writeFileSync(
      file,
      JSON.stringify({ sites: [{ name: "x", devices: [{ mac: "02-00-00-00-00-01", model: "ER1" }] }] }),
    );
    expect((await run("--config", file)).err).to.include("cannot start: no model ER1; models.ts has ER605");
  });
});
