import type { History } from "./history.ts";
import type { StepRun, StepTable } from "./stepTable.ts";

/** What happens to the controller: killed, replaced, frozen, its clock set. */
export const processSteps: StepTable = new Map<string, StepRun>([
  [
    "killed",
    (history) => {
      history.kill();
      return "";
    },
  ],
  [
    "started",
    (history) => {
      history.start();
      return "";
    },
  ],
  [
    "another leads",
    (history) => {
      history.kill();
      history.start();
      return "";
    },
  ],
  [
    "another leads soon",
    async (history, a) => {
      history.kill();
      await history.pass(a * 1000);
      history.start();
      return `after ${a} s`;
    },
  ],
  [
    "lease lost",
    (history) => {
      history.lab.loseLease();
      return "";
    },
  ],
  ["lease taken", leaseTaken],
  ["lease taken again", leaseTaken],
  [
    "stands by",
    (history) => {
      if (!history.alive || history.lab.replicas > 1) return undefined;
      history.lab.standBy();
      return "";
    },
  ],
  ["killed before a call", (history) => dies(history, "sent")],
  ["killed after a call", (history) => dies(history, "arrives")],
  [
    "frozen",
    (history, _a, b) => {
      history.lab.clock.freeze(b * 100);
      history.editedAt = history.now;
      return `${b / 10} s`;
    },
  ],
  [
    "clock set",
    (history, a, b) => {
      const seconds = (a % 2 === 0 ? 1 : -1) * b * 4;
      history.lab.clock.jump(seconds * 1000);
      if (seconds > 0) history.setAheadAt = history.now;
      return `${seconds} s`;
    },
  ],
]);

/** A lease that was held runs out before somebody else takes it. */
async function leaseTaken(history: History): Promise<string | undefined> {
  if (!history.alive) return undefined;
  history.lab.loseLease();
  await history.pass(5_000);
  history.lab.takeLease();
  history.leads();
  return `${history.lab.replicas} replicas`;
}

function dies(history: History, when: "sent" | "arrives"): string | undefined {
  if (!history.alive) return undefined;
  history.diesWhen = when;
  return "";
}
