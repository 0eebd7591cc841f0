import { imageIn } from "../../plan/guests/cloudImage.ts";
import type { Creation } from "../../plan/guests/creation.ts";
import type { Task } from "../../plan/guests/guestInput.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import type { Looking } from "./guestSight.ts";

/** A check counts so long; what became of the file later, the next one tells. */
const CHECKED_MS = 300_000;

/** The image that the call takes: a download of ours that ended well has found its checksum right (contract 7.3). */
export async function imageSeen(
  creation: Creation,
  task: Task,
  { connection, record, clock }: Looking,
  signal: AbortSignal,
): Promise<GuestSeenWhole["image"]> {
  const image = imageIn(creation);
  if (image === undefined) return undefined;
  const { volume } = image;
  const at = clock.monotonic();
  if (task.is === "known" && task.action === "Download" && task.state.is === "ended" && task.state.ok)
    record.absent = { ...record.absent, checked: { volume, at } };
  const checked = record.absent?.checked;
  return {
    there: await connection.port.hasVolume(image.node, volume, signal),
    checked: checked?.volume === volume && at - checked.at < CHECKED_MS,
  };
}
