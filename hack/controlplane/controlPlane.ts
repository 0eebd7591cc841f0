import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { apiServerReady } from "./apiServerReady.ts";
import { prepareBinaries } from "./binaries.ts";
import {
  admin,
  certificateFile,
  controllerUser,
  prepareCredentials,
  writeKubeconfig,
  type KnownUser,
  type User,
} from "./credentials.ts";
import { tryLock } from "./fileLock.ts";
import { choosePort } from "./choosePort.ts";
import type { GuardedChild } from "./guardedChild.ts";
import { auditFile, startApiServer, startControllerManager, startEtcd, type Site } from "./programs.ts";
import { Restartable } from "./restartable.ts";
import { makeRunDirectory, removeRunDirectory } from "./runDirectory.ts";
import { serviceAccountToken } from "./serviceAccountToken.ts";
import type { Say } from "./version.ts";

export interface ControlPlaneOptions {
  /** Keep the data in this directory: synced to disk, same port and tokens at each start, one instance at a time. */
  readonly dataDir?: string;
  /** Keep the data, in the user's data directory unless `dataDir` says where. Without both all is temporary. */
  readonly persistent?: boolean;
  /** Users beside admin and controller that shall have a token of their own. */
  readonly users?: readonly User[];
  /** Keep an audit log of all requests (Metadata level). */
  readonly audit?: boolean;
  /** Further flags of kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
  /** Hears about progress; downloads and builds may take minutes. */
  readonly log?: Say;
  readonly signal?: AbortSignal;
}

export interface ControlPlane {
  readonly url: string;
  /** Kubeconfig of a user of group system:masters. */
  readonly kubeconfigPath: string;
  /** The same, as text. */
  readonly adminKubeconfig: string;
  /** Kubeconfig of the controller's service account (`system:serviceaccount:homelab:homelab-controller`). */
  readonly controllerKubeconfigPath: string;
  /** Path of kubectl. */
  readonly kubectl: string;
  /** Where the programs' logs are. */
  readonly logDirectory: string;
  /** Path of the audit log, one JSON event a line, where one was asked for. */
  readonly auditLogPath: string;
  /** For child processes: KUBECONFIG of the admin, PATH with kubectl first, and a kubectl cache of its own. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Resolves with a sentence when one of the programs ends by itself; not after `stop`. */
  readonly broken: Promise<string>;
  /**
   * Kubeconfig for another user: of the users given at the start its token; of a service account a token from the API
   * server (namespace and account are made where missing); of anyone else the admin impersonating them, which clients
   * that know `as` in a kubeconfig follow (kubectl, client-go).
   */
  userKubeconfig(user: { readonly user: string; readonly groups?: readonly string[] }): Promise<string>;
  /** Process id of etcd: SIGSTOP and SIGCONT make it slow. */
  readonly etcdPid: number;
  readonly apiServer: Pick<Restartable, "pid" | "takeAway" | "bringBack">;
  /** Ends all programs; removes all data unless it is to be kept. */
  stop(): Promise<void>;
}

