import { parseArgs } from "node:util";
import { BadFlag, parsedFlags } from "../base/flags.ts";
import { pairIn, type Read } from "../import/connectionFlags.ts";

/** Credentials that stand in for a Secret that is in no file. */
export interface GivenSecrets {
  /** Of every ProxmoxCluster: tokenId, tokenSecret. */
  readonly proxmox: Readonly<Record<string, string>> | undefined;
  /** Of every OmadaController: clientId, clientSecret, username, password. */
  readonly omada: Readonly<Record<string, string>> | undefined;
  /** PEM, for every caRef. */
  readonly ca: string | undefined;
}

/** What a plan was asked for. */
export interface PlanWish {
  /** Files, folders, "-" for standard input; none: what is in the cluster. */
  readonly files: readonly string[];
  /** Read the cluster too. */
  readonly cluster: boolean;
  readonly prune: boolean;
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly json: boolean;
  readonly secrets: GivenSecrets;
}

export type ParsedPlan =
  | { readonly is: "wish"; readonly wish: PlanWish }
  /** To be printed on standard output; exit 0. */
  | { readonly is: "text"; readonly text: string }
  /** One line for standard error, with the flag's name; exit 1. */
  | { readonly is: "error"; readonly line: string };

const options = {
  filename: { type: "string", short: "f", multiple: true, default: [] as string[] },
  prune: { type: "boolean", default: false },
  "no-cluster": { type: "boolean", default: false },
  namespace: { type: "string", short: "n" },
  kubeconfig: { type: "string" },
  context: { type: "string" },
  "token-file": { type: "string" },
  "ca-file": { type: "string" },
  "omada-client-file": { type: "string" },
  "omada-web-file": { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export const planHelp = `homelab-controller plan: shows what the controller would do, and does nothing of it.

  --filename, -f PATH       manifests as kubectl apply -f takes them: a file, a folder with what is below it, - for standard
                            input; may be given more than once (default: what is in the cluster)
  --prune                   what is in the cluster and in no file counts as deleted
  --no-cluster              the files alone; the default where there is no kubeconfig
  --namespace, -n NAME      of objects that name none (default: the context's)
  --kubeconfig PATH, --context NAME
  --token-file FILE         the API token of Proxmox in one line, USER@REALM!NAME=SECRET, where its Secret is in no file
  --omada-client-file FILE, --omada-web-file FILE    the same for Omada: CLIENT_ID=CLIENT_SECRET, USERNAME=PASSWORD
  --ca-file FILE            for caRef, where its Secret is in no file
  --json                    docs/plan.md describes it
  --help

Exit code: 0 nothing to change, 2 something would change, 1 it cannot be told or, with nothing else to change, something
is refused.
`;

const TOKEN = { pattern: /^(?:PVEAPIToken=)?([^\s=]+@[^\s=!]+![^\s=]+)=(\S+)$/, says: "USER@REALM!NAME=SECRET" };
const CLIENT = { pattern: /^([^\s=]+)=(\S+)$/, says: "CLIENT_ID=CLIENT_SECRET" };
const WEB = { pattern: /^([^\s=]+)=(.+)$/, says: "USERNAME=PASSWORD" };

/** Pure: reads the flags after "plan". */
export function parsePlan(argv: readonly string[], read: Read): ParsedPlan {
  return parsedFlags((): ParsedPlan => {
    const { values } = parseArgs({ args: [...argv], options });
    if (values.help) return { is: "text", text: planHelp };
    return { is: "wish", wish: wishOf(values, read) };
  });
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

function wishOf(values: Values, read: Read): PlanWish {
  const { filename: files, prune, namespace, kubeconfig, context, json, "no-cluster": alone } = values;
  if (alone && files.length === 0) throw new BadFlag("--no-cluster: needs --filename");
  if (alone && prune) throw new BadFlag("--prune: compares files with the cluster, so not with --no-cluster");
  if (prune && files.length === 0) throw new BadFlag("--prune: needs --filename");
  if (alone && (kubeconfig !== undefined || context !== undefined))
    throw new BadFlag("--no-cluster: not with --kubeconfig or --context");
  return { files, cluster: !alone, prune, namespace, kubeconfig, context, json, secrets: secretsOf(values, read) };
}

function secretsOf(values: Values, read: Read): GivenSecrets {
  const { "token-file": token, "ca-file": caFile, "omada-client-file": client, "omada-web-file": web } = values;
  const ca = caFile === undefined ? undefined : read(caFile);
  if (caFile !== undefined && ca === undefined) throw new BadFlag(`--ca-file: ${caFile} can't be read`);
  if (web !== undefined && client === undefined) throw new BadFlag("--omada-web-file: needs --omada-client-file");
  const [tokenId, tokenSecret] = optional("--token-file", token, TOKEN, read);
  const [clientId, clientSecret] = optional("--omada-client-file", client, CLIENT, read);
  const [username, password] = optional("--omada-web-file", web, WEB, read);
  return {
    proxmox: present({ tokenId, tokenSecret }),
    omada: present({ clientId, clientSecret, username, password }),
    ca,
  };
}

function optional(
  flag: string,
  text: string | undefined,
  form: { readonly pattern: RegExp; readonly says: string },
  read: Read,
): readonly string[] {
  return text === undefined ? [] : pairIn({ flag, text }, form, read);
}

function present(fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> | undefined {
  const given = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
