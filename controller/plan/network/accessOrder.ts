import type { Drift } from "./drift.ts";
import type { AccessRule } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import type { AclSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import type { NetStep } from "./netInput.ts";
import { omadaMarkIn } from "./omadaMark.ts";

/** Smaller priorities first, then by name. */
function inOrder(a: AccessRule, b: AccessRule): number {
  return a.spec.priority - b.spec.priority || a.metadata.name.localeCompare(b.metadata.name);
}

/**
 * The step that puts the rules of this namespace in order, if this one stands where another of them belongs. Only the
 * places that ours have already are exchanged: the rules of others keep theirs.
 */
export function orderStep(
  rule: AccessRule,
  own: AclSeen,
  seen: SiteSeen,
  rules: readonly AccessRule[],
): { readonly step: NetStep; readonly drift: Drift } | undefined {
  const { namespace } = rule.metadata;
  const living = new Map(rules.filter((one) => !isDeleting(one)).map((one) => [one.metadata.name, one]));
  const table = (seen.acls ?? []).filter((acl) => acl.table === own.table).toSorted((a, b) => a.index - b.index);
  const ruleOf = (acl: AclSeen): AccessRule | undefined => {
    const mark = omadaMarkIn(acl.description);
    return mark?.namespace === namespace ? living.get(mark.name) : undefined;
  };
  const ours = table.flatMap((acl) => {
    const object = ruleOf(acl);
    return object === undefined ? [] : [{ acl, object }];
  });
  const sorted = ours.toSorted((a, b) => inOrder(a.object, b.object));
  const at = ours.findIndex(({ acl }) => acl.id === own.id);
  const shall = sorted.findIndex(({ acl }) => acl.id === own.id);
  if (at === shall) return undefined;
  const queue = sorted.map(({ acl }) => acl.id);
  const ids = table.map((acl) => (ruleOf(acl) === undefined ? acl.id : (queue.shift() ?? acl.id)));
  return {
    drift: { field: "priority", desired: place(shall, ours.length), actual: place(at, ours.length) },
    step: { write: { call: "orderAcls", table: own.table, ids }, what: "the order of the rules" },
  };
}

function place(index: number, of: number): string {
  return `place ${String(index + 1)} of ${String(of)}`;
}
