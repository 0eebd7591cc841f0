import { readFileSync } from "node:fs";
import { Agent } from "undici";
import { parse } from "yaml";

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly "certificate-authority-data": string };
  }[];
  readonly users: readonly { readonly user: { readonly token: string } }[];
}

/** Where the API server of a kubeconfig is, and how it is spoken to. */
export interface KubeServer {
  readonly url: string;
  readonly token: string;
  readonly agent: Agent;
}

/** The one server and user of a kubeconfig of the demo's control plane. */
export function kubeServer(kubeconfigPath: string): KubeServer {
  const { clusters, users } = parse(readFileSync(kubeconfigPath, "utf8")) as Kubeconfig;
  const [cluster] = clusters;
  const [user] = users;
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfigPath} names no cluster or no user`);
  const ca = Buffer.from(cluster.cluster["certificate-authority-data"], "base64").toString("utf8");
  const agent = new Agent({ connect: { ca }, bodyTimeout: 0 });
  return { url: cluster.cluster.server, token: user.user.token, agent };
}
