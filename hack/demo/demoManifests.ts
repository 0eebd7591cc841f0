import type { Container } from "../../controller/api/index.ts";
import type { RunningOmadaSimulator } from "../../test/simulators/omada/startOmadaSimulator.ts";
import type { RunningSimulator } from "../../test/simulators/proxmox/startProxmoxSimulator.ts";
import { apply, render, type Rendered, type Where } from "../manifests.ts";
import { PASSPHRASES } from "./simulatedSite.ts";

/** What differs from one run of the demo to the next. */
export interface Places {
  /** Where the simulated Proxmox answers. */
  readonly endpoint: string;
  /** Where the demo's stand-in for the outside world listens. */
  readonly wanPort: number;
  /** Where the simulated Omada controller will answer; undefined: there is none. */
  readonly site?: string | undefined;
}

export const NAMESPACE = "homelab";
export const HOST = "nosotros";

const omadaKinds: readonly string[] = [
  "OmadaController",
  "NetworkDevice",
  "WirelessNetwork",
  "AccessRule",
  "ClientGroup",
];

/** The seed's lab as manifests/demo has it, with or without what lives in an Omada site. */
export async function renderLab(where: Where, network: boolean): Promise<readonly Rendered[]> {
  const lab = await render(where, "demo");
  return network ? lab : lab.flatMap(withoutOmada);
}

/** What is left of an object where there is no Omada: of a segment its Proxmox side. */
function withoutOmada(object: Rendered): readonly Rendered[] {
  if (omadaKinds.includes(object.kind)) return [];
  if (object.kind !== "NetworkSegment") return [object];
  const { omada: _, ...spec } = object.spec ?? {};
  return spec["proxmox"] === undefined ? [] : [{ ...object, spec }];
}

interface Simulators {
  readonly host: RunningSimulator;
  readonly site: RunningOmadaSimulator | undefined;
}

/** Credentials for the host and the site, the authorities of their certificates, and what the SSIDs need. */
export async function applySecrets(where: Where, { host, site }: Simulators): Promise<void> {
  const secret = (name: string, stringData: Readonly<Record<string, string>>): Rendered & { stringData: unknown } => ({
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE } },
    stringData,
  });
  const { tokenId, tokenSecret, ca } = host;
  const secrets = [secret("proxmox-token", { tokenId, tokenSecret }), secret("proxmox-ca", { "ca.crt": ca })];
  if (site !== undefined) {
    const { clientId, clientSecret, username, password } = site;
    secrets.push(secret("omada-api", { clientId, clientSecret, username, password }));
    secrets.push(secret("omada-ca", { "ca.crt": site.ca }), secret("wifi", PASSPHRASES));
  }
  await apply(where, secrets, NAMESPACE);
}

export function containersOf(lab: readonly Rendered[]): readonly Container[] {
  return lab.filter((object) => object.kind === "Container") as unknown as readonly Container[];
}

/** The object, pointed at what runs here. */
export function pointed(object: Rendered, { endpoint, wanPort, site }: Places): Rendered {
  switch (object.kind) {
    case "ProxmoxCluster": {
      const tls = { caRef: { name: "proxmox-ca", key: "ca.crt" } };
      return { ...object, spec: { ...object.spec, endpoints: [endpoint], tls } };
    }
    case "OmadaController":
      return {
        ...object,
        spec: { ...object.spec, endpoint: site, tls: { caRef: { name: "omada-ca", key: "ca.crt" } } },
      };
    case "Homelab": {
      const wan = { name: "wan", tcpSocket: { hosts: ["127.0.0.1"], port: wanPort } };
      return { ...object, spec: { ...object.spec, preflight: [wan] } };
    }
    default:
      return object;
  }
}
