import type { Engine } from "../../controller/providers/proxmox/engine.ts";
import type { Target } from "./options.ts";

/** Where at the host the tests run. */
export interface Place {
  readonly node: string;
  readonly storage: string;
  readonly template: string;
  /** Vmids of the range that nobody has. */
  readonly free: readonly number[];
  /** Vmids of the range that somebody has: left alone. */
  readonly taken: readonly number[];
  readonly version: string;
}

/** As many vmids as the tests ever use at once, with some to spare. */
const NEEDED = 10;

/** Looks for what the tests need; throws with what is missing and what to say. */
export async function findPlace(engine: Engine, target: Target, signal: AbortSignal): Promise<Place> {
  const api = engine.api({ signal });
  const version = text(await api.version.$get(), "version");
  const nodes = (await api.nodes.$get()) as readonly Row[];
  const node = target.node ?? text(nodes.find((each) => each["status"] === "online") ?? {}, "node");
  if (!nodes.some((each) => each["node"] === node && each["status"] === "online"))
    throw new Error(`there is no node ${node} that is online: --node`);
  const at = api.nodes.$(node);
  const storages = (await at.storage.$get()) as readonly Row[];
  const holding = (content: string): string[] =>
    storages
      .filter((each) => text(each, "content").split(",").includes(content) && Number(each["active"]) === 1)
      .map((each) => text(each, "storage"));
  const storage = target.storage ?? holding("rootdir")[0];
  if (storage === undefined) throw new Error(`no storage of node ${node} takes containers: --storage`);
  const template = target.template ?? (await firstTemplate(engine, node, holding("vztmpl"), signal));
  if (template === undefined)
    throw new Error(`node ${node} has no container template: download one (pveam), or name one by --template`);
  return { node, storage, template, version, ...(await vmids(engine, target, signal)) };
}

type Row = Readonly<Record<string, unknown>>;

function text(row: object, key: string): string {
  const value: unknown = (row as Row)[key];
  return typeof value === "string" ? value : "";
}

async function firstTemplate(
  engine: Engine,
  node: string,
  storages: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const storage of storages) {
    const rows: unknown = await engine
      .api({ signal })
      .nodes.$(node)
      .storage.$(storage)
      .content.$get({ content: "vztmpl" });
    const volid = text((rows as readonly Row[])[0] ?? {}, "volid");
    if (volid !== "") return volid;
  }
  return undefined;
}

/** Asks for each vmid by itself: a list shows only what the token may see. */
async function vmids(engine: Engine, target: Target, signal: AbortSignal): Promise<Pick<Place, "free" | "taken">> {
  const free: number[] = [];
  const taken: number[] = [];
  for (let vmid = target.first; vmid <= target.last && free.length < NEEDED; vmid += 1) {
    const isFree = await engine
      .api({ signal })
      .cluster.nextid.$get({ vmid })
      .then(() => true)
      .catch((error: unknown) => {
        if ((error as { status?: unknown }).status === 400) return false;
        throw error;
      });
    (isFree ? free : taken).push(vmid);
  }
  if (free.length < NEEDED)
    throw new Error(
      `of the vmids ${String(target.first)}-${String(target.last)} only ${String(free.length)} are free: ` +
        "guests that exist are left alone; give another range by --vmids",
    );
  return { free, taken };
}
