import { startControlPlane } from "./controlplane/controlPlane.ts";
import { installCrds } from "./installCrds.ts";

export interface Embedded {
  /** For the controller. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** A Kubernetes API that stays, for people with Proxmox and no Kubernetes; prints what they need to use it. */
export async function embed(options: {
  readonly dataDir?: string;
  readonly namespaces: readonly string[];
}): Promise<Embedded> {
  const plane = await startControlPlane({
    persistent: true,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    log: (line) => {
      process.stderr.write(`${line}\n`);
    },
  });
  await installCrds(plane);
  process.stderr.write(
    `\nYour Kubernetes API is up. In another terminal:\n\n  export KUBECONFIG=${plane.kubeconfigPath}\n  kubectl get lab -n ${options.namespaces[0] ?? "homelab"}\n\n`,
  );
  return { kubeconfig: plane.kubeconfigPath, stop: () => plane.stop() };
}
