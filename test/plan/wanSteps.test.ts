import { expect } from "chai";
import { stagesOf } from "../../controller/plan/layers/bootStages.ts";
import type { Preflight, WanFact } from "../../controller/plan/lab.ts";
import { labOf } from "./labs.ts";

const boot = { id: "b1", cause: "HostReboot", startTime: "2026-01-01T00:00:00Z" } as const;
const up: WanFact = { what: "WAN1 of er605", online: true };
const down: WanFact = { what: "WAN1 of er605", online: false };

function stage(state: Preflight["state"], message: string, wans: readonly WanFact[]): string {
  const preflights: readonly Preflight[] = [{ name: "wan", onFailure: "Warn", state, message }];
  const lab = { ...labOf({ layers: { base: {} }, guests: { db: { layer: "base" } } }), preflights, wans };
  const found = stagesOf(boot, lab).find(({ name }) => name === "preflight wan");
  return `${found?.state ?? ""}: ${found?.message ?? ""}`;
}

/** The runbook's step "verify network connectivity": the direct probe decides, Omada's word stands beside it (L7). */
describe("the step that looks at the outside world", () => {
  const rows: readonly (readonly [string, Preflight["state"], string, readonly WanFact[], string])[] = [
    ["passes when both say so", "Passed", "", [up], "Done: "],
    ["passes without Omada", "Passed", "", [], "Done: "],
    [
      "says that Omada disagrees with a probe that passed",
      "Passed",
      "",
      [down],
      "Done: passed, although Omada says that WAN1 of er605 is down",
    ],
    ["one WAN of two is enough", "Passed", "", [down, { ...up, what: "WAN2 of er605" }], "Done: "],
    [
      "says that Omada disagrees with a probe that fails",
      "Pending",
      "no answer",
      [up],
      "Running: no answer; Omada says that WAN1 of er605 is online, so look behind it",
    ],
    [
      "says that Omada agrees with a probe that fails",
      "Pending",
      "no answer",
      [down],
      "Running: no answer; Omada says too that WAN1 of er605 is down",
    ],
    [
      "given up names both",
      "GivenUp",
      "no answer",
      [down],
      "Skipped: given up: no answer; Omada says too that WAN1 of er605 is down",
    ],
    ["fails without Omada as it did", "Pending", "no answer", [], "Running: no answer"],
    ["says nothing before the first answer", "Pending", "", [down], "Running: "],
  ];
  for (const [what, state, message, wans, says] of rows)
    it(what, () => {
      expect(stage(state, message, wans)).to.equal(says);
    });
});
