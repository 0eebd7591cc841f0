import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { API_VERSION } from "../controller/api/meta.ts";
import type { ControlPlane } from "./controlplane/controlPlane.ts";
import { kubectlOrThrow } from "./kubectl.ts";

type Where = Pick<ControlPlane, "kubectl" | "env">;

const crds = join(import.meta.dirname, "..", "crds");
const DEADLINE_MS = 60_000;
const POLL_MS = 100;

/**
 * Applies `crds/` and waits until the API server serves all of them and describes them to `kubectl explain`.
 * Throws with its objections.
 */
export async function installCrds(where: Where): Promise<void> {
  const applied = await kubectlOrThrow(where, [
    "apply",
    "--server-side",
    "--force-conflicts",
    "-k",
    crds,
    "-o",
    "name",
  ]);
  const names = applied.trim().split("\n");
  await kubectlOrThrow(where, ["wait", "--for=condition=Established", "--timeout=60s", ...names]);
  const kinds = await kubectlOrThrow(where, ["get", ...names, "-o", "jsonpath={.items[*].spec.names.kind}"]);
  await described(where, kinds.split(" "));
}

/** The OpenAPI documents follow the CRDs a moment later. */
async function described(where: Where, kinds: readonly string[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  const path = `/openapi/v3/apis/${API_VERSION}`;
  for (;;) {
    const document = await kubectlOrThrow(where, ["get", "--raw", path]).catch(() => "");
    const missing = kinds.filter((kind) => !document.includes(`"kind":"${kind}"`));
    if (missing.length === 0) return;
    if (performance.now() > deadline) throw new Error(`the API server does not describe ${missing.join(", ")}`);
    await delay(POLL_MS);
  }
}
