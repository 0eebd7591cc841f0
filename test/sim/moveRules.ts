import { IDENTITY } from "./history.ts";
import { POLL_MS, type Rule, type Scene } from "./scene.ts";
import { isProtected, unmarked } from "./ownership.ts";

const MIGRATION = /^(vz|qm|q)migrate$/;

export const moveRules: readonly Rule[] = [
  ["I6", isProtected],
  ["I3", unmarked],
  ["I3", notFull],
  ["A10", withoutWord],
  ["A10", elsewhere],
  ["A10", againstMove],
  ["A10", again],
  ["A10", anotherLeaves],
  ["A9", runs],
];

function notFull({ actor, history }: Scene): string | undefined {
  return actor?.spec.management === "Full" || history.deaf ? undefined : "management is not Full";
}

function withoutWord({ history, actor }: Scene): string | undefined {
  if (actor === undefined || history.deaf) return undefined;
  return history.moves.wordOf(actor) === undefined
    ? "nobody has changed spec.node since the guest was first seen"
    : undefined;
}

function elsewhere({ history, actor, detail }: Scene): string | undefined {
  const { target } = detail as { readonly target: string };
  if (actor === undefined || history.deaf || actor.spec.node === target) return undefined;
  return `it goes to ${target}, and spec.node is ${actor.spec.node}`;
}

/** What forbids a move that was asked for, and the shutdown before it: HA, or a person who moved it since. */
export function againstMove({ history, actor, guest, vmid, now }: Scene): string | undefined {
  if (guest?.ha !== undefined && guest.ha !== "ignored") return `HA manages it (${guest.ha})`;
  const word = actor === undefined ? undefined : history.moves.wordOf(actor);
  const others = history.moves.othersAt(vmid);
  if (word === undefined || others === undefined || others < word.at || now - others < POLL_MS) return undefined;
  return "somebody else has moved it since spec.node was changed";
}

/** A try that failed is not repeated until a person says so. */
function again({ history, actor, vmid }: Scene): string | undefined {
  const word = actor === undefined ? undefined : history.moves.wordOf(actor);
  const asked = actor?.object.metadata.annotations?.["homelab.neuralcodelab.com/restarted-at"];
  if (word === undefined || asked !== undefined) return undefined;
  const failed = history.lab.proxmox.tasks.all.find(
    ({ type, id, user, exit, startTime }) =>
      MIGRATION.test(type) &&
      id === String(vmid) &&
      user === IDENTITY &&
      startTime > word.nodeTime &&
      exit !== undefined &&
      !/^OK$|^WARNINGS/.test(exit),
  );
  return failed === undefined ? undefined : `it has failed already: ${failed.upid}`;
}

function anotherLeaves({ history, guest, vmid }: Scene): string | undefined {
  if (guest === undefined) return undefined;
  const other = history.lab.proxmox.tasks
    .running(guest.node)
    .find(
      (task) =>
        MIGRATION.test(task.type) &&
        task.id !== String(vmid) &&
        task.user === IDENTITY &&
        !history.rivals.has(task.upid),
    );
  return other === undefined ? undefined : `another guest leaves ${guest.node} at this moment: ${other.upid}`;
}

/** A container is down before it is moved; nothing else would leave its end to Proxmox's timeout. */
function runs({ guest, history, vmid, now }: Scene): string | undefined {
  const up = guest?.type === "lxc" && guest.power === "Running";
  return up && now - (history.hands.powerAt.get(vmid) ?? 0) > POLL_MS ? "it runs" : undefined;
}
