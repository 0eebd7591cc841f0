import { join } from "node:path";
import { guardChild, type ChildOptions, type GuardedChild } from "./guardedChild.ts";
import { noteProgram } from "./runDirectory.ts";
import type { Binaries, Program } from "./version.ts";

/** What the three programs need to know of each other. */
export interface Site {
  readonly binaries: Binaries;
  /** Keys, certificates, data. */
  readonly home: string;
  /** Sockets and logs; private to this run. */
  readonly run: string;
  /** Whether the data is meant to outlive this run. */
  readonly persistent: boolean;
  /** Write an audit log of all requests to `run`. */
  readonly audit: boolean;
  readonly apiServerFlags: readonly string[];
}

/** Only what owner references and deletion of namespaces need. */
const controllers = "garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller";

export function auditFile(run: string): string {
  return join(run, "audit.log");
}

function socketOf(site: Site): string {
  return `unix://${join(site.run, "client.sock")}`;
}

/** etcd listens on sockets in a private directory only: nobody else reaches the data, and no port can be taken. */
export function startEtcd(site: Site): Promise<GuardedChild> {
  const peer = "http://127.0.0.1:1";
  return start(site, "etcd", [
    "--name=homelab",
    `--data-dir=${join(site.home, "etcd")}`,
    `--listen-client-urls=${socketOf(site)}`,
    `--advertise-client-urls=${socketOf(site)}`,
    `--listen-peer-urls=unix://${join(site.run, "peer.sock")}`,
    // A member must advertise an address that others could dial; there are no others.
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=homelab=${peer}`,
    "--log-level=warn",
    ...(site.persistent ? [] : ["--unsafe-no-fsync"]),
  ]);
}

export function startApiServer(site: Site, port: number): Promise<GuardedChild> {
  const { home, run } = site;
  const audit = [
    `--audit-policy-file=${join(run, "audit-policy.yaml")}`,
    `--audit-log-path=${auditFile(run)}`,
    "--audit-log-mode=blocking",
  ];
  return start(site, "kube-apiserver", [
    `--etcd-servers=${socketOf(site)}`,
    `--cert-dir=${join(home, "certs")}`,
    `--secure-port=${String(port)}`,
    "--bind-address=127.0.0.1",
    // Without these it looks for a default route, which a machine without network does not have.
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--service-account-key-file=${join(home, "sa.pub")}`,
    `--service-account-signing-key-file=${join(home, "sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    "--authorization-mode=RBAC",
    `--token-auth-file=${join(home, "tokens.csv")}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    // There is no controller that makes the default service accounts it would wait for.
    "--disable-admission-plugins=ServiceAccount",
    ...(site.audit ? audit : []),
    ...site.apiServerFlags,
  ]);
}

export function startControllerManager(site: Site, kubeconfig: string): Promise<GuardedChild> {
  return start(site, "kube-controller-manager", [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${controllers}`,
    "--leader-elect=false",
    "--secure-port=0",
  ]);
}

async function start(site: Site, program: Program, args: readonly string[]): Promise<GuardedChild> {
  const options: ChildOptions = {
    logFile: join(site.run, `${program}.log`),
    stopGently: site.persistent,
  };
  const child = await guardChild(site.binaries[program], args, options);
  noteProgram(site.run, child.pid);
  return child;
}
