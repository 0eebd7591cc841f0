import { expect } from "chai";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { bundle } from "../../hack/bundle.ts";
import { root } from "../../hack/command.ts";
import { serviceAccountToken } from "../../hack/controlplane/serviceAccountToken.ts";
import { layImage } from "../../hack/imageFileSystem.ts";
import { startProgramAsController, type ControllerChild } from "./controllerChild.ts";
import { ONE_GUEST } from "./faultBed.ts";
import { withBed, type Bed } from "./labBed.ts";

const POD_SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What the Containerfile says of how the program runs. */
function containerfile(): { readonly entrypoint: readonly string[]; readonly env: readonly string[] } {
  const text = readFileSync(join(root, "Containerfile"), "utf8");
  const entrypoint = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1] ?? "[]") as readonly string[];
  return { entrypoint, env: [...text.matchAll(/^ENV (\S+=\S+)$/gm)].map(([, setting = ""]) => setting) };
}

/** The arguments that the Deployment of manifests/base gives, in this namespace. */
function deploymentArgs(namespace: string): readonly string[] {
  const file = readFileSync(join(root, "manifests/base/deployment.yaml"), "utf8");
  const [deployment] = parseAllDocuments(file).map((each) => each.toJS() as Deployment);
  const args = deployment?.spec.template.spec.containers[0]?.args ?? [];
  return args.map((arg) => arg.replace("$(NAMESPACE)", namespace));
}

interface Deployment {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { args?: readonly string[] }[] } };
  };
}

/** As the kubelet: token, CA and namespace of the pod's service account in its file system. */
async function mountServiceAccount(image: string, { controlPlane, namespace, user }: Bed): Promise<URL> {
  const { kubectl, kubeconfigPath } = controlPlane;
  const token = await serviceAccountToken({ kubectl, kubeconfigPath }, user);
  const [cluster] = (parseAllDocuments(readFileSync(kubeconfigPath, "utf8"))[0]?.toJS() as Kubeconfig).clusters;
  if (token === undefined || cluster === undefined) throw new Error("no token, or no cluster in the kubeconfig");
  const folder = join(image, POD_SECRETS);
  mkdirSync(folder, { recursive: true });
  const authority = Buffer.from(cluster.cluster["certificate-authority-data"], "base64");
  for (const [name, content] of Object.entries({ token, "ca.crt": authority, namespace }))
    writeFileSync(join(folder, name), content);
  return new URL(cluster.cluster.server);
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly "certificate-authority-data": string };
  }[];
}

/** Runs the image's entry point in its file system as the pod's user, and in a process namespace where it is number 1. */
async function runImage(image: string, { server, args, log }: Run): Promise<ControllerChild> {
  const { entrypoint, env } = containerfile();
  const isRoot = process.getuid?.() === 0;
  mkdirSync(join(image, "proc"), { recursive: true });
  return startProgramAsController(
    [
      "/usr/bin/env",
      "-i",
      `KUBERNETES_SERVICE_HOST=${server.hostname}`,
      `KUBERNETES_SERVICE_PORT=${server.port}`,
      ...env,
      "/usr/bin/unshare",
      ...(isRoot ? [] : ["--map-root-user"]),
      ...["--mount", "--pid", "--fork", "--kill-child", `--mount-proc=${join(image, "proc")}`],
      "/usr/sbin/chroot",
      ...(isRoot ? ["--userspec=65532:65532"] : []),
      image,
      ...entrypoint,
      ...args,
    ],
    log,
  );
}

interface Run {
  readonly server: URL;
  readonly args: readonly string[];
  readonly log: string;
}

describe("the image of the Containerfile", function () {
  this.timeout(180_000);
  let folder: string;
  let image: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "homelab-image-"));
    image = join(folder, "image");
    const program = join(folder, "homelab-controller.mjs");
    await bundle(program, "error");
    layImage(image, program);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("has Node, its libraries and the program, and no shell", () => {
    const files = globSync("**/*", { cwd: image, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map(({ name }) => name);
    expect(names).to.include.members(["node", "homelab-controller.mjs", "LICENSE", "libc.so.6"]);
    expect(names.filter((name) => /^(ba|da)?sh$|^busybox/.test(name))).to.deep.equal([]);
    expect(existsSync(join(image, "app/homelab-controller.mjs"))).to.equal(true);
  });

  it("P3: runs as the Deployment runs it, with the pod's service account alone, boots a guest, and ends on SIGTERM", async () => {
    await withBed({ guests: ONE_GUEST, emptyHost: true }, async (bed) => {
      const server = await mountServiceAccount(image, bed);
      const log = join(bed.controlPlane.logDirectory, `${bed.namespace}-image.log`);
      // The port of the metrics is the pod's own there; here the machine has only one of it.
      const args = [...deploymentArgs(bed.namespace), "--metrics-bind-address", "127.0.0.1:0", "--log-format", "json"];
      const controller = await runImage(image, { server, args, log });
      try {
        await bed.applyLab();
        await bed.untilAll("Settled");
        process.kill(programIn(controller.pid), "SIGTERM");
        expect(await controller.exited).to.equal(0);
      } catch (cause) {
        throw new Error(`the image said: ${await controller.output()}`, { cause });
      } finally {
        await controller.kill();
      }
    });
  });
});

/** The process that `unshare` forked. */
function programIn(pid: number): number {
  return Number(
    readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8")
      .trim()
      .split(" ")[0],
  );
}
