import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "mocha";
import { startControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { isAlive } from "../../hack/controlplane/processIdentity.ts";
import { kubectlOrThrow } from "../../hack/kubectl.ts";

const main = join(import.meta.dirname, "../../hack/controlplane/main.ts");

/** The command line in a process of its own; answers once it printed where its kubeconfig is. */
async function startAlone(args: readonly string[]): Promise<{ process: ChildProcess; kubeconfig: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface(child.stdout))
    return { process: child, kubeconfig: line.replace("export KUBECONFIG=", "") };
  throw new Error("it ended before it served");
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  return await new Promise((resolve) => child.once("exit", resolve));
}

describe("the life of a control plane", function () {
  this.timeout(120_000);
  let room = "";
  beforeEach(() => {
    room = mkdtempSync(join(tmpdir(), "life-test-"));
  });
  afterEach(() => {
    rmSync(room, { recursive: true, maxRetries: 5 });
  });

  it("ends with a parent that is killed, and the next start removes what lay around", async () => {
    const { process: parent, kubeconfig } = await startAlone([]);
    const directory = dirname(kubeconfig);
    const programs = readFileSync(join(directory, "programs"), "utf8").trim().split("\n");
    expect(programs).to.have.length(3);
    parent.kill("SIGKILL");
    while (programs.some(isAlive)) await delay(20);
    expect(existsSync(directory)).to.equal(true);
    const next = await startControlPlane();
    expect(existsSync(directory)).to.equal(false);
    await next.stop();
    expect(existsSync(next.logDirectory)).to.equal(false);
  });

  it("leaves nothing behind after Ctrl-C", async () => {
    const { process: alone, kubeconfig } = await startAlone([]);
    const programs = readFileSync(join(dirname(kubeconfig), "programs"), "utf8")
      .trim()
      .split("\n");
    alone.kill("SIGINT");
    expect(await ended(alone)).to.equal(0);
    expect(programs.filter(isAlive)).to.deep.equal([]);
    expect(existsSync(dirname(kubeconfig))).to.equal(false);
  });

  it("goes on with data, address and tokens where they are kept, even after it was killed", async () => {
    const dataDir = join(room, "data");
    const { process: first, kubeconfig } = await startAlone(["--data-dir", dataDir]);
    const text = readFileSync(kubeconfig, "utf8");
    const one = await startControlPlane({ dataDir }).catch((error: unknown) => error as Error);
    expect(one)
      .to.have.property("message")
      .that.contains(`in use by process ${first.pid ?? 0}`);
    first.kill("SIGKILL");
    await ended(first);
    const again = await startControlPlane({ dataDir });
    expect(again.adminKubeconfig).to.equal(text);
    await kubectlOrThrow(again, ["create", "configmap", "kept"]);
    await again.stop();
    const third = await startControlPlane({ dataDir });
    expect(await kubectlOrThrow(third, ["get", "configmap", "kept", "-o", "name"])).to.equal("configmap/kept\n");
    await third.stop();
  });
});
