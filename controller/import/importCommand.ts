import { parseArgs } from "node:util";
import { BadFlag, parsedFlags } from "../base/flags.ts";
import type { OmadaConnection } from "../providers/omadaPort.ts";
import type { ProxmoxConnection } from "../providers/port.ts";
import { endpointOf, pairIn, tlsOf, type Read, type Tls } from "./connectionFlags.ts";
import type { LabWish, TlsWish } from "./labManifests.ts";
import type { ManifestFile } from "./manifest.ts";

/** What an import was asked for. */
export interface ImportWish {
  /** Absent: only Omada is asked. */
  readonly connection?: ProxmoxConnection;
  /** Absent: only Proxmox is asked. */
  readonly omada?: OmadaConnection;
  readonly name: string | undefined;
  /** Directory for the files; absent: standard output. */
  readonly output: string | undefined;
}

export type ParsedImport =
  | { readonly is: "wish"; readonly wish: ImportWish }
  /** To be printed on standard output; exit 0. */
  | { readonly is: "text"; readonly text: string }
  /** One line for standard error, with the flag's name; exit 2. */
  | { readonly is: "error"; readonly line: string };

const options = {
  proxmox: { type: "string" },
  "token-file": { type: "string" },
  fingerprint: { type: "string" },
  "ca-file": { type: "string" },
  insecure: { type: "boolean", default: false },
  omada: { type: "string" },
  "omada-client-file": { type: "string" },
  "omada-web-file": { type: "string" },
  "omada-site": { type: "string", default: "Default" },
  "omada-fingerprint": { type: "string" },
  "omada-ca-file": { type: "string" },
  "omada-insecure": { type: "boolean", default: false },
  name: { type: "string" },
  output: { type: "string", short: "o" },
  help: { type: "boolean", short: "h", default: false },
} as const;

export const importHelp = `homelab-controller import: writes the lab that runs as manifests. Reads only; needs no Kubernetes.

  --proxmox URL          the Proxmox VE host or cluster: https://192.168.0.10:8006
  --token-file FILE      its API token in one line, USER@REALM!NAME=SECRET
  --fingerprint SHA256   of its certificate, as the Proxmox UI shows it
  --ca-file FILE         or the CA that signed it; default: the system's
  --insecure             or do not verify it at all

  --omada URL                 the TP-Link Omada controller of the network: https://192.168.0.2:8043
  --omada-client-file FILE    its Open API application in one line, CLIENT_ID=CLIENT_SECRET
  --omada-web-file FILE       a local user in one line, USERNAME=PASSWORD: tells what switch ports carry on 6.x (optional)
  --omada-site NAME           its site (default: Default)
  --omada-fingerprint SHA256, --omada-ca-file FILE, --omada-insecure   as above

  --name NAME            of the Homelab and the ProxmoxCluster (default: the node's name)
  --output, -o DIR       one file a layer, with a kustomization.yaml; nothing there is overwritten (default: standard output)
  --help

One of the two sides is enough. Everything is adopted as it is: applying the manifests to the same lab writes the ownership
marks and nothing else. What is guessed (layers, networks, probes, client groups) says so in a comment. No secret is printed.
`;

