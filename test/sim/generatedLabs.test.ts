import { expect } from "chai";
import fc from "fast-check";
import { HistoryTally } from "../../hack/historyTally.ts";
import { heal } from "./calm.ts";
import { guestsIn, layersIn } from "./declared.ts";
import { History } from "./history.ts";
import { labShapes, type GuestShape, type LabShape } from "./labShape.ts";
import { unsettledIn } from "./settled.ts";
import { judge } from "./witness.ts";

const COUNT = Number(process.env["GENERATED_LABS"] ?? 9);
const SEED = Number(process.env["HISTORY_SEED"] ?? 20265);
const MOST_SECONDS = 7_200;

/** The same lab without what keeps guests down for ever: every guest can start, and every gate can open. */
function bootable(shape: LabShape): LabShape {
  const guests = shape.guests.map((guest): GuestShape => {
    const management = guest.vm ? "Power" : "Full";
    const before = guest.vm && guest.before === "absent" ? "stopped" : guest.before;
    return { ...guest, management, before, adoption: "Adopt", powerState: "Running", respectManualStop: true };
  });
  const layers = shape.layers.map((layer) => ({ ...layer, minMembers: 0 }));
  return { ...shape, guests, layers, preflight: "none", full: false, wan: true, protectedGuest: guests.length };
}

/** Boots it, with every rule held against every call; then each guest's layer came up after those below. */
async function boots(shape: LabShape): Promise<void> {
  const history = new History(bootable(shape), judge);
  heal(history);
  let left = ["not begun"];
  for (let seconds = 0; left.length > 0 && seconds < MOST_SECONDS && history.violations.length === 0; seconds += 10) {
    await history.pass(10_000);
    left = [...unsettledIn(history)];
  }
  history.kill();
  const shown = (): string => `${[...history.violations, ...left].join("\n")}\n${history.describe()}`;
  if (history.violations.length > 0 || left.length > 0) throw new Error(shown());
  expect(guestsIn(history.lab).length).to.equal(shape.guests.length);
  expect(history.lab.proxmox.guests.size, "as many guests as objects").to.equal(shape.guests.length);
  expect(outOfOrder(history), "starts before a layer below had its quorum").to.deep.equal([]);
  for (const call of new Set(history.lab.calls())) {
    if (call.startsWith("configure")) continue;
    expect(history.lab.calls().filter((other) => other === call).length, call).to.equal(1);
  }
}

/** Guests whose start was sent before a layer below could have been ready, by the times of their calls alone. */
function outOfOrder(history: History): readonly string[] {
  const { lab, truth, sent } = history;
  const startOf = (vmid: number): number | undefined =>
    sent.find((one) => one.vmid === vmid && one.call === "start")?.at;
  const whole = [...layersIn(lab)].filter(([, { healthGate }]) => healthGate.quorum === "100%").map(([name]) => name);
  return guestsIn(lab).flatMap((one) => {
    const at = startOf(one.spec.vmid);
    const needs = truth.below(one.spec.layerRef.name);
    const late = guestsIn(lab).filter(
      ({ spec }) =>
        needs.has(spec.layerRef.name) &&
        whole.includes(spec.layerRef.name) &&
        layersIn(lab).get(spec.layerRef.name)?.healthGate.onTimeout === "Halt" &&
        (startOf(spec.vmid) ?? 0) > (at ?? Number.POSITIVE_INFINITY),
    );
    return late.map((other) => `${one.id} before ${other.id}`);
  });
}

describe("generated labs", function () {
  this.timeout(0);
  for (const [name, most, runs] of [
    ["of up to 20 guests in 12 layers", { layers: 12, guests: 20 }, COUNT],
    ["of up to 200 guests in 12 layers", { layers: 12, guests: 200 }, Math.ceil(COUNT / 4)],
  ] as const) {
    it(`${name}: nobody tuned them, and they boot in order, each guest started once`, async () => {
      const tally = new HistoryTally(`generated labs ${name}`, runs);
      const property = fc.asyncProperty(labShapes(most, true), async (shape) => {
        await boots(shape);
        tally.count();
      });
      const result = await fc.check(property, {
        numRuns: runs,
        seed: SEED,
        endOnFailure: process.env["HISTORY_SHRINK"] !== "1",
        ...(process.env["HISTORY_PATH"] === undefined ? {} : { path: process.env["HISTORY_PATH"] }),
      });
      if (!result.failed) return;
      const why = result.errorInstance instanceof Error ? result.errorInstance.message : "";
      throw new Error(`HISTORY_SEED=${result.seed} HISTORY_PATH=${result.counterexamplePath ?? ""} replays it\n${why}`);
    });
  }
});
