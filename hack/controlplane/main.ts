import { parseArgs } from "node:util";
import { prepareBinaries } from "./binaries.ts";
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from "./controlPlane.ts";
import { kubernetesVersion } from "./version.ts";

const help = `Runs a Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager ${kubernetesVersion}) on this machine
until Ctrl-C, without a container engine.

  node hack/controlplane/main.ts [options]

  --prepare         only find, download or build the programs, then exit
  --persistent      keep the data, in the user's data directory
  --data-dir DIR    keep the data, in DIR
  --help            this text
`;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function untilStopped(controlPlane: ControlPlane, interrupted: AbortSignal): Promise<number> {
  // Signal handlers do not keep a process alive, and the control plane does not either.
  const alive = setInterval(() => undefined, 60_000);
  const asked = new Promise<undefined>((resolve) => {
    const done = (): void => {
      resolve(undefined);
    };
    interrupted.addEventListener("abort", done, { once: true });
    if (interrupted.aborted) done();
  });
  const broken = await Promise.race([asked, controlPlane.broken]);
  if (broken !== undefined) say(broken);
  await controlPlane.stop();
  clearInterval(alive);
  return broken === undefined ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", default: false },
      prepare: { type: "boolean", default: false },
      persistent: { type: "boolean", default: false },
      "data-dir": { type: "string" },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      interrupted.abort(new Error("interrupted"));
    });
  const { signal } = interrupted;
  if (values.prepare) {
    const binaries = await prepareBinaries({ say, signal });
    for (const path of Object.values(binaries)) process.stdout.write(`${path}\n`);
    return 0;
  }
  const dataDir = values["data-dir"];
  const options: ControlPlaneOptions = { persistent: values.persistent, log: say, signal };
  const controlPlane = await startControlPlane(dataDir === undefined ? options : { ...options, dataDir });
  say(`Kubernetes ${kubernetesVersion} serves at ${controlPlane.url}; Ctrl-C ends it. In another terminal:`);
  process.stdout.write(`export KUBECONFIG=${controlPlane.kubeconfigPath}\n`);
  return await untilStopped(controlPlane, signal);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
