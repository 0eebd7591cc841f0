import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** A user that the API server knows by a token of its own. */
export interface User {
  readonly user: string;
  readonly groups: readonly string[];
}
export interface KnownUser extends User {
  readonly token: string;
}

export const admin: User = { user: "homelab-admin", groups: ["system:masters"] };

/** Where the controller lives in Kubernetes; `manifests/base` makes this namespace and this service account. */
export const controllerNamespace = "homelab";
export const controllerUser = serviceAccount(controllerNamespace, "homelab-controller");

/** A service account as RBAC sees it, with a token that does not run out and needs no ServiceAccount object. */
function serviceAccount(namespace: string, name: string): User {
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}

const RENEW_BEFORE_MS = 60 * 24 * 3_600_000;

/** Makes what is missing in `home`: service account keys, tokens. Tokens of users known before stay as they are. */
export function prepareCredentials(home: string, users: readonly User[]): readonly KnownUser[] {
  prepareKeys(home);
  dropOldCertificate(home);
  const file = join(home, "users.json");
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as KnownUser[]) : [];
  const known = new Map(before.map((one) => [one.user, one]));
  for (const { user, groups } of users)
    known.set(user, { user, groups, token: known.get(user)?.token ?? randomBytes(32).toString("base64url") });
  const all = [...known.values()];
  writeFileSync(file, JSON.stringify(all, null, 2), { mode: 0o600 });
  writeFileSync(join(home, "tokens.csv"), all.map(csvLine).join("\n") + "\n", { mode: 0o600 });
  return all;
}

function csvLine({ user, groups, token }: KnownUser): string {
  return `${token},${user},${user},"${groups.join(",")}"`;
}

function prepareKeys(home: string): void {
  if (existsSync(join(home, "sa.pub"))) return;
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(join(home, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  writeFileSync(join(home, "sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
}

/** The API server makes itself a certificate for one year when it finds none. */
function dropOldCertificate(home: string): void {
  const file = certificateFile(home);
  if (!existsSync(file)) return;
  const left = new X509Certificate(readFileSync(file)).validToDate.getTime() - Date.now();
  if (left < RENEW_BEFORE_MS) rmSync(join(home, "certs"), { recursive: true });
}

/** The API server's own certificate with the one that signed it: what a client trusts. */
export function certificateFile(home: string): string {
  return join(home, "certs", "apiserver.crt");
}

export interface KubeconfigParts {
  readonly url: string;
  readonly certificate: string;
  readonly token: string;
  /** Ask to be seen as this user. */
  readonly as?: User;
}

export function writeKubeconfig(file: string, { url, certificate, token, as }: KubeconfigParts): void {
  const name = "homelab";
  const impersonation = as === undefined ? {} : { as: as.user, "as-groups": as.groups };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server: url, "certificate-authority-data": Buffer.from(certificate).toString("base64") } },
    ],
    users: [{ name, user: { token, ...impersonation } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  writeFileSync(file, stringify(config, { version: "1.1", lineWidth: 0 }), { mode: 0o600 });
}
