import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { stringify } from "yaml";
import { prepareBinaries } from "../../../hack/controlplane/binaries.ts";
import { pickArchive } from "../../../hack/controlplane/envtest.ts";
import { kubernetesVersion, programs } from "../../../hack/controlplane/version.ts";

const target = `${platform()}-${arch() === "x64" ? "amd64" : arch()}`;
const minor = kubernetesVersion.split(".").slice(0, 2).join(".");

function putPrograms(directory: string, names: readonly string[]): void {
  mkdirSync(directory, { recursive: true });
  for (const name of names) {
    writeFileSync(join(directory, name), "#!/bin/sh\n");
    chmodSync(join(directory, name), 0o755);
  }
}

/** An envtest archive as the project publishes them: programs two folders deep. */
function archiveIn(room: string): Buffer {
  putPrograms(join(room, "controller-tools", "envtest"), ["etcd", "kubectl", "kube-apiserver"]);
  execFileSync("tar", ["-czf", join(room, "archive.tar.gz"), "-C", room, "controller-tools"]);
  return readFileSync(join(room, "archive.tar.gz"));
}

async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}

describe("the programs of the control plane", () => {
  let room = "";
  let server: Server;
  let address = "";
  let served: Record<string, string | Buffer> = {};
  const said: string[] = [];
  const cache = (): string => join(room, "cache", "homelab-controller", "controlplane", kubernetesVersion);
  /** Without Go on PATH, so that nothing is built here. */
  const prepare = (env: NodeJS.ProcessEnv = {}): Promise<unknown> =>
    prepareBinaries({
      say: (line) => said.push(line),
      env: { XDG_CACHE_HOME: join(room, "cache"), ...env },
      envtestIndex: `${address}/index.yaml`,
    });
  const path = process.env["PATH"];

  beforeEach(async () => {
    room = mkdtempSync(join(tmpdir(), "binaries-test-"));
    served = {};
    said.length = 0;
    server = createServer((request, response) => {
      const body = served[request.url ?? ""];
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env["PATH"] = "/usr/bin:/bin";
  });
  afterEach(() => {
    process.env["PATH"] = path;
    server.close();
    server.closeAllConnections();
    rmSync(room, { recursive: true });
  });

  const publish = (hash: string, archive: Buffer): void => {
    served["/archive"] = archive;
    const file = { hash, selfLink: `${address}/archive` };
    served["/index.yaml"] = stringify({
      releases: { [`${minor}.0`]: { [`envtest-${minor}.0-${target}.tar.gz`]: file } },
    });
  };

  it("are those of KUBEBUILDER_ASSETS before those of the cache", async () => {
    const assets = join(room, "assets");
    putPrograms(assets, ["etcd", "kube-apiserver"]);
    putPrograms(cache(), programs);
    expect(await prepare({ KUBEBUILDER_ASSETS: assets })).to.deep.equal({
      etcd: join(assets, "etcd"),
      "kube-apiserver": join(assets, "kube-apiserver"),
      kubectl: join(cache(), "kubectl"),
      "kube-controller-manager": join(cache(), "kube-controller-manager"),
    });
  });

  it("come from the envtest archive when its checksum is right", async () => {
    const archive = archiveIn(room);
    publish(createHash("sha512").update(archive).digest("hex"), archive);
    putPrograms(cache(), ["kube-controller-manager"]);
    expect(await prepare()).to.have.property("kube-apiserver", join(cache(), "kube-apiserver"));
  });

  it("are refused from an envtest archive whose checksum is wrong", async () => {
    publish("0".repeat(128), archiveIn(room));
    const message = await failure(prepare());
    expect(message).to.match(/envtest archive: .*SHA-512 is [0-9a-f]{128}, not 0{128}/);
    expect(existsSync(join(cache(), "etcd"))).to.equal(false);
  });

  it("that cannot be had give one message of what was tried and what to do", async () => {
    const message = await failure(prepare());
    expect(message).to.contain(`needs etcd, kubectl, kube-apiserver, kube-controller-manager`);
    expect(message).to.contain(`looked in ${cache()}`);
    expect(message).to.contain("envtest archive: ");
    expect(message).to.contain("HTTP 404");
    expect(message).to.contain("there is no `go` on PATH");
    expect(message).to.contain("install Go");
  });

  it("have the version that go.mod pins", () => {
    const text = readFileSync(join(import.meta.dirname, "../../../hack/controlplane/go.mod"), "utf8");
    expect(text).to.match(new RegExp(`^\\s+k8s\\.io/kubernetes ${kubernetesVersion}\\b`, "m"));
  });

  it("are taken from the newest archive of the same minor when there is none of that patch", () => {
    const entry = (version: string): object => ({
      [version]: { [`envtest-${version}-linux-arm64.tar.gz`]: { hash: `of ${version}`, selfLink: "x" } },
    });
    const index = { releases: { ...entry("v1.37.0"), ...entry("v1.37.10"), ...entry("v1.37.9"), ...entry("v1.38.0") } };
    expect(pickArchive(index, "v1.37.2", "linux-arm64")?.version).to.equal("v1.37.10");
    expect(pickArchive(index, "v1.37.9", "linux-arm64")?.version).to.equal("v1.37.9");
    expect(pickArchive(index, "v1.36.0", "linux-arm64")).to.equal(undefined);
    expect(pickArchive(index, "v1.37.2", "linux-s390x")).to.equal(undefined);
  });
});
