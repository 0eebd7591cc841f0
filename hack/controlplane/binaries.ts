import { accessSync, constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { envtestPrograms, fetchEnvtest } from "./envtest.ts";
import { waitForLock } from "./fileLock.ts";
import { buildProgram, goVersion } from "./goBuild.ts";
import { kubernetesVersion, programs, type Binaries, type Program, type Say } from "./version.ts";

export interface PrepareOptions {
  readonly say: Say;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Address of the list of envtest archives. */
  readonly envtestIndex?: string;
}

/**
 * The programs of the control plane: those in `KUBEBUILDER_ASSETS`, those in the user's cache, else downloaded (envtest
 * archive), else built from Go modules. One process at a time fetches or builds.
 * Throws one message that says what was tried and what to install.
 */
export async function prepareBinaries(options: PrepareOptions): Promise<Binaries> {
  const env = options.env ?? process.env;
  const cache = cacheDirectory(env, "controlplane", kubernetesVersion);
  const search = [env["KUBEBUILDER_ASSETS"] ?? "", cache].filter((directory) => directory !== "");
  const found = complete(locate(search));
  if (found !== undefined) return found;
  await mkdir(cache, { recursive: true });
  const release = await waitForLock(
    join(cache, ".lock"),
    (holder) => {
      options.say(`process ${String(holder)} is already preparing the control plane: waiting for it`);
    },
    options.signal,
  );
  try {
    const tried = [`looked in ${search.join(" and ")}`];
    await download(search, cache, tried, options);
    await build(search, cache, tried, options);
    const all = locate(search);
    const binaries = complete(all);
    if (binaries === undefined) throw new Error(explain(absent(all), tried, cache));
    return binaries;
  } finally {
    await release();
  }
}

/** A place of ours in the user's cache directory. */
export function cacheDirectory(env: Readonly<NodeJS.ProcessEnv>, ...place: readonly string[]): string {
  const root = env["XDG_CACHE_HOME"] ?? "";
  return join(root === "" ? join(homedir(), ".cache") : root, "homelab-controller", ...place);
}

type Located = Readonly<Record<Program, string | undefined>>;

function locate(directories: readonly string[]): Located {
  const at = (program: Program): string | undefined =>
    directories.map((directory) => join(directory, program)).find(isExecutable);
  return {
    etcd: at("etcd"),
    kubectl: at("kubectl"),
    "kube-apiserver": at("kube-apiserver"),
    "kube-controller-manager": at("kube-controller-manager"),
  };
}

function absent(located: Located): Program[] {
  return programs.filter((program) => located[program] === undefined);
}

function complete(located: Located): Binaries | undefined {
  return absent(located).length === 0 ? (located as Binaries) : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function download(
  search: readonly string[],
  cache: string,
  tried: string[],
  { say, signal, envtestIndex }: PrepareOptions,
): Promise<void> {
  if (!absent(locate(search)).some((program) => envtestPrograms.includes(program))) return;
  try {
    await fetchEnvtest(kubernetesVersion, cache, say, {
      ...(envtestIndex === undefined ? {} : { index: envtestIndex }),
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    tried.push(`envtest archive: ${reasonOf(error)}`);
    say(`no envtest archive from the network (${reasonOf(error)})`);
  }
}

async function build(
  search: readonly string[],
  cache: string,
  tried: string[],
  { say, signal }: PrepareOptions,
): Promise<void> {
  const wanted = absent(locate(search));
  if (wanted.length === 0) return;
  const version = await goVersion();
  if (version === undefined) {
    tried.push("build from Go modules: there is no `go` on PATH");
    return;
  }
  say(
    `building ${wanted.join(", ")} ${kubernetesVersion} with ${version} (all four: 10 to 20 minutes on two cores, once)`,
  );
  for (const program of wanted) {
    try {
      await buildProgram(program, join(cache, program), say, signal);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`build of ${program}: ${reasonOf(error)}`);
      return;
    }
  }
}

function explain(wanted: readonly Program[], tried: readonly string[], cache: string): string {
  return [
    `The control plane needs ${wanted.join(", ")} (Kubernetes ${kubernetesVersion}), and no way led to them:`,
    ...tried.map((line) => `  - ${line}`),
    "Do one of these:",
    "  - install Go 1.26 or newer (https://go.dev/dl) and run this again: it builds what is missing",
    "  - set KUBEBUILDER_ASSETS to a directory that holds etcd, kube-apiserver, kube-controller-manager and kubectl",
    `  - put the programs into ${cache}`,
  ].join("\n");
}

/** The message of an error with that of its cause: fetch says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
