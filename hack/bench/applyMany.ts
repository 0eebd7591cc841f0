import { fetch } from "undici";
import { API_VERSION } from "../../controller/api/meta.ts";
import { NAMESPACE } from "../demo/demoManifests.ts";
import { kubeServer, type KubeServer } from "../demo/kubeServer.ts";
import type { Rendered } from "../manifests.ts";

/** Requests at once. */
const AT_ONCE = 32;

/** Creates many Containers, as an admin; kubectl would take minutes for thousands. */
export async function applyMany(
  kubeconfigPath: string,
  containers: readonly Rendered[],
  progress: (line: string) => void,
): Promise<void> {
  const server = kubeServer(kubeconfigPath);
  const left = containers.values();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const container of left) {
      await create(server, container);
      done++;
      if (done % 100 === 0) progress(`${String(done)} of ${String(containers.length)} Containers applied`);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    await server.agent.destroy();
  }
}

async function create({ url, token, agent }: KubeServer, container: Rendered): Promise<void> {
  const response = await fetch(
    `${url}/apis/${API_VERSION}/namespaces/${NAMESPACE}/containers?fieldValidation=Strict&fieldManager=bench`,
    {
      method: "POST",
      dispatcher: agent,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(container),
    },
  );
  const answer = await response.text();
  if (!response.ok) throw new Error(`creating ${container.metadata.name}: ${String(response.status)} ${answer}`);
}
