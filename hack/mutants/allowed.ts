import type { Mutant } from "./instrument.ts";

/** A bug that is none: the program does the same with it. */
export interface Allowed {
  readonly id: string;
  readonly file: string;
  /** What is replaced by what, as a run prints it. */
  readonly what: string;
  /** Why nobody can tell the difference. */
  readonly because: string;
}

/** A run fails where an entry fits nothing any more: the code has moved on, and the reason with it. */
const allowed: readonly Allowed[] = [
  {
    id: "e2282f98",
    file: "controller/plan/layers/boot.ts",
    what: '"" → "~"',
    because: "there is one boot turn a lab, and under which key it is remembered does not matter",
  },
  {
    id: "7823f083",
    file: "controller/plan/guests/explain.ts",
    what: '"" → "~"',
    because: "neither is the end of a task that succeeded",
  },
  {
    id: "cffb8e68",
    file: "controller/plan/guests/explain.ts",
    what: "1 → 0",
    because: "the stop itself is no request to HA",
  },
  {
    id: "4cdfdbb2",
    file: "controller/plan/layers/gate.ts",
    what: "0 → 1",
    because: "countNow is counted with 0 ms, remembered",
  },
  {
    id: "102453a3",
    file: "controller/plan/layers/gate.ts",
    what: "minHealthyMs === 0 → false",
    because: "countNow is counted with 0 ms, remembered",
  },
  {
    id: "fb62667f",
    file: "controller/plan/layers/gate.ts",
    what: "invalid.length === 0 → false",
    because: "nothing is added where there is nothing to add",
  },
  {
    id: "833e3702",
    file: "controller/plan/layers/gate.ts",
    what: "0 → 1",
    because: "without minHealthySeconds the moment does not matter",
  },
  {
    id: "9b8b7e35",
    file: "controller/plan/guests/guestPolicy.ts",
    what: 'action.effect === "starts" && rules?.protectedVmids.has(object.spec.vmid) === true → rules?.protectedVmids.has(object.spec.vmid) === true',
    because: "the policy of protection, which comes before, holds everything else on a protected guest",
  },
  {
    id: "b266383e",
    file: "controller/plan/need.ts",
    what: "1 → 0",
    because: "the path itself was looked up before and is not listed",
  },
  {
    id: "47750d04",
    file: "controller/plan/need.ts",
    what: "parts.length - 1 → parts.length + 1",
    because: "the path itself was looked up before and is not listed",
  },
  {
    id: "334e0a64",
    file: "controller/plan/guests/permissions.ts",
    what: "10 → 11",
    because: "whether a whole number is at least 9 is the same in base 11",
  },
  {
    id: "2293d1b0",
    file: "controller/plan/guests/permissions.ts",
    what: '"" → "~"',
    because: "neither is the name of a segment",
  },
  {
    id: "b3299c3b",
    file: "controller/reconcilers/guests/guestBrake.ts",
    what: '"" → "~"',
    because: "neither is the hash of a list",
  },
  {
    id: "2365a336",
    file: "controller/reconcilers/guests/guestBrake.ts",
    what: 'said ?? "" → said',
    because: "no list has the hash undefined",
  },
  {
    id: "a3c05af0",
    file: "controller/reconcilers/guests/guestSight.ts",
    what: '"|" → "~"',
    because: "node names, lock words and tags have neither",
  },
];

export function isAllowed(mutant: Mutant): boolean {
  return allowed.some((entry) => fits(entry, mutant));
}

/** Entries about one of `files` that fit no mutant there. */
export function outlived(mutants: readonly Mutant[], files: readonly string[]): readonly Allowed[] {
  return allowed.filter((entry) => files.includes(entry.file) && !mutants.some((mutant) => fits(entry, mutant)));
}

function fits({ id, file, what }: Allowed, mutant: Mutant): boolean {
  return id === mutant.id && file === mutant.file && what === `${mutant.original} → ${mutant.replacement}`;
}
