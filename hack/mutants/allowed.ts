import type { Mutant } from "./instrument.ts";

/** A bug that is none: the program does the same with it. */
export interface Allowed {
  readonly file: string;
  /** What is replaced, as the run prints it, and by what. */
  readonly original: string;
  readonly replacement: string;
  /** Why nobody can tell the difference. */
  readonly because: string;
}

/** Fails where an entry fits nothing any more: the code has moved on and the reason with it. */
export const allowed: readonly Allowed[] = [
  {
    file: "controller/plan/guestPolicy.ts",
    original: 'action.effect === "starts" && rules?.protectedVmids.has(object.spec.vmid) === true',
    replacement: "rules?.protectedVmids.has(object.spec.vmid) === true",
    because: "the policy of protection, which comes before, holds everything else on a protected guest",
  },
];

export function isAllowed(mutant: Mutant): boolean {
  return allowed.some((entry) => fits(entry, mutant));
}

/** Entries about one of `files` that fit no mutant there. */
export function outlived(mutants: readonly Mutant[], files: readonly string[]): readonly Allowed[] {
  return allowed.filter((entry) => files.includes(entry.file) && !mutants.some((mutant) => fits(entry, mutant)));
}

function fits(entry: Allowed, mutant: Mutant): boolean {
  return entry.file === mutant.file && entry.original === mutant.original && entry.replacement === mutant.replacement;
}
