import { Stalled, textOf } from "../../base/outcome.ts";
import { Forbidden, Gone, type Kube, type Secret } from "../../runtime/kube.ts";

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

/** As both kinds of connections declare it. */
interface TlsSpec {
  readonly caRef?: { readonly name: string; readonly key: string };
  readonly fingerprints?: readonly string[];
  readonly insecureSkipVerify?: boolean;
}

/** How TLS is verified, with the authority's certificate out of its Secret. Throws as `secretKey`. */
export async function tlsOf(
  kube: Secrets,
  namespace: string,
  tls: TlsSpec | undefined,
  signal: AbortSignal,
): Promise<{ ca?: string; fingerprints?: readonly string[]; insecureSkipVerify?: boolean }> {
  return {
    ...(tls?.caRef === undefined ? {} : { ca: await secretKey(kube, { namespace, ...tls.caRef }, signal) }),
    ...(tls?.fingerprints === undefined ? {} : { fingerprints: tls.fingerprints }),
    ...(tls?.insecureSkipVerify === true ? { insecureSkipVerify: true } : {}),
  };
}

/** The value of a key that may be left out. */
export async function optionalKey(
  kube: Secrets,
  { namespace, name, key }: SecretKey,
  signal: AbortSignal,
): Promise<string | undefined> {
  const value = (await read(kube, namespace, name, signal)).data[key]?.trim();
  return value === "" ? undefined : value;
}

/** The value of a key with the version of its Secret (N3). Throws as `secretKey`. */
export async function versionedKey(
  kube: Secrets,
  at: SecretKey,
  signal: AbortSignal,
): Promise<{ readonly value: string; readonly version: string }> {
  const { data, resourceVersion } = await read(kube, at.namespace, at.name, signal);
  const value = data[at.key];
  if (value === undefined || value === "")
    throw new Stalled("SecretMissing", `Secret ${at.name} has no key ${at.key}; add it, it is noticed within a minute`);
  return { value, version: resourceVersion };
}