const PORT_ATTEMPTS = 3;
const auditPolicy =
  "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n";

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on free loopback ports, RBAC on. They end with this process,
 * also when it is killed. Throws when the programs cannot be had or do not start, with the reason and what to do.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const say = options.log ?? ((): void => undefined);
  const binaries = await prepareBinaries({ say, signal: options.signal });
  const persistent = options.persistent === true || options.dataDir !== undefined;
  const run = await makeRunDirectory();
  const home = persistent ? (options.dataDir ?? defaultDataDirectory()) : run;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const release = await takeHome(home);
  const { audit = false, apiServerFlags = [] } = options;
  const site: Site = { binaries, home, run, persistent, audit, apiServerFlags };
  const children: GuardedChild[] = [];
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await child.stop();
    await release();
    removeRunDirectory(run);
  };
  try {
    const users = prepareCredentials(home, [admin, controllerUser, ...(options.users ?? [])]);
    const started = await startPrograms(site, users, children, options.signal);
    return describe(site, users, started, { children, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

function defaultDataDirectory(): string {
  const root = process.env["XDG_DATA_HOME"] ?? "";
  return join(root === "" ? join(homedir(), ".local", "share") : root, "homelab-controller", "controlplane");
}

async function takeHome(home: string): Promise<() => Promise<void>> {
  const got = await tryLock(join(home, "lock"));
  if (typeof got === "number") throw new Error(`${home} is in use by process ${String(got)}: only one may run on it`);
  return got;
}

interface Started {
  readonly port: number;
  readonly etcd: GuardedChild;
  readonly apiServer: Restartable;
}

/** Starts all three and waits until they serve. */
async function startPrograms(
  site: Site,
  users: readonly KnownUser[],
  children: GuardedChild[],
  signal?: AbortSignal,
): Promise<Started> {
  if (site.audit) writeFileSync(join(site.run, "audit-policy.yaml"), auditPolicy);
  const etcd = await startEtcd(site);
  children.push(etcd);
  const token = tokenOf(admin, users);
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(site);
    const ready = async (child: GuardedChild): Promise<GuardedChild> => {
      await apiServerReady({ home: site.home, port, token }, [etcd, child], signal);
      return child;
    };
    const again = async (): Promise<GuardedChild> => ready(await startApiServer(site, port));
    const apiServer = new Restartable(await startApiServer(site, port), again);
    try {
      await ready(apiServer);
      children.push(apiServer);
      writeKubeconfig(kubeconfigOf(site), { url: urlOf(port), certificate: certificateOf(site), token });
      children.push(await startControllerManager(site, kubeconfigOf(site)));
      return { port, etcd, apiServer };
    } catch (error) {
      await apiServer.stop();
      // Between our look and its bind somebody else may have taken the port.
      const portTaken = error instanceof Error && error.message.includes("address already in use");
      if (!portTaken || site.persistent || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function describe(
  site: Site,
  users: readonly KnownUser[],
  { port, etcd, apiServer }: Started,
  { children, stop }: { readonly children: readonly GuardedChild[]; readonly stop: () => Promise<void> },
): ControlPlane {
  const url = urlOf(port);
  const certificate = certificateOf(site);
  const kubeconfigPath = kubeconfigOf(site);
  const kubectl = site.binaries.kubectl;
  const fileOf = (user: string): string => join(site.home, `kubeconfig-${user.replaceAll(/[^\w.-]/g, "-")}`);
  const controllerKubeconfigPath = fileOf(controllerUser.user);
  writeKubeconfig(controllerKubeconfigPath, { url, certificate, token: tokenOf(controllerUser, users) });
  let stopped: Promise<void> | undefined;
  return {
    url,
    kubeconfigPath,
    adminKubeconfig: readFileSync(kubeconfigPath, "utf8"),
    controllerKubeconfigPath,
    kubectl,
    logDirectory: site.run,
    auditLogPath: auditFile(site.run),
    env: {
      ...process.env,
      KUBECONFIG: kubeconfigPath,
      PATH: `${dirname(kubectl)}:${process.env["PATH"] ?? ""}`,
      // kubectl caches what a server offers by address, and another control plane may have had this port before.
      KUBECACHEDIR: join(site.run, "kubectl-cache"),
    },
    etcdPid: etcd.pid,
    apiServer,
    broken: firstExit(children, () => stopped !== undefined),
    userKubeconfig: async ({ user, groups = [] }) => {
      const file = fileOf(user);
      const known = users.find((one) => one.user === user)?.token;
      const token = known ?? (await serviceAccountToken({ kubectl, kubeconfigPath }, user));
      const asOther = { token: tokenOf(admin, users), as: { user, groups } };
      writeKubeconfig(file, { url, certificate, ...(token === undefined ? asOther : { token }) });
      return file;
    },
    stop: () => (stopped ??= stop()),
  };
}

function firstExit(children: readonly GuardedChild[], isStopping: () => boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const child of children)
      void child.exited.then(async (code) => {
        if (isStopping()) return;
        const tail = await child.logTail().catch(() => "");
        resolve(`${child.name} ended by itself with ${String(code)}:\n${tail}`);
      });
  });
}

function urlOf(port: number): string {
  return `https://127.0.0.1:${String(port)}`;
}

function kubeconfigOf(site: Site): string {
  return join(site.home, "kubeconfig");
}

function certificateOf(site: Site): string {
  return readFileSync(certificateFile(site.home), "utf8");
}

function tokenOf({ user }: User, users: readonly KnownUser[]): string {
  const known = users.find((one) => one.user === user);
  if (known === undefined) throw new Error(`no token for ${user}`);
  return known.token;
}
