import { Homelab, type HomelabStatus } from "../../api/index.ts";
import { annotation, annotationOf, type Stored } from "../../api/meta.ts";
import type { Action } from "../../plan/action.ts";
import { planHomelab } from "../../plan/layers/homelab.ts";
import type { Driver } from "../../runtime/driver.ts";
import type { LabSource } from "./labSource.ts";
import { parsed } from "../shared/objects.ts";
import type { Preflights } from "./preflights.ts";
import type { Rivals } from "./rivals.ts";

export interface HomelabParts {
  readonly labs: LabSource;
  readonly preflights: Preflights;
  readonly rivals: Rivals;
}

/** A projection, and the one that begins boots; the preflights of a boot start once it is on record. */
export function homelabDriver({
  labs,
  preflights,
  rivals,
}: HomelabParts): Driver<Stored, HomelabStatus, undefined, Action> {
  return {
    kind: Homelab,
    observe: (stored) => {
      const { namespace } = stored.metadata;
      const homelab = parsed(Homelab, stored);
      rivals.clearedBy(namespace, annotationOf(homelab, annotation.takeOver));
      if (labs.of(namespace).homelab?.metadata.uid === homelab.metadata.uid) preflights.follow(homelab);
      return Promise.resolve(undefined);
    },
    decide: (stored) => planHomelab(parsed(Homelab, stored), labs.of(stored.metadata.namespace)),
    execute: () => Promise.reject(new Error("a Homelab has no actions")),
    intent: (report) => report,
  };
}
