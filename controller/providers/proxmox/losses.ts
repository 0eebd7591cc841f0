import type { GuestRef } from "../port.ts";
import { flag, number, row, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";
import { readConfig } from "./configuration.ts";
import { parseList } from "./wire.ts";

/**
 * What destroying the guest would lose beside its own volumes and snapshots, each a phrase (I5). What may not be seen is an error
 * (`permission`), never an empty list.
 */
export async function readLosses(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<readonly string[]> {
  const api = engine.api({ signal });
  const node = api.nodes.$(ref.node);
  const isContainer = ref.type === "lxc";
  const read = await Promise.all([
    readConfig(engine, ref, signal),
    (isContainer
      ? node.lxc.$(ref.vmid).status.current.$get()
      : node.qemu.$(ref.vmid).status.current.$get()) as Promise<unknown>,
    api.cluster.replication.$get() as Promise<unknown>,
    api.cluster.backup.$get() as Promise<unknown>,
  ]);
  const [config, status, replication, backup] = read;
  return [
    ...config.unused.map((volume) => `unused volume ${volume}`),
    ...rows(replication)
      .filter((job) => number(job["guest"]) === ref.vmid)
      .map((job) => `replication job ${text(job["id"]) ?? ""}`),
    ...(flag(row(row(status)["ha"])["managed"]) ? ["HA resource"] : []),
    ...rows(backup)
      .filter((job) => parseList(text(job["vmid"])).includes(String(ref.vmid)))
      .map((job) => `backup job ${text(job["id"]) ?? ""}`),
  ];
}
