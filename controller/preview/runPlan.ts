import { kinds } from "../api/index.ts";
import type { Stored } from "../api/meta.ts";
import { Gone, type Kube } from "../runtime/kube.ts";
import { declaredObjects } from "./declaredObjects.ts";
import { manifestsOf, type Manifests } from "./manifests.ts";
import { BadManifest, manifestTexts, type Files } from "./manifestTexts.ts";
import type { PlanWish } from "./planCommand.ts";
import { exitCodeOf, planDocument } from "./planDocument.ts";
import { planText } from "./planText.ts";
import { rehearse, type RehearsalPorts } from "./rehearsal.ts";
import { secretsOf, type SecretSources } from "./secretsOf.ts";

/** A Kubernetes cluster, as far as it is read. */
export interface ClusterReads extends Pick<Kube, "list" | "secret" | "namespaceTerminating" | "nodeUuids"> {
  /** The context's, if it names one. */
  readonly namespace: string | undefined;
}

/** The outside of a plan. */
export interface PlanPorts extends Pick<RehearsalPorts, "clock" | "connect" | "connectOmada" | "ownAddresses"> {
  readonly files: Files;
  /** Undefined: there is no kubeconfig. Throws when the one that was named can't be used. */
  readonly openCluster: () => ClusterReads | undefined;
  /** Standard output. */
  readonly print: (text: string) => void;
  /** Progress and remarks, a line each, or the same line again on a terminal. */
  readonly tell: (line: string, again: boolean) => void;
  readonly colour: boolean;
}

/** Reads, foresees, prints; answers the exit code. Throws with a sentence when it cannot be told. */
export async function runPlan(wish: PlanWish, ports: PlanPorts, signal: AbortSignal): Promise<0 | 1 | 2> {
  const cluster = wish.cluster ? ports.openCluster() : undefined;
  if (cluster === undefined && (wish.files.length === 0 || wish.prune))
    throw new Error(
      `there is no kubeconfig, so ${wish.prune ? "--prune has nothing to compare with" : "give manifests with -f"}`,
    );
  const namespace = wish.namespace ?? cluster?.namespace ?? "default";
  const manifests = manifestsOf(await manifestTexts(wish.files, ports.files), namespace);
  remark(manifests, wish, cluster, ports.tell);
  const namespaces = new Set(wish.files.length === 0 ? [namespace] : manifests.objects.map((one) => one.namespace));
  const stored = await storedIn(cluster, [...namespaces], signal);
  const objects = declaredObjects(manifests.objects, { stored, prune: wish.prune, now: ports.clock.now() });
  if (objects.length === 0) throw nothingIn(wish, namespace);
  const tell = (done: number, of: number): void => {
    ports.tell(`${String(done)} of ${String(of)} objects looked at`, done < of);
  };
  const reads = readsOf(cluster, { written: manifests.secrets, given: wish.secrets, objects }, signal);
  const document = planDocument(await rehearse(objects, { ...ports, ...reads, tell }, signal));
  ports.print(wish.json ? `${JSON.stringify(document, undefined, 2)}\n` : planText(document, ports.colour));
  return exitCodeOf(document);
}

/** What the drivers ask of Kubernetes: of the cluster, or of nobody. */
function readsOf(
  cluster: ClusterReads | undefined,
  sources: Omit<SecretSources, "stored">,
  signal: AbortSignal,
): Pick<RehearsalPorts, "kube" | "nodeUuids"> {
  if (cluster === undefined)
    return {
      kube: {
        secret: secretsOf({ ...sources, stored: undefined }),
        namespaceTerminating: () => Promise.resolve(false),
      },
      nodeUuids: () => Promise.resolve(undefined),
    };
  return {
    kube: {
      secret: secretsOf({ ...sources, stored: (...at) => cluster.secret(...at) }),
      namespaceTerminating: (...at) => cluster.namespaceTerminating(...at),
    },
    nodeUuids: () => cluster.nodeUuids(signal).catch(() => undefined),
  };
}

function nothingIn({ files }: PlanWish, namespace: string): BadManifest {
  const where = files.length === 0 ? `namespace ${namespace}` : files.join(", ");
  return new BadManifest(`there is no object of this controller in ${where}`);
}

function remark(
  { others }: Manifests,
  { files }: PlanWish,
  cluster: ClusterReads | undefined,
  tell: PlanPorts["tell"],
): void {
  if (others.length > 0) tell(`not of this controller, and left out: ${others.join(", ")}`, false);
  if (cluster === undefined && files.length > 0)
    tell("without the cluster: what the controller has noted of these objects is not known", false);
}

/** Everything of ours; a cluster without the custom resources has nothing yet. */
async function storedIn(
  cluster: ClusterReads | undefined,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<readonly Stored[]> {
  if (cluster === undefined) return [];
  const lists = namespaces.flatMap((namespace) =>
    kinds.map(async (kind) => {
      try {
        return (await cluster.list(kind, namespace, signal)).items;
      } catch (error) {
        if (error instanceof Gone) return [];
        throw error;
      }
    }),
  );
  return (await Promise.all(lists)).flat();
}
