import type { Homelab, HomelabStatus } from "../api/index.ts";
import { annotation, annotationOf } from "../api/meta.ts";

type Recorded = NonNullable<HomelabStatus["anotherController"]>;

/** What is on record of another controller, unless a new value of take-over has cleared it since (A3). */
export function standing(homelab: Homelab): Recorded | undefined {
  const on = homelab.status?.anotherController;
  const said = annotationOf(homelab, annotation.takeOver);
  return said === undefined || said === on?.takeOver ? on : undefined;
}

/** To be put on record, so that the next process holds still too (A3). */
export function recorded(homelab: Homelab, message: string): Recorded {
  const before = standing(homelab);
  if (before !== undefined) return before;
  const takeOver = annotationOf(homelab, annotation.takeOver);
  return { message: message.slice(0, 1024), ...(takeOver === undefined ? {} : { takeOver }) };
}
