import { API_VERSION } from "../../controller/api/meta.ts";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { kubectl, kubectlOrThrow } from "../../hack/kubectl.ts";
import { OWN_NAME, valid } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";

/** A spec to try: stored after `before` where there is one, else new. */
export type Trial = Pick<Refusal, "kind" | "before" | "spec">;

/**
 * What a person reads who applies each of the specs, in their order; empty where it is accepted. What comes before is
 * stored in `namespace`, all else is a dry run. kubectl is asked three times in all, since each start takes a while.
 */
export async function verdicts(
  controlPlane: ControlPlane,
  namespace: string,
  trials: readonly Trial[],
): Promise<readonly string[]> {
  const named = trials.map((trial, index) => ({ ...trial, name: `trial-${String(index)}` }));
  const stored = named.filter((trial) => trial.before !== undefined);
  const fresh = named.filter((trial) => trial.before === undefined);
  const args = ["-n", namespace, "-f", "-"];
  if (stored.length > 0) {
    const before = listOf(stored.map((trial) => written(trial, trial.before ?? {})));
    await kubectlOrThrow(controlPlane, ["create", ...args], { stdin: before });
  }
  const dry = async (verb: string, some: typeof named): Promise<string> => {
    if (some.length === 0) return "";
    const stdin = listOf(some.map((trial) => written(trial, trial.spec)));
    const { stdout, stderr } = await kubectl(controlPlane, [verb, ...args, "--dry-run=server"], { stdin });
    return `${stdout}\n${stderr}`;
  };
  const said = (await dry("replace", stored)) + (await dry("create", fresh));
  const accepted = acceptedIn(said);
  const refused = refusedIn(said);
  return named.map(({ name }) => (accepted.has(name) ? "" : (refused.get(name) ?? `no word about ${name}: ${said}`)));
}

/** An object of the kind with a valid spec and the given fields laid over it. */
export function written({ kind, name }: { readonly kind: string; readonly name: string }, spec: object): object {
  const object = { apiVersion: API_VERSION, kind, metadata: { name }, spec: { ...valid[kind], ...spec } };
  return JSON.parse(JSON.stringify(object).replaceAll(`"${OWN_NAME}"`, `"${name}"`)) as object;
}

function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

function acceptedIn(said: string): ReadonlySet<string> {
  return new Set(Array.from(said.matchAll(/^\S+\/(trial-\d+) (?:created|replaced)/gm), ([, name]) => name ?? ""));
}

/** One refused object has a line that begins with its kind, several have lines that begin with an error each. */
function refusedIn(said: string): ReadonlyMap<string, string> {
  const parts = said.split(/^(?:The \w+|Error from server .*?) "(trial-\d+)" is invalid: /m).slice(1);
  return new Map(parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] ?? ""] as const] : [])));
}
