import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { API_VERSION, GROUP, VERSION, type Key, type Stored } from "../../controller/api/meta.ts";
import { systemClock } from "../../controller/base/clock.ts";
import { KubeClient } from "../../controller/runtime/kubeClient.ts";
import { KubeHttp } from "../../controller/runtime/kubeHttp.ts";
import { loadKubeconfig } from "../../controller/runtime/kubeconfig.ts";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { LAMP, type KubeSubject } from "./kubeSuite.ts";

const run = promisify(execFile);

const integer = { type: "integer" };
const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

const condition = { ...open, required: ["type"], properties: { type: { type: "string" } } };

const lampStatus = {
  type: "object",
  default: { observedGeneration: -1 },
  properties: {
    observedGeneration: integer,
    bright: integer,
    task: open,
    conditions: {
      type: "array",
      items: condition,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
    },
  },
};

/** A kind made for tests. */
export const lampCrd = {
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
              spec: { type: "object", properties: { bright: integer } },
              status: lampStatus,
            },
          },
        },
      },
    ],
  },
};

/** The real API server, with kubectl for the verbs of a person. */
export class RealSubject implements KubeSubject {
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

export function clientOf(path: string, timeoutMs = 10_000): KubeClient {
  const http = new KubeHttp(loadKubeconfig({ path }), { clock: systemClock, userAgent: "test", timeoutMs });
  return new KubeClient(http, { clock: systemClock, random: () => 0, instance: "test" });
}
