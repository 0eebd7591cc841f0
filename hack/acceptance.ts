import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { startControlPlane, type ControlPlane } from "./controlplane/controlPlane.ts";
import { installCrds } from "./installCrds.ts";
import { kubectl, kubectlOrThrow } from "./kubectl.ts";

/**
 * Shows the CRDs and every kustomization below manifests/ to a real API server: each must be accepted under strict
 * validation, and a second apply must change nothing. Exits 1 with the server's words otherwise.
 */
const manifests = join(import.meta.dirname, "..", "manifests");

async function objections(controlPlane: ControlPlane, name: string): Promise<readonly string[]> {
  const namespace = `accept-${name}`;
  await kubectlOrThrow(controlPlane, ["create", "namespace", namespace]);
  const folder = join(manifests, name);
  // Kustomizations that set a namespace keep it; the others go into one of their own.
  const rendered = await kubectlOrThrow(controlPlane, ["kustomize", folder]);
  const where = /^ {2}namespace: /m.test(rendered) ? [] : ["--namespace", namespace];
  const apply = ["apply", "--validate=strict", ...where, "-f", "-"];
  const first = await kubectl(controlPlane, apply, { stdin: rendered });
  if (first.code !== 0) return [`manifests/${name}: refused:\n${first.stderr}`];
  const second = await kubectl(controlPlane, apply, { stdin: rendered });
  return second.stdout
    .split("\n")
    .filter((line) => line !== "" && !line.endsWith(" unchanged"))
    .map((line) => `manifests/${name}: a second apply still changes something: ${line}`);
}

async function main(): Promise<readonly string[]> {
  const controlPlane = await startControlPlane({ log: (line) => process.stderr.write(`${line}\n`) });
  try {
    await installCrds(controlPlane);
    const found: string[] = [];
    for (const entry of await readdir(manifests, { withFileTypes: true }))
      // What has no kustomization is for another server: Argo CD's own objects.
      if (entry.isDirectory() && existsSync(join(manifests, entry.name, "kustomization.yaml")))
        found.push(...(await objections(controlPlane, entry.name)));
    return found;
  } finally {
    await controlPlane.stop();
  }
}

const found = await main();
for (const line of found) process.stdout.write(`${line}\n`);
process.exitCode = found.length === 0 ? 0 : 1;
