import type { OmadaConnection, OmadaPort } from "../providers/omadaPort.ts";
import type { ProxmoxConnection, ProxmoxPort } from "../providers/port.ts";
import { filesOf, labWishOf, streamOf, type ImportWish } from "./importCommand.ts";
import { NO_INVENTORY, takeInventory, type Inventory } from "./inventory.ts";
import { labManifests } from "./labManifests.ts";
import { takeSite, type FoundSite } from "./site.ts";

/** The outside of an import. */
export interface ImportPorts {
  readonly connect: (connection: ProxmoxConnection) => ProxmoxPort;
  readonly connectOmada: (connection: OmadaConnection) => OmadaPort;
  /** Standard output. */
  readonly print: (text: string) => void;
  /** Progress and remarks, a line each, or the same line again on a terminal. */
  readonly tell: (line: string, again: boolean) => void;
  /** Writes new files into a directory; throws, and writes none, when one of them exists. */
  readonly write: (directory: string, files: ReadonlyMap<string, string>) => void;
}

/** Reads the lab and writes its manifests. Throws with a sentence when the lab cannot be read or a file exists. */
export async function runImport(wish: ImportWish, ports: ImportPorts, signal: AbortSignal): Promise<void> {
  const inventory = await proxmoxSide(wish, ports, signal);
  const site = await omadaSide(wish, ports, signal);
  const files = labManifests(inventory, labWishOf(wish, inventory.nodes), site);
  for (const gap of [...inventory.gaps, ...(site?.gaps ?? [])]) ports.tell(gap, false);
  if (wish.output === undefined) {
    ports.print(streamOf(files));
    return;
  }
  ports.write(wish.output, filesOf(files));
  ports.tell(
    `written to ${wish.output}; what is guessed says so: look it through, then kubectl apply -k ${wish.output}`,
    false,
  );
}

async function proxmoxSide({ connection }: ImportWish, ports: ImportPorts, signal: AbortSignal): Promise<Inventory> {
  if (connection === undefined) return NO_INVENTORY;
  const port = ports.connect(connection);
  try {
    const progress = (done: number, of: number): void => {
      ports.tell(`${String(done)} of ${String(of)} guests read`, done < of);
    };
    return await takeInventory(port, progress, signal);
  } finally {
    port.close();
  }
}

async function omadaSide(
  { omada }: ImportWish,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<FoundSite | undefined> {
  if (omada === undefined) return undefined;
  const port = ports.connectOmada(omada);
  try {
    const site = await takeSite(port, signal);
    ports.tell(`site ${site.seen.siteName} read: ${String(site.seen.devices.size)} devices`, false);
    return site;
  } finally {
    port.close();
  }
}
