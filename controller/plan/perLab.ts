import type { Lab } from "./lab.ts";

/** Keeps what a pure function of a lab and a name answers as long as the lab lives: a Lab is immutable. */
export function perLab<T>(compute: (lab: Lab, name: string) => T): (lab: Lab, name: string) => T {
  const kept = new WeakMap<Lab, Map<string, T>>();
  return (lab, name) => {
    const known = kept.get(lab) ?? new Map<string, T>();
    kept.set(lab, known);
    const answer = known.get(name);
    if (answer !== undefined || known.has(name)) return answer as T;
    const computed = compute(lab, name);
    known.set(name, computed);
    return computed;
  };
}
