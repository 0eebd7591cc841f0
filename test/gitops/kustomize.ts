import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { prepareBinaries } from "../../hack/controlplane/binaries.ts";
import { objectsOf, type Manifest } from "./page.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");

/** What kustomize makes of a folder of the project with more written into the kustomization, as Argo CD and Flux do it. */
export async function kustomized(folder: string, more: object): Promise<readonly Manifest[]> {
  const { kubectl } = await prepareBinaries({ say: (line) => process.stderr.write(`${line}\n`) });
  const room = mkdtempSync(join(tmpdir(), "homelab-gitops-"));
  try {
    const kustomization = { ...more, resources: [relative(room, join(root, folder))] };
    writeFileSync(join(room, "kustomization.yaml"), stringify(kustomization));
    const { stdout } = await run(kubectl, ["kustomize", room], { maxBuffer: 16 * 1024 * 1024 });
    return objectsOf(stdout);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}
