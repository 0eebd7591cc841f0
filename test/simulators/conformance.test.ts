import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface GuestView {
  readonly vmid: number;
  readonly startedAt?: number;
  readonly config: Readonly<Record<string, string>>;
}

const PROGRAM = join(import.meta.dirname, "..", "..", "hack", "conformance.ts");

/** `begun` may look at the process while it runs. */
function conformance(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  begun: (child: ReturnType<typeof spawn>) => Promise<void> = () => Promise.resolve(),
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  return begun(child).then(() => ended);
}

describe("npm run conformance", function () {
  this.timeout(120_000);
  let simulator: RunningSimulator;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "conformance-"));
    simulator = await startProxmoxSimulator({
      speed: 50,
      unauthorizedDelayMs: 0,
      guests: [
        { vmid: 101, running: true },
        { vmid: 9001, name: "theirs", running: true },
        { vmid: 9003, type: "qemu", name: "theirs-too" },
      ],
    });
  });

  after(async () => {
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (...more: readonly string[]): readonly string[] => [
    ...["--url", simulator.url, "--ca", simulator.caFile, "--token", simulator.tokenId, "--vmids", "9000-9019"],
    ...more,
  ];
  const secret = (): Record<string, string> => ({ PROXMOX_TOKEN_SECRET: simulator.tokenSecret });
  const guests = async (): Promise<readonly GuestView[]> =>
    (await simulator.admin("GET", "/guests")) as readonly GuestView[];

  it("passes at a simulator, leaves the guests of others untouched, and leaves nothing behind", async () => {
    const before = await guests();
    const { code, stdout, stderr } = await conformance(at("--json"), secret());
    expect(code, stderr).to.equal(0);
    const report = JSON.parse(stdout) as { passed: number; failures: unknown[]; leftOut: { title: string }[] };
    expect(report.failures).to.deep.equal([]);
    expect(report.passed).to.be.above(15);
    expect(report.leftOut.map((each) => each.title.slice(0, 2))).to.deep.equal(["A4", "A4", "O6"]);
    expect(await guests()).to.deep.equal(before);
    const log = (await simulator.admin("GET", "/log")) as { method: string; path: string }[];
    const changed = log.filter(
      (entry) => entry.method !== "GET" && /\/(?:lxc|qemu)\/(?:101|9001|9003)(?:\/|$)/.test(entry.path),
    );
    expect(changed).to.deep.equal([]);
    expect(stdout + stderr).to.not.include(simulator.tokenSecret);
  });

  it("removes what it made after Ctrl-C, and ends with 130", async () => {
    const before = await guests();
    const { code, stderr } = await conformance(at(), secret(), async (child) => {
      await eventually(async () => ((await guests()).length > before.length ? true : undefined));
      child.kill("SIGINT");
    });
    expect(stderr).to.include("interrupted: removing the guests that were made");
    expect(code).to.equal(130);
    expect(await guests()).to.deep.equal(before);
  });

  it("does not begin where too few vmids of the range are free, or the token is not known", async () => {
    for (let vmid = 9004; vmid <= 9015; vmid += 1) await simulator.admin("POST", "/guests", { vmid });
    const full = await conformance(at(), secret());
    expect([full.code, full.stderr]).to.deep.equal([
      2,
      "conformance: of the vmids 9000-9019 only 6 are free: guests that exist are left alone; " +
        "give another range by --vmids\n",
    ]);
    const stranger = await conformance(at(), { PROXMOX_TOKEN_SECRET: "00000000-0000-4000-8000-000000000000" });
    expect(stranger.code).to.equal(2);
    expect(stranger.stderr).to.include(`${simulator.url} as ${simulator.tokenId}: Authentication failed!`);
  });

  it("takes the secret from a file or the environment, never from the command line", async () => {
    const file = join(folder, "secret");
    writeFileSync(file, `${simulator.tokenSecret}\n`);
    const told = await conformance(at("--token-file", file, "--node", "nowhere"));
    expect([told.code, told.stderr]).to.deep.equal([
      2,
      "conformance: there is no node nowhere that is online: --node\n",
    ]);
    const leaked = "e2c5a1d0-1111-4222-8333-444455556666";
    const refused = await conformance(["--url", simulator.url, "--insecure", "--token", `a@pve!b=${leaked}`]);
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include("--token takes the id alone").and.not.include(leaked);
    expect((await conformance(at())).stderr).to.include("the secret of homelab@pve!controller is missing");
    expect((await conformance(["--help"])).code).to.equal(0);
  });
});
