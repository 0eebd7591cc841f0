import type { Lab, Member } from "./lab.ts";

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

/** Keeps what a pure function of a layer's members answers: while none of them changes, the next Lab has the same list. */
export function perMembers<T>(compute: (members: readonly Member[]) => T): (members: readonly Member[]) => T {
  const kept = new WeakMap<readonly Member[], { readonly answer: T }>();
  return (members) => {
    const known = kept.get(members);
    if (known !== undefined) return known.answer;
    const answer = compute(members);
    kept.set(members, { answer });
    return answer;
  };
}
