import type { Key } from "../../api/meta.ts";
import type { Lab } from "../../plan/lab.ts";
import type { Wake } from "../../runtime/controller.ts";

/**
 * What is woken first finds an idle worker first. A boot waits for the guests of the lowest layers, and nobody waits for
 * the parents, which only report (L5, A6).
 */
export function lowestGuestsFirst(lab: Lab, wakes: readonly Wake[]): readonly Wake[] {
  const rank = ({ kind, name }: Key): number => {
    const member = lab.members.get(`${kind}/${name}`);
    return member === undefined ? Infinity : (lab.order.rank(member.layer) ?? Number.MAX_SAFE_INTEGER);
  };
  const ranked = wakes.map((wake) => ({ wake, rank: rank(wake.key) }));
  // Infinity minus itself is no number.
  return ranked.toSorted((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank)).map(({ wake }) => wake);
}
