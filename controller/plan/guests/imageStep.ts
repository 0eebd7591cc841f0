import type { ContainerCreate, ImageDownload, MachineCreate } from "../../providers/port.ts";
import { imageIn } from "./cloudImage.ts";
import type { GuestInput } from "./guestInput.ts";
import type { Step } from "./guestStep.ts";
import { progressing, waiting } from "../outcomes.ts";

/**
 * The image that a VM's disk is made out of: fetched by the node, or, where it is there already, checked by it; the same
 * call does both (contract 7.3). Undefined when it is there and was checked.
 */
export function imageStep(
  { image: seen }: Pick<GuestInput, "image">,
  creation: ContainerCreate | MachineCreate,
): Step | undefined {
  const image = imageIn(creation);
  if (image === undefined || (seen?.there === true && seen.checked)) return undefined;
  const { volume, node, url } = image;
  if (seen?.checked === true)
    return {
      outcome: waiting("Creating", `node ${node} has fetched ${volume}, and its storage does not list it yet`, 5_000),
    };
  const what = seen?.there === true ? `node ${node} checks ${volume}` : `node ${node} downloads ${url} as ${volume}`;
  return {
    outcome: progressing("Creating", what),
    action: { op: "Download", effect: "creates", makesTask: true, because: "its disk is made out of it", creation },
  };
}

/** What Proxmox says of a download that failed, and what to do about it. */
export function downloadFailure({ url, volume, storage }: ImageDownload, text: string): string {
  const cure = /mismatch|override existing/.test(text)
    ? `. Either source.cloudImage.checksum is not that of ${url}, or the file that is there is another one: then remove it (on the node: pvesm free ${volume})`
    : ` (${url} to storage ${storage})`;
  return `the image could not be fetched: ${text}${cure}`;
}
