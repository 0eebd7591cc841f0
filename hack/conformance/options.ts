import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ProxmoxConnection } from "../../controller/providers/port.ts";

/** The address, and what may be used there. */
export interface Target {
  readonly connection: ProxmoxConnection;
  /** A second token that plays the person; undefined: ours does. */
  readonly person: { readonly tokenId: string; readonly tokenSecret: string } | undefined;
  readonly node: string | undefined;
  readonly storage: string | undefined;
  readonly template: string | undefined;
  readonly first: number;
  readonly last: number;
}

export type Wish =
  | {
      readonly is: "run";
      /** Undefined: a simulator of our own. */
      readonly target: Target | undefined;
      readonly json: boolean;
    }
  | { readonly is: "help" }
  | { readonly is: "error"; readonly line: string };

export const help = `Runs the tests of the Proxmox port against an address: does it behave as the controller believes?

  npm run conformance                       against a simulator that is started for it
  npm run conformance -- --url https://pve1.lan:8006 --ca ca.pem --token ana@pam!lab --token-file secret \\
                         --node pve1 --vmids 9000-9099

It makes small containers, starts, changes and destroys them, and removes all of them at the end, also after Ctrl-C.
It uses only vmids of the range that are free when it begins, and touches nothing that it did not make.

  --url URL                the API, without path
  --token USER@REALM!NAME  the token; its secret comes from --token-file or PROXMOX_TOKEN_SECRET, never from here
  --token-file FILE        the secret alone
  --ca FILE                PEM of the CA that signed the certificate; or
  --fingerprint AA:BB:…    SHA-256 of the certificate; or
  --insecure               any certificate
  --person-token ID        a second token that plays the person; its secret: --person-token-file or
                           PROXMOX_PERSON_TOKEN_SECRET. Without it tests about who acted are left out
  --person-token-file FILE
  --node NAME              where; the first node that is online
  --vmids FIRST-LAST       at least ten vmids; 9000-9099
  --storage NAME           for root file systems; the first one on the node that takes them
  --template VOLID         a container template; the first one on the node
  --json                   the result as JSON on standard output, all else on standard error
  --help                   this text

On a real host: bridge vmbr0 with DHCP, a template, 5 GB of space, about half an hour.
Exit codes: 0 all passed, 1 something failed or was left behind, 2 it could not begin, 130 interrupted.
`;

type Env = Readonly<Record<string, string | undefined>>;

const LEAST = 10;

const OPTIONS = {
  url: { type: "string" },
  token: { type: "string" },
  "token-file": { type: "string" },
  ca: { type: "string" },
  fingerprint: { type: "string", multiple: true },
  insecure: { type: "boolean", default: false },
  "person-token": { type: "string" },
  "person-token-file": { type: "string" },
  node: { type: "string" },
  vmids: { type: "string", default: "9000-9099" },
  storage: { type: "string" },
  template: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Reads the command line, and the files it names. */
export function parseWish(argv: readonly string[], env: Env): Wish {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS });
    if (values.help) return { is: "help" };
    if (values.url === undefined) {
      const odd = Object.keys(values).find((key) => !["json", "vmids", "insecure", "help"].includes(key));
      if (odd !== undefined) throw new Error(`--${odd} needs --url`);
      return { is: "run", target: undefined, json: values.json };
    }
    return { is: "run", target: targetOf(values.url, values, env), json: values.json };
  } catch (error) {
    return { is: "error", line: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}

type Values = Readonly<Partial<Record<keyof typeof OPTIONS, string | boolean | string[]>>>;

const textOf = (values: Values, key: keyof typeof OPTIONS): string | undefined => {
  const value = values[key];
  return typeof value === "string" ? value : undefined;
};

function targetOf(url: string, values: Values, env: Env): Target {
  const { first, last } = rangeOf(textOf(values, "vmids") ?? "");
  const token = tokenOf(values, env, "token", "PROXMOX_TOKEN_SECRET");
  if (token === undefined) throw new Error("--url needs --token");
  return {
    connection: {
      name: "conformance",
      endpoints: [new URL(url).origin],
      ...token,
      tls: tlsOf(values),
      pollIntervalSeconds: 1,
    },
    person: tokenOf(values, env, "person-token", "PROXMOX_PERSON_TOKEN_SECRET"),
    node: textOf(values, "node"),
    storage: textOf(values, "storage"),
    template: textOf(values, "template"),
    first,
    last,
  };
}

function rangeOf(text: string): { readonly first: number; readonly last: number } {
  const [, first = 0, last = 0] = (/^(\d{3,9})-(\d{3,9})$/.exec(text) ?? []).map(Number);
  if (first < 100 || last - first + 1 < LEAST)
    throw new Error(`--vmids wants FIRST-LAST with at least ${String(LEAST)} vmids`);
  return { first, last };
}

/** A secret is never on the command line, where every process of the machine can read it. */
function tokenOf(
  values: Values,
  env: Env,
  option: "token" | "person-token",
  variable: string,
): { readonly tokenId: string; readonly tokenSecret: string } | undefined {
  const tokenId = textOf(values, option);
  if (tokenId === undefined) return undefined;
  if (tokenId.includes("=")) throw new Error(`--${option} takes the id alone; put the secret into --${option}-file`);
  if (!/^[^\s:/!]+@[^\s:/!]+![^\s:/!]+$/.test(tokenId)) throw new Error(`--${option} wants USER@REALM!NAME`);
  const file = textOf(values, `${option}-file`);
  const tokenSecret = (file === undefined ? env[variable] : readFileSync(file, "utf8"))?.trim() ?? "";
  if (tokenSecret === "") throw new Error(`the secret of ${tokenId} is missing: --${option}-file or ${variable}`);
  return { tokenId, tokenSecret };
}

function tlsOf(values: Values): ProxmoxConnection["tls"] {
  const ca = textOf(values, "ca");
  const { fingerprint } = values;
  const ways = [ca !== undefined, fingerprint !== undefined, values.insecure === true].filter(Boolean).length;
  if (ways !== 1) throw new Error("--url needs one of --ca, --fingerprint and --insecure");
  if (ca !== undefined) return { ca: readFileSync(ca, "utf8") };
  if (Array.isArray(fingerprint)) return { fingerprints: fingerprint.map((each) => each.toUpperCase()) };
  return { insecureSkipVerify: true };
}
