import { Stalled, textOf } from "../base/outcome.ts";
import { Forbidden, Gone, type Kube, type Secret } from "../runtime/kube.ts";

export type Secrets = Pick<Kube, "secret">;

/** One key of a Secret. */
export interface SecretKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** The value without space around it. Throws `Stalled("SecretMissing")` in a sentence for a person when it isn't there. */
export async function secretKey(
  kube: Secrets,
  { namespace, name, key }: SecretKey,
  signal: AbortSignal,
): Promise<string> {
  const { data } = await read(kube, namespace, name, signal);
  const value = data[key]?.trim();
  if (value === undefined || value === "")
    throw new Stalled("SecretMissing", `Secret ${name} has no key ${key}; add it, it is noticed within a minute`);
  return value;
}

async function read(kube: Secrets, namespace: string, name: string, signal: AbortSignal): Promise<Secret> {
  try {
    return await kube.secret(namespace, name, signal);
  } catch (error) {
    if (error instanceof Gone)
      throw new Stalled(
        "SecretMissing",
        `Secret ${name} does not exist in ${namespace}; create it, it is noticed within a minute`,
      );
    if (error instanceof Forbidden)
      throw new Stalled("SecretMissing", `Secret ${name} may not be read: ${textOf(error)}`);
    throw error;
  }
}
