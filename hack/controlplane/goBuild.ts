import { spawn } from "node:child_process";
import { rename, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { kubernetesVersion, type Program, type Say } from "./version.ts";

const packageOf: Readonly<Record<Program, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
};
const PROGRESS_MS = 15_000;

/** Clients decide by the server's version, so the build is stamped with it as a release is. */
function linkerFlags(): string {
  const [major, minor] = kubernetesVersion.slice(1).split(".");
  const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((room) => [
    `-X ${room}.gitVersion=${kubernetesVersion}`,
    `-X ${room}.gitMajor=${String(major)}`,
    `-X ${room}.gitMinor=${String(minor)}`,
  ]);
  return ["-s", "-w", ...stamps].join(" ");
}

/** The version of the Go toolchain on PATH, undefined when there is none. */
export async function goVersion(): Promise<string | undefined> {
  try {
    return (await go(["env", "GOVERSION"], {})).trim();
  } catch {
    return undefined;
  }
}

/**
 * Builds one program from the modules pinned beside this file. It appears at `target` at once or not at all.
 * Throws with the compiler's last lines.
 */
export async function buildProgram(program: Program, target: string, say: Say, signal?: AbortSignal): Promise<void> {
  const started = Date.now();
  let compiled = 0;
  const total = await packageCount(program, signal);
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`${program}: ${String(compiled)} of up to ${String(total)} packages compiled, ${String(seconds)} s`);
  }, PROGRESS_MS);
  try {
    await buildModule({
      packageName: packageOf[program],
      target,
      flags: ["-ldflags", linkerFlags()],
      onPackage: () => (compiled += 1),
      signal,
    });
  } finally {
    clearInterval(progress);
  }
  say(`${program}: built in ${String(Math.round((Date.now() - started) / 1000))} s`);
}

export interface ModuleBuild {
  /** Where go.mod lies; this folder unless given. */
  readonly directory?: string;
  readonly packageName: string;
  readonly target: string;
  readonly flags?: readonly string[];
  /** Hears each package as it is compiled; those from the build cache are not told. */
  readonly onPackage?: (name: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Builds a package of a module. It appears at `target` at once or not at all. Throws with the compiler's last lines. */
export async function buildModule({ packageName, target, flags = [], ...build }: ModuleBuild): Promise<void> {
  const temporary = `${target}.${String(process.pid)}.building`;
  try {
    // With -v go names each package as it compiles it.
    await go(["build", "-v", "-trimpath", ...flags, "-o", temporary, packageName], {
      ...(build.directory === undefined ? {} : { cwd: build.directory }),
      signal: build.signal,
      onLine: (line) => {
        if (/^[\w.]+(\/[\w.-]+)*$/.test(line)) build.onPackage?.(line);
      },
    });
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function packageCount(program: Program, signal?: AbortSignal): Promise<number> {
  return (await go(["list", "-deps", packageOf[program]], { signal })).trim().split("\n").length;
}

interface GoOptions {
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: (line: string) => void;
}

/** Runs go beside go.mod; answers what it printed. */
function go(args: readonly string[], options: GoOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: options.cwd ?? import.meta.dirname,
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const lastLines: string[] = [];
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    createInterface(child.stderr).on("line", (line) => {
      options.onLine?.(line);
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`go ${args[0] ?? ""} ended with ${String(code)}:\n${lastLines.join("\n")}`));
    });
  });
}
