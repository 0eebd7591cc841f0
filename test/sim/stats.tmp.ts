import fc from "fast-check";
import { labShapes } from "./labShape.ts";
import { calmDown } from "./calm.ts";
import { History } from "./history.ts";
import { perform, stepsOf } from "./steps.ts";
import { judge } from "./witness.ts";
const calls = new Map<string, number>();
const acts = new Map<string, number>();
const reasons = new Map<string, number>();
const bump = (m: Map<string, number>, k: string) => m.set(k, (m.get(k) ?? 0) + 1);
const themes: any = [
  ["intent", "people"],
  ["hosts", "faults", "process", "people"],
  ["deletions", "deletions", "intent", "people", "process"],
  ["intent", "people", "hosts", "faults", "deletions", "process"],
];
const t0 = performance.now();
for (const th of [themes[Number(process.argv[2])]])
  for (const [shape, steps] of fc.sample(fc.tuple(labShapes({ layers: 4, guests: 6 }), stepsOf(th, 24)), {
    numRuns: 40,
    seed: 5,
  })) {
    const h = new History(shape, judge);
    h.start();
    for (const s of steps) {
      await perform(h, s);
      if (h.violations.length) break;
    }
    const n = h.sent.length;
    await calmDown(h);
    h.kill();
    if (h.violations.length) bump(reasons, h.violations[0]!.slice(0, 60));
    for (const [i, s] of h.sent.entries()) bump(calls, (i < n ? "" : "calm ") + s.call);
    for (const l of h.story)
      if (!l.includes(">"))
        bump(
          acts,
          l
            .replace(/^[0-9.]+ s  /, "")
            .split(" ")
            .slice(0, 2)
            .join(" "),
        );
    for (const r of h.lab.reports) if (r.ending.is === "concluded") bump(reasons, r.ending.outcome.reason);
  }
console.log(performance.now() - t0, calls, reasons);
