import { mebibytesOf } from "../../../base/quantity.ts";
import { wouldLoseData, type Way } from "./difference.ts";
import { mebibytes } from "./spelling.ts";

/** How a volume comes to the size that is declared: it grows, or it is left as it is. */
export function sized(
  disk: string,
  wanted: string | undefined,
  stored: { readonly sizeMiB?: number } | undefined,
): Way {
  const sizeMiB = mebibytesOf(wanted ?? "") ?? 0;
  const now = stored?.sizeMiB;
  if (now === undefined) return wouldLoseData(`Proxmox does not say how large ${disk} is, so it is not resized`);
  if (sizeMiB > now) return { is: "grow", disk, sizeMiB };
  return wouldLoseData(
    `${disk} has ${mebibytes(now) ?? ""} and is never shrunk; declare that size, or take the size out of the spec`,
  );
}
