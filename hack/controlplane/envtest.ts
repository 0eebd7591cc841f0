import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { open, mkdtemp, rename, rm } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { Program, Say } from "./version.ts";

/** The list that `setup-envtest` of controller-runtime reads: archives with their SHA-512. */
const releases = "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml";
const INDEX_TIMEOUT_MS = 5_000;
const STALL_TIMEOUT_MS = 15_000;

/** What an envtest archive holds; there is no kube-controller-manager in it. */
export const envtestPrograms: readonly Program[] = ["etcd", "kubectl", "kube-apiserver"];

/** An entry of the index. `hash` is the SHA-512 of the archive, hexadecimal. */
interface Archive {
  readonly version: string;
  readonly hash: string;
  readonly selfLink: string;
}

/**
 * Puts etcd, kubectl and kube-apiserver of `version`, or of the newest patch of its minor, into `directory`.
 * Throws when the network does not answer within seconds, has no such archive, or the checksum differs.
 */
export async function fetchEnvtest(
  version: string,
  directory: string,
  say: Say,
  { index = releases, signal }: { readonly index?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const archive = pickArchive(await readIndex(index, signal), version, `${platform()}-${goArch()}`);
  if (archive === undefined) throw new Error(`no envtest archive for ${version} on ${platform()}-${goArch()}`);
  say(`envtest ${archive.version}: downloading`);
  const room = await mkdtemp(join(directory, ".envtest-"));
  try {
    const file = join(room, "envtest.tar.gz");
    const hash = await download(archive.selfLink, file, signal);
    if (hash !== archive.hash) throw new Error(`envtest ${archive.version}: SHA-512 is ${hash}, not ${archive.hash}`);
    await promisify(execFile)("tar", ["-xzf", file, "-C", room, "--strip-components=2"]);
    for (const program of envtestPrograms) await rename(join(room, program), join(directory, program));
  } finally {
    await rm(room, { recursive: true, force: true });
  }
  say(`envtest ${archive.version}: in place`);
}

async function readIndex(index: string, signal?: AbortSignal): Promise<unknown> {
  const response = await fetch(index, { signal: either(AbortSignal.timeout(INDEX_TIMEOUT_MS), signal) });
  if (!response.ok) throw new Error(`${index}: HTTP ${String(response.status)}`);
  return parse(await response.text());
}

/** The archive of exactly `version`, else of the newest patch of the same minor; undefined when there is none. */
export function pickArchive(index: unknown, version: string, target: string): Archive | undefined {
  const listed = (index as { releases?: Record<string, Record<string, { hash?: string; selfLink?: string }>> } | null)
    ?.releases;
  const minor = version.split(".").slice(0, 2).join(".") + ".";
  const rank = (candidate: string): number =>
    candidate === version ? Number.MAX_SAFE_INTEGER : Number(candidate.slice(minor.length));
  return Object.entries(listed ?? {})
    .filter(([candidate]) => candidate.startsWith(minor) && /^\d+$/.test(candidate.slice(minor.length)))
    .sort(([a], [b]) => rank(b) - rank(a))
    .flatMap(([candidate, files]) => {
      const file = files[`envtest-${candidate}-${target}.tar.gz`];
      if (file?.hash === undefined || file.selfLink === undefined) return [];
      return [{ version: candidate, hash: file.hash, selfLink: file.selfLink }];
    })[0];
}

/** Answers the SHA-512 of what was written. Gives up when nothing arrives for a while, however long the whole takes. */
async function download(url: string, file: string, signal?: AbortSignal): Promise<string> {
  const stalled = new AbortController();
  const giveUp = (): void => {
    stalled.abort(new Error(`${url}: nothing received for ${String(STALL_TIMEOUT_MS / 1000)} s`));
  };
  let timer = setTimeout(giveUp, STALL_TIMEOUT_MS);
  const out = await open(file, "w");
  try {
    const response = await fetch(url, { signal: either(stalled.signal, signal) });
    if (!response.ok || response.body === null) throw new Error(`${url}: HTTP ${String(response.status)}`);
    const hash = createHash("sha512");
    const parts: AsyncIterable<Uint8Array> = response.body;
    for await (const bytes of parts) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, STALL_TIMEOUT_MS);
      hash.update(bytes);
      await out.write(bytes);
    }
    return hash.digest("hex");
  } finally {
    clearTimeout(timer);
    await out.close();
  }
}

function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}

/** The machine's architecture by Go's name. */
function goArch(): string {
  const name = arch();
  return name === "x64" ? "amd64" : name;
}
