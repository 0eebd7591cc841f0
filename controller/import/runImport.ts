import type { ProxmoxConnection, ProxmoxPort } from "../providers/port.ts";
import { filesOf, labWishOf, streamOf, type ImportWish } from "./importCommand.ts";
import { takeInventory } from "./inventory.ts";
import { labManifests } from "./labManifests.ts";

/** The outside of an import. */
export interface ImportPorts {
  readonly connect: (connection: ProxmoxConnection) => ProxmoxPort;
  /** Standard output. */
  readonly print: (text: string) => void;
  /** Progress and remarks, a line each, or the same line again on a terminal. */
  readonly tell: (line: string, again: boolean) => void;
  /** Writes new files into a directory; throws, and writes none, when one of them exists. */
  readonly write: (directory: string, files: ReadonlyMap<string, string>) => void;
}

/** Reads the lab and writes its manifests. Throws with a sentence when the lab cannot be read or a file exists. */
export async function runImport(wish: ImportWish, ports: ImportPorts, signal: AbortSignal): Promise<void> {
  const port = ports.connect(wish.connection);
  try {
    const progress = (done: number, of: number): void => {
      ports.tell(`${String(done)} of ${String(of)} guests read`, done < of);
    };
    const inventory = await takeInventory(port, progress, signal);
    const files = labManifests(inventory, labWishOf(wish, inventory.nodes));
    for (const gap of inventory.gaps) ports.tell(gap, false);
    if (wish.output === undefined) ports.print(streamOf(files));
    else {
      ports.write(wish.output, filesOf(files));
      ports.tell(
        `written to ${wish.output}; what is guessed says so: look it through, then kubectl apply -k ${wish.output}`,
        false,
      );
    }
  } finally {
    port.close();
  }
}
