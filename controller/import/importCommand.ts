import { parseArgs } from "node:util";
import type { ProxmoxConnection } from "../providers/port.ts";
import type { LabWish, ManifestFile } from "./labManifests.ts";

/** What an import was asked for. */
export interface ImportWish {
  readonly connection: ProxmoxConnection;
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
  --name NAME            of the Homelab and the ProxmoxCluster (default: the node's name)
  --output, -o DIR       one file a layer, with a kustomization.yaml; nothing there is overwritten (default: standard output)
  --help

Guests are adopted as they are: applying the manifests to the same lab writes the ownership marks and nothing else. What is
guessed (layers, networks, probes) says so in a comment.
`;

class BadFlag extends Error {}

/** Pure: reads the flags after "import". `read` gives a file's content, undefined when it can't be read. */
export function parseImport(argv: readonly string[], read: (path: string) => string | undefined): ParsedImport {
  try {
    const { values } = parseArgs({ args: [...argv], options });
    if (values.help) return { is: "text", text: importHelp };
    return { is: "wish", wish: wishOf(values, read) };
  } catch (error) {
    if (error instanceof BadFlag) return { is: "error", line: error.message };
    if (error instanceof TypeError && "code" in error)
      return { is: "error", line: error.message.split(/\n|\. /)[0] ?? "" };
    throw error;
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

function wishOf(values: Values, read: (path: string) => string | undefined): ImportWish {
  const endpoint = endpointOf(values.proxmox);
  const [tokenId = "", tokenSecret = ""] = tokenOf(values["token-file"], read);
  const { name, output } = values;
  if (name !== undefined && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    throw new BadFlag(`--name: "${name}" is no name for an object: lower-case letters, digits and hyphens`);
  const connection = {
    name: name ?? "proxmox",
    endpoints: [endpoint],
    tokenId,
    tokenSecret,
    tls: tlsOf(values, read),
    pollIntervalSeconds: 10,
  };
  return { connection, name, output };
}

function endpointOf(text: string | undefined): string {
  if (text === undefined) throw new BadFlag("--proxmox: is needed, such as https://192.168.0.10:8006");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:") throw new BadFlag(`--proxmox: "${text}" is no https:// address`);
  return url.port === "" && !/:443\/?$/.test(text) ? `https://${url.hostname}:8006` : url.origin;
}

function tokenOf(path: string | undefined, read: (path: string) => string | undefined): readonly string[] {
  if (path === undefined) throw new BadFlag("--token-file: is needed; the file holds USER@REALM!NAME=SECRET");
  const text = read(path);
  if (text === undefined) throw new BadFlag(`--token-file: ${path} can't be read`);
  const found = /^(?:PVEAPIToken=)?([^\s=]+@[^\s=!]+![^\s=]+)=(\S+)$/.exec(text.trim());
  if (found === null) throw new BadFlag(`--token-file: ${path} does not hold USER@REALM!NAME=SECRET in one line`);
  return found.slice(1);
}

function tlsOf(values: Values, read: (path: string) => string | undefined): ProxmoxConnection["tls"] {
  const { fingerprint, "ca-file": caFile, insecure } = values;
  if ([fingerprint, caFile, insecure ? "" : undefined].filter((one) => one !== undefined).length > 1)
    throw new BadFlag("--fingerprint, --ca-file, --insecure: give one of them");
  if (insecure) return { insecureSkipVerify: true };
  if (fingerprint !== undefined) {
    if (!/^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/.test(fingerprint))
      throw new BadFlag("--fingerprint: 32 pairs of hexadecimal digits with colons, as the Proxmox UI shows it");
    return { fingerprints: [fingerprint.toUpperCase()] };
  }
  if (caFile === undefined) return {};
  const ca = read(caFile);
  if (ca === undefined) throw new BadFlag(`--ca-file: ${caFile} can't be read`);
  return { ca };
}

/** What the manifests say of the connection. Of several nodes none gives the lab its name. */
export function labWishOf({ connection, name }: ImportWish, nodes: readonly string[]): LabWish {
  const [only] = nodes.length === 1 ? nodes : [];
  const [fingerprint] = connection.tls.fingerprints ?? [];
  return {
    name: name ?? only?.toLowerCase() ?? "homelab",
    endpoint: connection.endpoints[0] ?? "",
    insecure: connection.tls.insecureSkipVerify === true,
    ca: connection.tls.ca !== undefined,
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
