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
      return `${seconds} s`;
    },
  ],
]);
