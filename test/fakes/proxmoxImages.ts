import type { ImageDownload } from "../../controller/providers/port.ts";
import type { Clock } from "../../controller/base/clock.ts";
import type { FakeTask, FakeTasks } from "./proxmoxTasks.ts";

/** Files on the storages of the fake world, and what is published elsewhere. */
export class FakeImages {
  /** Checksums of disk images by volume. */
  readonly disks = new Map<string, string>();
  /** ISO images and snippets; undefined: any. */
  files: Set<string> | undefined;
  /** Checksums by address; what is not among them has the checksum that is asked for. */
  readonly published = new Map<string, string>();
  /** Addresses that were really fetched. */
  readonly fetched: string[] = [];
  fetchMs = 4_000;

  has(volume: string): boolean {
    return volume.includes(":import/") ? this.disks.has(volume) : this.files?.has(volume) !== false;
  }
}

/** The task that fetches an image, or checks the file of that name (contract 7.3). */
export function fetchImage(
  world: { readonly images: FakeImages; readonly tasks: FakeTasks; readonly clock: Clock },
  { node, file, volume, url, checksum }: ImageDownload,
  user: string,
): FakeTask {
  const { images } = world;
  const task = world.tasks.begin({ node, type: "download", id: file, user });
  const there = images.disks.get(volume);
  const is = there ?? images.published.get(url) ?? checksum;
  world.clock.after(there === undefined ? images.fetchMs : 500, () => {
    if (task.exit !== undefined) return;
    if (there === undefined) images.fetched.push(url);
    if (is !== checksum) {
      world.tasks.end(task, `checksum mismatch: got '${is}' != expect '${checksum}'`);
      return;
    }
    images.disks.set(volume, is);
    world.tasks.end(task);
  });
  return task;
}
