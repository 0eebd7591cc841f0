import { HomelabLayer, type HomelabLayerStatus } from "../../api/index.ts";
import type { Stored } from "../../api/meta.ts";
import type { Action } from "../../plan/action.ts";
import { planLayer } from "../../plan/layers/layer.ts";
import type { Driver } from "../../runtime/driver.ts";
import type { LabSource } from "./labSource.ts";
import { parsed } from "../shared/objects.ts";

/** A projection: nothing to observe, nothing to execute. */
export function layerDriver(labs: LabSource): Driver<Stored, HomelabLayerStatus, undefined, Action> {
  return {
    kind: HomelabLayer,
    observe: () => Promise.resolve(undefined),
    decide: (stored) => planLayer(parsed(HomelabLayer, stored), labs.of(stored.metadata.namespace)),
    execute: () => Promise.reject(new Error("a layer has no actions")),
    intent: (report) => report,
  };
}
