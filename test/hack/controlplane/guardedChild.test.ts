import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "mocha";
import { tryLock } from "../../../hack/controlplane/fileLock.ts";
import { guardChild } from "../../../hack/controlplane/guardedChild.ts";
import { identityOf, isAlive } from "../../../hack/controlplane/processIdentity.ts";

const module = join(import.meta.dirname, "../../../hack/controlplane/guardedChild.ts");

async function gone(identity: string): Promise<void> {
  while (isAlive(identity)) await delay(20);
}

describe("a guarded child", () => {
  let room = "";
  beforeEach(() => {
    room = mkdtempSync(join(tmpdir(), "guard-test-"));
  });
  afterEach(() => {
    rmSync(room, { recursive: true });
  });
  const options = (stopGently = false): { logFile: string; stopGently: boolean } => ({
    logFile: join(room, "log"),
    stopGently,
  });

  it("dies with a parent that is killed", async () => {
    const program = `
      import { guardChild } from ${JSON.stringify(module)};
      const child = await guardChild("/bin/sleep", ["600"], ${JSON.stringify(options())});
      console.log(child.pid);
      setInterval(() => undefined, 1000);
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
    const pid = Number((await lines.next()).value);
    const identity = identityOf(pid);
    expect(identity).to.match(/^\d+ \d+/);
    parent.kill("SIGKILL");
    await gone(identity ?? "");
    expect(identityOf(pid)).to.equal(undefined);
  });

  it("is stopped by a signal it can answer where that is asked for", async () => {
    const script = `trap 'echo goodbye; exit 3' TERM; echo ready; while :; do sleep 0.05; done`;
    const child = await guardChild("/bin/sh", ["-c", script], options(true));
    while ((await child.logTail()) !== "ready\n") await delay(20);
    await child.stop();
    expect(await child.exited).to.equal(3);
    expect(readFileSync(join(room, "log"), "utf8")).to.equal("ready\ngoodbye\n");
  });

  it("that ends by itself says with which code, and what it last said", async () => {
    const child = await guardChild("/bin/sh", ["-c", "echo no such luck >&2; exit 7"], options());
    expect(await child.exited).to.equal(7);
    expect(child.hasExited()).to.equal(true);
    expect(await child.logTail()).to.equal("no such luck\n");
  });

  it("leaves a lock that somebody else may take", async () => {
    const path = join(room, "lock");
    // The pid of a living process, with another start time: that pid was used before.
    writeFileSync(path, `${process.pid} 1\n`);
    const release = await tryLock(path);
    expect(release).to.be.a("function");
    expect(await tryLock(path)).to.equal(process.pid);
    if (typeof release === "function") await release();
    expect(await tryLock(path)).to.be.a("function");
  });
});
