import { before, beforeEach, afterEach } from "mocha";
import { startControlPlane, type ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { installCrds } from "../../hack/installCrds.ts";
import { kubectl, kubectlOrThrow, type CallOptions, type Reply } from "../../hack/kubectl.ts";
import { lookAt, untilObject, type Seen } from "./untilObject.ts";

const START_MS = 180_000;
const DEADLINE_MS = 30_000;

let shared: Promise<ControlPlane> | undefined;
let count = 0;

/**
 * The control plane of this run, with our CRDs, started when first asked for. It keeps no process alive and ends with
 * this one. Throws where it cannot be had: a cluster test never passes by being left out.
 */
export function sharedControlPlane(): Promise<ControlPlane> {
  return (shared ??= start());
}

async function start(): Promise<ControlPlane> {
  const controlPlane = await startControlPlane({ audit: true, log: (line) => process.stderr.write(`${line}\n`) });
  await installCrds(controlPlane);
  return controlPlane;
}

/** A namespace of one test on the shared control plane. */
export interface TestCluster {
  readonly controlPlane: ControlPlane;
  /** Fresh for each test. */
  readonly namespace: string;
  /** The real kubectl in the test's namespace, as admin or as somebody else. */
  kubectl(args: readonly string[], options?: CallOptions): Promise<Reply>;
  /** Applies YAML under strict validation; throws with the server's words when it is refused. */
  apply(yaml: string): Promise<string>;
  /** Undefined when there is no such object. */
  get(resource: string, name: string): Promise<Seen | undefined>;
  /**
   * Watches the object until `holds`; answers it as it was then. Throws after `deadlineMs` (30 s) with `what` and the
   * last state that was seen. `holds` is asked with undefined while there is no such object.
   */
  until(
    object: { readonly resource: string; readonly name: string },
    what: string,
    holds: (object: Seen | undefined) => boolean,
    deadlineMs?: number,
  ): Promise<Seen | undefined>;
}

/** To be called in a `describe`: gives each of its tests the shared control plane and a namespace of its own. */
export function useCluster(): TestCluster {
  let controlPlane: ControlPlane | undefined;
  let namespace = "";
  const current = (): ControlPlane => {
    if (controlPlane === undefined) throw new Error("the cluster is there inside tests and their hooks only");
    return controlPlane;
  };
  before(async function () {
    this.timeout(START_MS);
    controlPlane = await sharedControlPlane();
  });
  beforeEach(async () => {
    count += 1;
    namespace = `test-${process.pid}-${count}`;
    await kubectlOrThrow(current(), ["create", "namespace", namespace]);
  });
  afterEach(async () => {
    await kubectlOrThrow(current(), ["delete", "namespace", namespace, "--wait=false"]);
  });
  const inNamespace = (args: readonly string[], options?: CallOptions): Promise<Reply> =>
    kubectl(current(), ["--namespace", namespace, ...args], options);
  return {
    get controlPlane() {
      return current();
    },
    get namespace() {
      return namespace;
    },
    kubectl: inNamespace,
    apply: (yaml) =>
      kubectlOrThrow(current(), ["apply", "--validate=strict", "--namespace", namespace, "-f", "-"], { stdin: yaml }),
    get: (resource, name) => lookAt(current(), { resource, name, namespace }),
    until: (object, what, holds, deadlineMs = DEADLINE_MS) =>
      untilObject(current(), { ...object, namespace }, { what, holds, deadlineMs }),
  };
}

/** Whether the object has this condition with this status, and speaks of its present generation. */
export function hasCondition(object: Seen | undefined, type: string, status = "True"): boolean {
  const conditions = (object?.status?.["conditions"] ?? []) as readonly {
    readonly type: string;
    readonly status: string;
    readonly observedGeneration?: number;
  }[];
  return conditions.some(
    (one) =>
      one.type === type &&
      one.status === status &&
      (one.observedGeneration ?? object?.metadata.generation) === object?.metadata.generation,
  );
}
