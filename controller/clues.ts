import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import type { Clues } from "./reconcilers/lab/selfFinder.ts";

/** What this machine says of itself (I6). `nodeUuids` asks the API server; it may be refused, then nothing is known. */
export async function cluesHere(nodeUuids: () => Promise<readonly string[] | undefined>): Promise<Clues> {
  return {
    hostname: hostname(),
    inContainer: isLxc(),
    nodeUuids: await nodeUuids().catch(() => undefined),
  };
}

/** Addresses of this machine, without those that lead nowhere else. */
export function addressesHere(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
  );
}

/** Inside LXC the environment of process 1 says so, and its cgroup is under lxc; unreadable means no. */
function isLxc(): boolean {
  const init = textOf("/proc/1/environ").split("\0");
  return init.includes("container=lxc") || /\/lxc[./]/.test(textOf("/proc/1/cgroup"));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
