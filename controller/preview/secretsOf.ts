import { OmadaController, parseSpec, ProxmoxCluster } from "../api/index.ts";
import { Gone, type Secret } from "../runtime/kube.ts";
import type { Stored } from "../api/meta.ts";
import type { WrittenSecret } from "./manifests.ts";
import type { GivenSecrets } from "./planCommand.ts";

export type ReadSecret = (namespace: string, name: string, signal: AbortSignal) => Promise<Secret>;

export interface SecretSources {
  readonly written: readonly WrittenSecret[];
  readonly given: GivenSecrets;
  /** Of the cluster, where it is read. */
  readonly stored: ReadSecret | undefined;
  /** What is declared: their references say what the given ones are. */
  readonly objects: readonly Stored[];
}

/** Secrets as they will be: those in the files, else those that were given in files of their own, else the cluster's. */
export function secretsOf({ written, given, stored, objects }: SecretSources): ReadSecret {
  const known = new Map<string, Readonly<Record<string, string>>>();
  for (const { place, data } of objects.flatMap((object) => givenFor(object, given)))
    known.set(place, { ...known.get(place), ...data });
  for (const { namespace, name, data } of written) known.set(`${namespace}/${name}`, data);
  return async (namespace, name, signal) => {
    const data = known.get(`${namespace}/${name}`);
    if (data !== undefined) return { resourceVersion: "1", data };
    if (stored !== undefined) return stored(namespace, name, signal);
    throw new Gone(`Secret ${name} is in no file`);
  };
}

interface Given {
  readonly place: string;
  readonly data: Readonly<Record<string, string>>;
}

function givenFor(object: Stored, { proxmox, omada, ca }: GivenSecrets): readonly Given[] {
  const { namespace } = object.metadata;
  const data = object.kind === ProxmoxCluster.kind ? proxmox : object.kind === OmadaController.kind ? omada : undefined;
  const spec = specOf(object);
  if (spec === undefined) return [];
  const { caRef } = spec.tls ?? {};
  return [
    ...(data === undefined ? [] : [{ place: `${namespace}/${spec.credentialsRef.name}`, data }]),
    ...(ca === undefined || caRef === undefined
      ? []
      : [{ place: `${namespace}/${caRef.name}`, data: { [caRef.key]: ca } }]),
  ];
}

interface ConnectionSpec {
  readonly credentialsRef: { readonly name: string };
  readonly tls?: { readonly caRef?: { readonly name: string; readonly key: string } };
}

function specOf(object: Stored): ConnectionSpec | undefined {
  const kind = [ProxmoxCluster, OmadaController].find((one) => one.kind === object.kind);
  const parsed = kind === undefined ? undefined : parseSpec(kind, object);
  return parsed?.ok === true ? parsed.spec : undefined;
}
