import { ProviderError } from "../../base/outcome.ts";
import type { ContainerCreate, CreateObstacle, MachineCreate } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, rows, text } from "../shared/decode.ts";
import { readConfig } from "./configuration.ts";
import { wantsOf, type Content, type WantedFile, type Wants } from "./creationWants.ts";
import type { Engine } from "./engine.ts";
import { readBridges } from "./surroundings.ts";
import { parseList } from "./wire.ts";

const MIB = 1024 * 1024;
/** Room that unpacking a template takes at the least; the rest of a thin volume is taken only when it is written. */
const UNPACKED_MIB = 512;
/** Storage types that set aside the whole size at once; all others are thin. */
const THICK: ReadonlySet<string> = new Set(["lvm", "iscsi", "iscsidirect"]);

type Storages = ReadonlyMap<string, Row>;

/** Looks at what a create call needs on its node (contract 6.1, 7.1): storages, files, bridges. Changes nothing. */
export async function readObstacles(
  engine: Engine,
  create: ContainerCreate | MachineCreate,
  signal: AbortSignal,
): Promise<readonly CreateObstacle[]> {
  const wants = wantsOf(create);
  const storages = await storagesOf(engine, wants.node, signal);
  const files = await Promise.all(wants.files.map((file) => fileObstacles(engine, { wants, file, storages }, signal)));
  return [
    ...volumeObstacles(wants, storages),
    ...wants.stores.flatMap(({ storage, content }) => storageFault(storage, wants.node, storages, content) ?? []),
    ...(await wireObstacles(engine, wants, signal)),
    ...files.flat(),
    ...("is" in create && create.is === "clone" ? await cloneObstacles(engine, create, storages, signal) : []),
  ];
}

async function storagesOf(engine: Engine, node: string, signal: AbortSignal): Promise<Storages> {
  const list: unknown = await engine.api({ signal }).nodes.$(node).storage.$get();
  return new Map(rows(list).map((storage) => [text(storage["storage"]) ?? "", storage]));
}

async function wireObstacles(
  engine: Engine,
  { node, wires }: Wants,
  signal: AbortSignal,
): Promise<readonly CreateObstacle[]> {
  if (!wires.some(({ bridge }) => bridge !== undefined)) return [];
  const known = new Map((await readBridges(engine, node, signal)).map((bridge) => [bridge.name, bridge]));
  return wires.flatMap(({ bridge, mtu }): CreateObstacle[] => {
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
  });
}

function volumeObstacles({ node, volumes }: Wants, storages: Storages): readonly CreateObstacle[] {
  return [...Map.groupBy(volumes, (volume) => volume.storage)].flatMap(([name, wanted]): CreateObstacle[] => {
    const sizeMiB = wanted.reduce((sum, volume) => sum + volume.sizeMiB, 0);
    const storage = storages.get(name);
    const fault = storageFault(name, node, storages, wanted[0]?.content ?? "images");
    if (fault !== undefined || storage === undefined) return [fault ?? absent(name, node)];
    const needs = THICK.has(text(storage["type"]) ?? "") ? sizeMiB : Math.min(sizeMiB, UNPACKED_MIB);
    const free = number(storage["avail"]);
    if (free === undefined || free >= needs * MIB) return [];
    return [
      {
        kind: "space",
        message: `storage '${name}' on node ${node} is full: it has no room for ${String(sizeMiB)} MiB`,
      },
    ];
  });
}

async function fileObstacles(
  engine: Engine,
  {
    wants: { node },
    file,
    storages,
  }: { readonly wants: Wants; readonly file: WantedFile; readonly storages: Storages },
  signal: AbortSignal,
): Promise<readonly CreateObstacle[]> {
  const { what, volume, content, cure } = file;
  const [name = "", rest = ""] = volume.split(":");
  if (rest === "")
    return [{ kind: "spec", message: `${what} '${volume}' is no volume id; write storage:${content}/file` }];
  const fault = storageFault(name, node, storages, content);
  if (fault !== undefined) return [fault];
  if (await isListed(engine, node, { storage: name, volume, content }, signal)) return [];
  return [{ kind: "spec", message: `${what} '${volume}' does not exist on node ${node}. To get it, ${cure}` }];
}

/** Whether the storage lists the volume; false also where nothing is listed. */
export async function hasVolume(engine: Engine, node: string, volume: string, signal: AbortSignal): Promise<boolean> {
  const [storage = "", path = ""] = volume.split(":");
  const content = path.split("/")[0] as Content;
  return isListed(engine, node, { storage, volume, content }, signal);
}

async function isListed(
  engine: Engine,
  node: string,
  { storage, volume, content }: { readonly storage: string; readonly volume: string; readonly content: Content },
  signal: AbortSignal,
): Promise<boolean> {
  const on = engine.api({ signal }).nodes.$(node).storage.$(storage);
  const list = rows(await on.content.$get({ content }).catch(ignoreMissing));
  return list.some((listed) => listed["volid"] === volume);
}

function ignoreMissing(error: unknown): readonly unknown[] {
  if (error instanceof ProviderError && (error.kind === "spec" || error.kind === "missing")) return [];
  throw error;
}

/** On another node than its source a clone needs disks that both nodes have (contract 5.5). */
async function cloneObstacles(
  engine: Engine,
  { node, source }: Extract<MachineCreate, { readonly is: "clone" }>,
  storages: Storages,
  signal: AbortSignal,
): Promise<readonly CreateObstacle[]> {
  if (node === source.node) return [];
  const { vm } = await readConfig(engine, { type: "qemu", ...source }, signal);
  return (vm?.disks ?? []).flatMap(({ key, volume }): CreateObstacle[] => {
    const [name = ""] = volume.split(":");
    if (flag(storages.get(name)?.["shared"])) return [];
    return [
      {
        kind: "spec",
        message:
          `VM ${String(source.vmid)} is on node ${source.node}, and its disk ${key} on storage '${name}', which is not shared: ` +
          `it can be cloned to that node only. Write node: ${source.node}, or a template that node ${node} has`,
      },
    ];
  });
}

const HOLDS: Readonly<Record<Content, string>> = {
  rootdir: "container directories",
  images: "disks of virtual machines",
  vztmpl: "templates",
  iso: "ISO images",
  import: "disk images to import",
  snippets: "snippets",
};

function storageFault(name: string, node: string, storages: Storages, content: Content): CreateObstacle | undefined {
  const storage = storages.get(name);
  if (storage === undefined) return absent(name, node);
  if (!flag(storage["enabled"]) || !flag(storage["active"]))
    return { kind: "spec", message: `storage '${name}' is not available on node ${node}` };
  if (parseList(text(storage["content"])).includes(content)) return undefined;
  return {
    kind: "spec",
    message: `storage '${name}' does not support ${HOLDS[content]}; allow it under Datacenter, Storage, Content`,
  };
}

function absent(name: string, node: string): CreateObstacle {
  return { kind: "spec", message: `storage '${name}' does not exist on node ${node}` };
}
