import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * A token for `system:serviceaccount:<namespace>:<name>` from the API server, for a year; namespace and account are made
 * where they are missing. Undefined when `user` is no service account.
 */
export async function serviceAccountToken(
  admin: { readonly kubectl: string; readonly kubeconfigPath: string },
  user: string,
): Promise<string | undefined> {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  const kubectl = async (...args: string[]): Promise<string> =>
    (await run(admin.kubectl, [`--kubeconfig=${admin.kubeconfigPath}`, ...args])).stdout;
  await ignoringExisting(kubectl("create", "namespace", namespace));
  await ignoringExisting(kubectl("create", "serviceaccount", name, `--namespace=${namespace}`));
  return (await kubectl("create", "token", name, `--namespace=${namespace}`, "--duration=8760h")).trim();
}

async function ignoringExisting(call: Promise<string>): Promise<void> {
  try {
    await call;
  } catch (error) {
    // kubectl says it in its own words for some kinds: "(AlreadyExists)" or only "already exists".
    if (!/already ?exists/i.test(String((error as { stderr?: unknown }).stderr))) throw error;
  }
}
