import { parseArgs } from "node:util";
import { BadFlag, parsedFlags } from "./base/flags.ts";
import type { LogLevel } from "./base/winston.ts";

export interface Config {
  /** Empty: the namespace of the kubeconfig's context. */
  readonly namespaces: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly leaderElect: boolean;
  readonly leaseDurationSeconds: number;
  /** Where /metrics, /healthz and /readyz are served; absent when they are not. No host: all addresses. */
  readonly metrics?: { readonly host?: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "pretty";
  readonly workers: number;
  /** With an embedded control plane of its own. */
  readonly standalone: boolean;
  readonly dataDir?: string;
  /** Name of this process for people: the pod's, if it is one. */
  readonly podName?: string;
}

export type Parsed =
  | { readonly is: "config"; readonly config: Config }
  /** To be printed on standard output; exit 0. */
  | { readonly is: "text"; readonly text: string }
  /** One line for standard error, with the flag's name; exit 2 (P3). */
  | { readonly is: "error"; readonly line: string };

/** What the process was started with. */
export interface Surroundings {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  readonly version: string;
  /** Content of a file, undefined when it can't be read. */
  readonly read: (path: string) => string | undefined;
}

const SERVICE_ACCOUNT_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

const options = {
  namespace: { type: "string", multiple: true },
  kubeconfig: { type: "string" },
  context: { type: "string" },
  "leader-elect": { type: "boolean", default: true },
  "lease-duration-seconds": { type: "string", default: "15" },
  "metrics-bind-address": { type: "string", default: ":8080" },
  "log-level": { type: "string", default: "info" },
  "log-format": { type: "string" },
  workers: { type: "string", default: "8" },
  standalone: { type: "boolean", default: false },
  "data-dir": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
} as const;

export const help = `homelab-controller: boots a Proxmox homelab layer by layer, keeps it up and shuts it down in order.

  --namespace NAME              namespace to look after; repeatable (default: its own, else the context's)
  --kubeconfig FILE             default: $KUBECONFIG, ~/.kube/config, then the pod's service account
  --context NAME                context of the kubeconfig (default: its current one)
  --leader-elect[=false]        act only while holding a Lease (default: true); false for one replica outside the cluster
  --lease-duration-seconds N    how long others wait for a silent leader (default: 15, at least 3)
  --metrics-bind-address ADDR   /metrics, /healthz, /readyz: host:port or :port; 0 turns them off (default: :8080)
  --log-level LEVEL             debug, info, warn, error (default: info)
  --log-format FORMAT           json, pretty (default: pretty on a terminal, else json)
  --workers N                   objects looked at at the same time, 1 to 64 (default: 8)
  --standalone                  bring up a Kubernetes API of its own, for Proxmox without Kubernetes
  --data-dir DIR                where --standalone keeps its data (default: the user's data directory)
  --help, --version

homelab-controller import --help: writes the lab that runs as manifests.
homelab-controller plan --help: shows what the controller would do, and does nothing of it.

Environment: KUBECONFIG, POD_NAMESPACE, POD_NAME.
`;

/** A flag with a value that can't be used. */
/** Pure: reads flags and environment into one frozen configuration. */
export function parseConfig(surroundings: Surroundings): Parsed {
  return parsedFlags((): Parsed => {
    const { values } = parseArgs({ args: surroundings.argv.map(booleanWord), options, allowNegative: true });
    if (values.help) return { is: "text", text: help };
    if (values.version) return { is: "text", text: `${surroundings.version}\n` };
    return { is: "config", config: configOf(values, surroundings) };
  });
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

function configOf(values: Values, surroundings: Surroundings): Config {
  const { standalone, kubeconfig, context, "data-dir": dataDir, "metrics-bind-address": address } = values;
  if (dataDir !== undefined && !standalone) throw new BadFlag("--data-dir: only with --standalone");
  if (kubeconfig !== undefined && standalone) throw new BadFlag("--kubeconfig: not with --standalone");
  const logFormat = values["log-format"] ?? (surroundings.isTerminal ? "pretty" : "json");
  const metrics = addressOf(address);
  return Object.freeze({
    namespaces: Object.freeze(namespacesOf(values.namespace, surroundings)),
    leaderElect: values["leader-elect"],
    leaseDurationSeconds: numberOf("lease-duration-seconds", values["lease-duration-seconds"], [3, 3_600]),
    logLevel: wordOf("log-level", values["log-level"], ["debug", "info", "warn", "error"]),
    logFormat: wordOf("log-format", logFormat, ["json", "pretty"]),
    workers: numberOf("workers", values.workers, [1, 64]),
    standalone,
    ...present("kubeconfig", kubeconfig),
    ...present("context", context),
    ...present("metrics", metrics),
    ...present("dataDir", dataDir),
    ...present("podName", surroundings.env["POD_NAME"]),
  });
}

/** An optional member, left out when there is nothing to say. */
function present<const K extends string, T>(name: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined || value === "" ? {} : ({ [name]: value } as Record<K, T>);
}

function namespacesOf(given: readonly string[] | undefined, surroundings: Surroundings): string[] {
  if (given !== undefined) {
    for (const name of given)
      if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
        throw new BadFlag(`--namespace: "${name}" is no namespace name`);
    return [...new Set(given)];
  }
  const own = surroundings.read(SERVICE_ACCOUNT_NAMESPACE)?.trim() ?? surroundings.env["POD_NAMESPACE"] ?? "";
  return own === "" ? [] : [own];
}

function numberOf(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new BadFlag(`--${flag}: "${text}" is not a whole number from ${String(least)} to ${String(most)}`);
}

function wordOf<const T extends string>(flag: string, text: string, words: readonly T[]): T {
  const word = words.find((known) => known === text);
  if (word === undefined) throw new BadFlag(`--${flag}: "${text}" is none of ${words.join(", ")}`);
  return word;
}

function addressOf(text: string): { host?: string; port: number } | undefined {
  if (text === "0") return undefined;
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new BadFlag(`--metrics-bind-address: "${text}" is neither host:port nor :port nor 0`);
  const host = bracketed ?? plain ?? "";
  return { ...(host === "" ? {} : { host }), port: Number(port) };
}

/** Go programs take --flag=false, parseArgs --no-flag; people type both. */
function booleanWord(word: string): string {
  const [, flag, value] = /^--([a-z-]+)=(true|false)$/.exec(word) ?? [];
  if (
    flag === undefined ||
    !Object.entries(options).some(([name, option]) => name === flag && option.type === "boolean")
  )
    return word;
  return value === "true" ? `--${flag}` : `--no-${flag}`;
}
