import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import type { Container } from "../../controller/api/index.ts";
import type { ControlPlane } from "../controlplane/controlPlane.ts";
import { kubectlOrThrow } from "../kubectl.ts";

type Where = Pick<ControlPlane, "kubectl" | "env">;

/** An object as a kustomization gives it. */
export interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** What differs from one run of the demo to the next. */
export interface Places {
  /** Where the simulated Proxmox answers. */
  readonly endpoint: string;
  /** Where the demo's stand-in for the outside world listens. */
  readonly wanPort: number;
}

export const NAMESPACE = "homelab";
export const HOST = "nosotros";
const manifests = join(import.meta.dirname, "..", "..", "manifests");
/** Nothing here runs pods; the controller is a process of the demo. */
const POD_THINGS: readonly string[] = ["Deployment", "Service", "CustomResourceDefinition"];

/** The namespace and the roles of manifests/base: all that the controller is allowed here. */
export async function applyBase(where: Where): Promise<void> {
  const base = (await render(where, "base")).filter((object) => !POD_THINGS.includes(object.kind));
  await apply(where, base);
}

/** The seed's lab as manifests/demo has it. */
export function renderLab(where: Where): Promise<readonly Rendered[]> {
  return render(where, "demo");
}

/** Applies the lab, pointed at what runs here, under strict validation. */
export async function applyLab(where: Where, lab: readonly Rendered[], places: Places): Promise<void> {
  await apply(
    where,
    lab.map((object) => pointed(object, places)),
  );
}

/** The token of the controller and the authority of the host's certificate. */
export async function applySecrets(
  where: Where,
  host: { readonly tokenId: string; readonly tokenSecret: string; readonly ca: string },
): Promise<void> {
  const secret = (name: string, stringData: Readonly<Record<string, string>>): Rendered & { stringData: unknown } => ({
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE } },
    stringData,
  });
  const { tokenId, tokenSecret, ca } = host;
  await apply(where, [secret("proxmox-token", { tokenId, tokenSecret }), secret("proxmox-ca", { "ca.crt": ca })]);
}

export function containersOf(lab: readonly Rendered[]): readonly Container[] {
  return lab.filter((object) => object.kind === "Container") as unknown as readonly Container[];
}

async function render(where: Where, folder: string): Promise<readonly Rendered[]> {
  const text = await kubectlOrThrow(where, ["kustomize", join(manifests, folder)]);
  return parseAllDocuments(text, { version: "1.1" }).map((document) => document.toJS() as Rendered);
}

async function apply(where: Where, objects: readonly Rendered[]): Promise<void> {
  const stdin = objects.map((object) => stringify(object, { version: "1.1" })).join("---\n");
  await kubectlOrThrow(where, ["apply", "--validate=strict", "--namespace", NAMESPACE, "-f", "-"], { stdin });
}

function pointed(object: Rendered, { endpoint, wanPort }: Places): Rendered {
  switch (object.kind) {
    case "ProxmoxCluster": {
      const tls = { caRef: { name: "proxmox-ca", key: "ca.crt" } };
      return { ...object, spec: { ...object.spec, endpoints: [endpoint], tls } };
    }
    case "Homelab": {
      const wan = { name: "wan", tcpSocket: { hosts: ["127.0.0.1"], port: wanPort } };
      return { ...object, spec: { ...object.spec, preflight: [wan] } };
    }
    default:
      return object;
  }
}
