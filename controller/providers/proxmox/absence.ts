import { ProviderError } from "../../base/outcome.ts";
import type { Absence } from "../port.ts";
import { flag, number, rows } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";

/**
 * Proof that a vmid is free: `nextid` covers all nodes and both types, whatever the caller may see, and the cluster that
 * said so is quorate (O4). No answer is `unknown`; a refused credential or certificate is thrown.
 */
export async function proveAbsence(engine: Engine, vmid: number, signal: AbortSignal): Promise<Absence> {
  try {
    const free = await isFree(engine, vmid, signal);
    if (!free) return "taken";
    return (await isQuorate(engine, signal)) ? "absent" : "unknown";
  } catch (error) {
    if (error instanceof ProviderError && (error.kind === "unreachable" || error.kind === "other")) return "unknown";
    throw error;
  }
}

async function isFree(engine: Engine, vmid: number, signal: AbortSignal): Promise<boolean> {
  try {
    const data: unknown = await engine.api({ signal }).cluster.nextid.$get({ vmid });
    return number(data) === vmid;
  } catch (error) {
    if (error instanceof ProviderError && error.status === 400 && error.message.includes("already exists"))
      return false;
    throw error;
  }
}

/** Without the privilege for `/cluster/status` the membership decides: more than half of the nodes are online. */
async function isQuorate(engine: Engine, signal: AbortSignal): Promise<boolean> {
  const api = engine.api({ signal });
  try {
    const data: unknown = await api.cluster.status.$get();
    const cluster = rows(data).find((entry) => entry["type"] === "cluster");
    return cluster === undefined || flag(cluster["quorate"]);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "permission") throw error;
    const data: unknown = await api.nodes.$get();
    const nodes = rows(data);
    return nodes.filter((node) => node["status"] === "online").length * 2 > nodes.length;
  }
}
