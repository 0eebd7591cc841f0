import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { systemClock } from "./base/clock.ts";
import { silentLog } from "./base/log.ts";
import { textOf } from "./base/outcome.ts";
import { addressesHere } from "./clues.ts";
import type { PlanWish } from "./preview/planCommand.ts";
import { runPlan, type ClusterReads } from "./preview/runPlan.ts";
import { connectOmada } from "./providers/omada/connect.ts";
import { connectProxmox } from "./providers/proxmox/connect.ts";
import { KubeClient } from "./runtime/kubeClient.ts";
import { loadKubeconfig } from "./runtime/kubeconfig.ts";
import { KubeHttp } from "./runtime/kubeHttp.ts";

export interface PlanBirth {
  readonly version: string;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Progress and remarks, as `PlanPorts`. */
  readonly tell: (line: string, again: boolean) => void;
}

/** One plan, from its manifests to its exit code. Throws with a sentence when it cannot be made. */
export function livePlan(wish: PlanWish, birth: PlanBirth, signal: AbortSignal): Promise<0 | 1 | 2> {
  const wires = { clock: systemClock, log: silentLog, allowed: neverWrite };
  return runPlan(
    wish,
    {
      clock: systemClock,
      connect: (connection, firstSequence) => connectProxmox(connection, { ...wires, firstSequence }),
      connectOmada: (connection, firstSequence) => connectOmada(connection, { ...wires, firstSequence }),
      ownAddresses: addressesHere,
      files: {
        read: (path) => readFileSync(path, "utf8"),
        isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
        list: (path) => readdirSync(path).sort(),
        standardInput: readStandardInput,
      },
      openCluster: () => openCluster(wish, birth),
      print: (text) => process.stdout.write(text),
      tell: birth.tell,
      colour: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "",
    },
    signal,
  );
}

function neverWrite(): never {
  throw new Error("a plan changes nothing");
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** With files and without a kubeconfig the files stand alone. */
function openCluster(
  { kubeconfig, context, files }: PlanWish,
  { version, random }: PlanBirth,
): ClusterReads | undefined {
  const named = kubeconfig !== undefined || context !== undefined;
  if (!named && files.length > 0 && !hasKubeconfig()) return undefined;
  const server = loadServer(kubeconfig, context);
  const http = new KubeHttp(server, { clock: systemClock, userAgent: `homelab-controller/${version} plan` });
  const kube = new KubeClient(http, { clock: systemClock, random, instance: "plan" });
  return {
    namespace: server.namespace,
    list: (...call) => kube.list(...call),
    secret: (...call) => kube.secret(...call),
    namespaceTerminating: (...call) => kube.namespaceTerminating(...call),
    nodeUuids: (signal) => kube.nodeUuids(signal),
  };
}

function loadServer(path: string | undefined, context: string | undefined): ReturnType<typeof loadKubeconfig> {
  try {
    return loadKubeconfig({
      ...(path === undefined ? {} : { path }),
      ...(context === undefined ? {} : { context }),
    });
  } catch (error) {
    throw new Error(`--kubeconfig: ${textOf(error)}`, { cause: error });
  }
}

function hasKubeconfig(): boolean {
  if ((process.env["KUBECONFIG"] ?? "") !== "") return true;
  return existsSync(join(homedir(), ".kube", "config")) || (process.env["KUBERNETES_SERVICE_HOST"] ?? "") !== "";
}
