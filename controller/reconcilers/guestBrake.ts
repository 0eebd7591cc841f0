import type { Guest } from "../api/index.ts";
import { annotation, annotationOf, isDeleting } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import { hasFinalizer, wantsFinalizer } from "../plan/guestDeletion.ts";
import type { Brake } from "../plan/guestInput.ts";
import type { Lab } from "../plan/lab.ts";
import { shortHash } from "../plan/shortHash.ts";
import type { ProxmoxPort } from "../providers/port.ts";

interface Around {
  readonly port: ProxmoxPort;
  readonly lab: Lab;
  readonly node: string | undefined;
  readonly clock: Clock;
}

const WINDOW_MS = 600_000;

export const NO_BRAKE: Brake = { recent: 0, max: 1, confirmed: false, hash: "", held: [] };

/** The brake on destroys (I8). A confirmed list stays confirmed while it shrinks; a restart of the process asks again. */
export class GuestBrake {
  readonly #confirmed = new Map<string, { readonly hash: string; readonly names: readonly string[] }>();

  /** How many guests our token destroyed in the last ten minutes, as the node's own task list has it: no restart forgets. */
  async of(object: Guest, { port, lab, node, clock }: Around, signal: AbortSignal): Promise<Brake> {
    if (!isDeleting(object) || !hasFinalizer({ object }) || node === undefined) return NO_BRAKE;
    const now = port.seen()?.nodes.get(node)?.time ?? clock.now();
    const tasks = await port.tasks(node, { since: now - WINDOW_MS }, signal);
    const recent = tasks.filter((task) => /^(vz|qm)destroy$/.test(task.type) && task.user === port.identity).length;
    const held = [...lab.members.values()]
      .filter((member) => member.leaving && hasFinalizer(member) && wantsFinalizer(member))
      .map((member) => `${member.object.metadata.name} (${String(member.object.spec.vmid)})`)
      .sort();
    const hash = shortHash(held.join(","));
    return {
      recent,
      max: lab.homelab?.spec.brake.maxDestroys ?? 1,
      confirmed: this.#isConfirmed(lab, hash, held),
      hash,
      held,
    };
  }

  #isConfirmed(lab: Lab, hash: string, held: readonly string[]): boolean {
    const said = lab.homelab === undefined ? undefined : annotationOf(lab.homelab, annotation.confirmDestroys);
    if (said === undefined) return false;
    if (said === hash) this.#confirmed.set(lab.namespace, { hash, names: held });
    const confirmed = this.#confirmed.get(lab.namespace);
    return confirmed?.hash === said && held.every((name) => confirmed.names.includes(name));
  }
}
