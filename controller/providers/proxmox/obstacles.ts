import { ProviderError } from "../../base/outcome.ts";
import type { ContainerCreate, CreateObstacle } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";
import { readBridges } from "./surroundings.ts";
import { parseList } from "./wire.ts";

const MIB = 1024 * 1024;
/** Room that unpacking a template takes at the least; the rest of a thin volume is taken only when it is written. */
const UNPACKED_MIB = 512;
/** Storage types that set aside the whole size at once; all others are thin. */
const THICK: ReadonlySet<string> = new Set(["lvm", "iscsi", "iscsidirect"]);

/** Looks at what a create call needs on its node (contract 6.1, 7.1): storages, template, bridges. Changes nothing. */
export async function readObstacles(
  engine: Engine,
  create: ContainerCreate,
  signal: AbortSignal,
): Promise<readonly CreateObstacle[]> {
  const { node } = create;
  const [storages, bridges] = await Promise.all([
    engine.api({ signal }).nodes.$(node).storage.$get() as Promise<unknown>,
    create.networks.some((net) => net.bridge !== undefined) ? readBridges(engine, node, signal) : [],
  ]);
  const found = new Map(rows(storages).map((storage) => [text(storage["storage"]) ?? "", storage]));
  const known = new Map(bridges.map((bridge) => [bridge.name, bridge]));
  return [
    ...volumeObstacles(create, found),
    ...create.networks.flatMap(({ bridge, mtu }): CreateObstacle[] => {
      if (bridge === undefined) return [];
      const seen = known.get(bridge);
      if (seen === undefined) return [{ kind: "bridge", message: `bridge '${bridge}' does not exist on node ${node}` }];
      if (mtu === undefined || mtu <= seen.mtu) return [];
      return [
        {
          kind: "bridge",
          message: `MTU ${String(mtu)} is larger than that of bridge '${bridge}', ${String(seen.mtu)}`,
        },
      ];
    }),
    ...(await templateObstacles(engine, create, found, signal)),
  ];
}

function volumeObstacles(create: ContainerCreate, found: ReadonlyMap<string, Row>): readonly CreateObstacle[] {
  const volumes = [create.rootfs, ...create.mounts];
  return [...Map.groupBy(volumes, (volume) => volume.storage)].flatMap(([name, wanted]): CreateObstacle[] => {
    const sizeMiB = wanted.reduce((sum, volume) => sum + volume.sizeMiB, 0);
    const storage = found.get(name);
    const fault = storageFault(name, create.node, storage, "rootdir");
    if (fault !== undefined || storage === undefined) return [fault ?? absent(name, create.node)];
    const needs = THICK.has(text(storage["type"]) ?? "") ? sizeMiB : Math.min(sizeMiB, UNPACKED_MIB);
    const free = number(storage["avail"]);
    if (free === undefined || free >= needs * MIB) return [];
    return [
      {
        kind: "space",
        message: `storage '${name}' on node ${create.node} is full: it has no room for ${String(sizeMiB)} MiB`,
      },
    ];
  });
}

async function templateObstacles(
  engine: Engine,
  { node, template }: ContainerCreate,
  found: ReadonlyMap<string, Row>,
  signal: AbortSignal,
): Promise<readonly CreateObstacle[]> {
  const [name = "", file = ""] = template.split(":");
  if (file === "")
    return [{ kind: "spec", message: `template '${template}' is no volume id; write storage:vztmpl/file` }];
  const fault = storageFault(name, node, found.get(name), "vztmpl");
  if (fault !== undefined) return [fault];
  const on = engine.api({ signal }).nodes.$(node).storage.$(name);
  const content = rows(await on.content.$get({ content: "vztmpl" }).catch(ignoreMissing));
  if (content.some((volume) => volume["volid"] === template)) return [];
  const cure = `on the node: pveam download ${name} ${file.replace(/^vztmpl\//, "")}`;
  return [{ kind: "spec", message: `template '${template}' does not exist on node ${node}. To get it, ${cure}` }];
}

function ignoreMissing(error: unknown): readonly unknown[] {
  if (error instanceof ProviderError && (error.kind === "spec" || error.kind === "missing")) return [];
  throw error;
}

function storageFault(
  name: string,
  node: string,
  storage: Row | undefined,
  content: string,
): CreateObstacle | undefined {
  if (storage === undefined) return absent(name, node);
  if (!flag(storage["enabled"]) || !flag(storage["active"]))
    return { kind: "spec", message: `storage '${name}' is not available on node ${node}` };
  if (parseList(text(storage["content"])).includes(content)) return undefined;
  const what = content === "rootdir" ? "container directories" : "templates";
  return {
    kind: "spec",
    message: `storage '${name}' does not support ${what}; allow it under Datacenter, Storage, Content`,
  };
}

function absent(name: string, node: string): CreateObstacle {
  return { kind: "spec", message: `storage '${name}' does not exist on node ${node}` };
}
