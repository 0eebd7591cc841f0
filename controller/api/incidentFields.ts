import { z } from "zod";
import { text, time } from "./fields.ts";

/** An outage, from last seen good to good again; `causes` as a list in a sentence. */
export function incidentOf(causes: string): z.ZodExactOptional<z.ZodObject<typeof incidentShape>> {
  return z
    .object({ ...incidentShape, cause: text(`${causes}.`, 64) })
    .describe("The last outage. From its times the time to recovery is measured.")
    .exactOptional();
}

const incidentShape = {
  cause: text("Why.", 64),
  startTime: time("When it was last seen good."),
  detectTime: time("When the outage was noticed."),
  actTime: time("When the controller first acted on it.").exactOptional(),
  recoverTime: time("When it was good again; absent while the outage lasts.").exactOptional(),
  message: text("What happened, for people.", 1024).exactOptional(),
};
