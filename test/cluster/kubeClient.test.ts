import { expect } from "chai";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GROUP, VERSION, API_VERSION, type Key, type Stored } from "../../controller/api/meta.ts";
import { systemClock } from "../../controller/base/clock.ts";
import { Forbidden, KubeUnavailable, Refused, type KindRef } from "../../controller/runtime/kube.ts";
import { KubeClient } from "../../controller/runtime/kubeClient.ts";
import { KubeHttp } from "../../controller/runtime/kubeHttp.ts";
import { loadKubeconfig } from "../../controller/runtime/kubeconfig.ts";
import { startControlPlane, type ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { failure, kubeSuite, LAMP, type KubeSubject } from "./kubeSuite.ts";

const run = promisify(execFile);

const anyStatus = {
  type: "object",
  default: { observedGeneration: -1 },
  properties: { observedGeneration: { type: "integer" }, bright: { type: "integer" } },
};

const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${LAMP.plural}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: "Namespaced",
    names: { kind: LAMP.kind, plural: LAMP.plural, singular: "lamp" },
    versions: [
      {
        name: VERSION,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { bright: { type: "integer" } } },
              status: anyStatus,
            },
          },
        },
      },
    ],
  },
};

class RealSubject implements KubeSubject {
  readonly namespace = "home";
  readonly kube: KubeClient;
  readonly #plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.kube = clientOf(plane.kubeconfigPath);
  }

  async kubectl(...words: readonly string[]): Promise<string> {
    return (await run(this.#plane.kubectl, words, { env: this.#plane.env })).stdout;
  }

  async send(object: object): Promise<string> {
    const child = run(this.#plane.kubectl, ["apply", "-o", "json", "-f", "-"], { env: this.#plane.env });
    child.child.stdin?.end(JSON.stringify(object));
    return (await child).stdout;
  }

  async apply(name: string, bright: number): Promise<Stored> {
    const metadata = { name, namespace: this.namespace };
    const text = await this.send({ apiVersion: API_VERSION, kind: LAMP.kind, metadata, spec: { bright } });
    return JSON.parse(text) as Stored;
  }

  async annotate(key: Key, annotations: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(annotations).map(([name, value]) => `${name}=${value}`);
    await this.kubectl("annotate", "-n", key.namespace, LAMP.plural, key.name, ...pairs);
  }

  async delete(key: Key): Promise<void> {
    await this.kubectl("delete", "-n", key.namespace, LAMP.plural, key.name, "--wait=false");
  }

  async putSecret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    await this.send({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: this.namespace },
      stringData: data,
    });
  }

  tooOld(): Promise<string> {
    return Promise.resolve("1");
  }

  async eventsOf(key: Key): Promise<readonly string[]> {
    const found = await this.kubectl(
      "events",
      "-n",
      key.namespace,
      "--for",
      `${LAMP.plural}/${key.name}`,
      "-o",
      "json",
    );
    const { items } = JSON.parse(found) as { items: readonly { reason: string; message: string }[] };
    return items.map((event) => `${event.reason}: ${event.message}`);
  }
}

function clientOf(path: string, timeoutMs = 10_000): KubeClient {
  const http = new KubeHttp(loadKubeconfig({ path }), { clock: systemClock, userAgent: "test", timeoutMs });
  return new KubeClient(http, { clock: systemClock, random: () => 0, instance: "test" });
}

describe("the client of a real API server", function () {
  this.timeout(30_000);
  const never = new AbortController().signal;
  let plane: ControlPlane;
  let subject: RealSubject;

  before(async function () {
    this.timeout(1_800_000);
    plane = await startControlPlane();
    subject = new RealSubject(plane);
    await subject.send(crd);
    await subject.kubectl("wait", "--for=condition=Established", `crd/${crd.metadata.name}`);
    await subject.kubectl("create", "namespace", subject.namespace);
  });

  after(async () => {
    await plane.stop();
  });

  kubeSuite(() => subject);

  it("S1: a status field that the schema does not know is refused, not dropped", async () => {
    await subject.apply("strict", 1);
    const key = { kind: LAMP.kind, namespace: subject.namespace, name: "strict" };
    const operations = [{ op: "add", path: "/status/unknown", value: 1 }] as const;
    const error = await failure(subject.kube.patch(LAMP, key, "status", operations, never));
    expect(error).to.be.instanceOf(Refused);
    expect(String(error)).to.contain("unknown");
  });

  it("what RBAC does not grant is Forbidden, and the nodes are then unknown", async () => {
    const path = await plane.userKubeconfig({ user: "system:serviceaccount:home:nobody" });
    const kube = clientOf(path);
    const nodes: KindRef = LAMP;
    expect(await failure(kube.list(nodes, subject.namespace, never))).to.be.instanceOf(Forbidden);
    expect(await kube.nodeUuids(never)).to.equal(undefined);
    expect(await subject.kube.nodeUuids(never)).to.deep.equal([]);
  });

  it("I7: a namespace that is being deleted is terminating", async () => {
    await subject.kubectl("create", "namespace", "leaving");
    await subject.send({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "keeps", namespace: "leaving", finalizers: ["example.com/keep"] },
    });
    await subject.kubectl("delete", "namespace", "leaving", "--wait=false");
    expect(await subject.kube.namespaceTerminating("leaving", never)).to.equal(true);
    await subject.kubectl(
      "patch",
      "-n",
      "leaving",
      "configmap/keeps",
      "--type=json",
      '-p=[{"op":"remove","path":"/metadata/finalizers"}]',
    );
  });

  it("P2: an API server that is not there is unavailable", async () => {
    const path = `${plane.kubeconfigPath}.nobody`;
    const { readFile, writeFile } = await import("node:fs/promises");
    const text = await readFile(plane.kubeconfigPath, "utf8");
    await writeFile(path, text.replaceAll(plane.url, "https://127.0.0.1:9"));
    const error = await failure(clientOf(path).list(LAMP, subject.namespace, never));
    expect(error).to.be.instanceOf(KubeUnavailable);
  });
});
