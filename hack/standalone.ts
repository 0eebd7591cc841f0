import { dirname } from "node:path";
import { startControlPlane } from "./controlplane/controlPlane.ts";
import { installCrds } from "./installCrds.ts";
import { applyBase, useNamespace } from "./manifests.ts";

export interface Embedded {
  /** For the controller: its service account, with the rights of manifests/base in each namespace and no others. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

export interface EmbedOptions {
  /** Default: the user's data directory. */
  readonly dataDir?: string;
  readonly namespaces: readonly [string, ...string[]];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * A Kubernetes API that stays, for people with Proxmox and no Kubernetes, with namespaces, custom resources and roles;
 * prints what they need to use it. Throws with a sentence when it cannot be had.
 */
export async function embed({ dataDir, namespaces }: EmbedOptions): Promise<Embedded> {
  say("Kubernetes: etcd, kube-apiserver and kube-controller-manager …");
  const where = dataDir === undefined ? {} : { dataDir };
  const plane = await startControlPlane({ persistent: true, ...where, log: say });
  try {
    await installCrds(plane);
    await applyBase(plane, namespaces);
    await useNamespace(plane, namespaces[0]);
  } catch (error) {
    await plane.stop();
    throw error;
  }
  say(`
Your Kubernetes API is up; Ctrl-C ends it, and the next start goes on with the same data. In another terminal:

  export KUBECONFIG=${plane.kubeconfigPath}
  export PATH=${dirname(plane.kubectl)}:$PATH     # kubectl
  kubectl get lab
`);
  return { kubeconfig: plane.controllerKubeconfigPath, stop: () => plane.stop() };
}