/** Pure: reads the flags after "import". `read` gives a file's content, undefined when it can't be read. */
export function parseImport(argv: readonly string[], read: (path: string) => string | undefined): ParsedImport {
  return parsedFlags((): ParsedImport => {
    const { values } = parseArgs({ args: [...argv], options });
    if (values.help) return { is: "text", text: importHelp };
    return { is: "wish", wish: wishOf(values, read) };
  });
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

function wishOf(values: Values, read: Read): ImportWish {
  const { name, output, proxmox, omada } = values;
  if (proxmox === undefined && omada === undefined)
    throw new BadFlag("--proxmox: is needed, such as https://192.168.0.10:8006; or --omada, or both");
  if (name !== undefined && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    throw new BadFlag(`--name: "${name}" is no name for an object: lower-case letters, digits and hyphens`);
  return {
    ...(proxmox === undefined ? noneOf(values, PROXMOX_FLAGS, "--proxmox") : { connection: proxmoxOf(values, read) }),
    ...(omada === undefined ? noneOf(values, OMADA_FLAGS, "--omada") : { omada: omadaOf(values, read) }),
    name,
    output,
  };
}

const PROXMOX_FLAGS = ["token-file", "fingerprint", "ca-file"] as const;
const OMADA_FLAGS = ["omada-client-file", "omada-web-file", "omada-fingerprint", "omada-ca-file"] as const;

/** A flag of a side that is not asked is a slip of the pen. */
function noneOf(values: Values, flags: readonly (keyof Values)[], side: string): object {
  const stray = flags.find((flag) => values[flag] !== undefined);
  if (stray !== undefined) throw new BadFlag(`--${stray}: needs ${side}`);
  return {};
}

const TOKEN = { pattern: /^(?:PVEAPIToken=)?([^\s=]+@[^\s=!]+![^\s=]+)=(\S+)$/, says: "USER@REALM!NAME=SECRET" };

function proxmoxOf(values: Values, read: Read): ProxmoxConnection {
  const { fingerprint, "ca-file": caFile, insecure } = values;
  const endpoint = endpointOf({ flag: "--proxmox", text: values.proxmox }, 8006);
  const [tokenId, tokenSecret] = pairIn({ flag: "--token-file", text: values["token-file"] }, TOKEN, read);
  return {
    name: values.name ?? "proxmox",
    endpoints: [endpoint],
    tokenId,
    tokenSecret,
    tls: tlsOf({ prefix: "--", fingerprint, caFile, insecure }, read),
    pollIntervalSeconds: 10,
  };
}

const CLIENT = { pattern: /^([^\s=]+)=(\S+)$/, says: "CLIENT_ID=CLIENT_SECRET" };
const USER = { pattern: /^([^\s=]+)=(.+)$/, says: "USERNAME=PASSWORD" };

function omadaOf(values: Values, read: Read): OmadaConnection {
  const { "omada-fingerprint": fingerprint, "omada-ca-file": caFile, "omada-insecure": insecure } = values;
  const endpoint = endpointOf({ flag: "--omada", text: values.omada }, 8043);
  const clientFile = { flag: "--omada-client-file", text: values["omada-client-file"] };
  const [clientId, clientSecret] = pairIn(clientFile, CLIENT, read);
  const webFile = { flag: "--omada-web-file", text: values["omada-web-file"] };
  const [username, password] = webFile.text === undefined ? [] : pairIn(webFile, USER, read);
  return {
    name: "omada",
    endpoint,
    site: values["omada-site"],
    clientId,
    clientSecret,
    ...(username === undefined || password === undefined ? {} : { web: { username, password } }),
    tls: tlsOf({ prefix: "--omada-", fingerprint, caFile, insecure }, read),
    pollIntervalSeconds: 10,
  };
}

/** What the manifests say of the connections. Of several nodes none gives the lab its name. */
export function labWishOf({ connection, omada, name }: ImportWish, nodes: readonly string[]): LabWish {
  const [only] = nodes.length === 1 ? nodes : [];
  const [endpoint] = connection?.endpoints ?? [];
  return {
    name: name ?? only?.toLowerCase() ?? "homelab",
    ...(endpoint === undefined ? {} : { endpoint }),
    ...verifiedBy(connection?.tls ?? {}),
    ...(omada === undefined
      ? {}
      : {
          omada: {
            endpoint: omada.endpoint,
            site: omada.site,
            web: omada.web !== undefined,
            ...verifiedBy(omada.tls),
          },
        }),
  };
}

function verifiedBy({ insecureSkipVerify, ca, fingerprints = [] }: Tls): TlsWish {
  const [fingerprint] = fingerprints;
  return {
    insecure: insecureSkipVerify === true,
    ca: ca !== undefined,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

/** The files as one stream for kubectl apply -f -. */
export function streamOf(files: readonly ManifestFile[]): string {
  return files.flatMap(({ documents }) => documents).join("---\n");
}

/** Files by name, with the kustomization that applies them in their order. */
export function filesOf(files: readonly ManifestFile[]): ReadonlyMap<string, string> {
  const kustomization = [
    "# In this order, so that the Homelab comes last: kubectl apply -n NAMESPACE -k .",
    "apiVersion: kustomize.config.k8s.io/v1beta1",
    "kind: Kustomization",
    "sortOptions:",
    "  order: fifo",
    "resources:",
    ...files.map(({ name }) => `  - ${name}`),
    "",
  ].join("\n");
  return new Map([
    ...files.map(({ name, documents }) => [name, documents.join("---\n")] as const),
    ["kustomization.yaml", kustomization],
  ]);
}
