import type { Guest } from "../api/index.ts";
import { isDeleting, keyOf, keyText } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { HealthSeen } from "../health/port.ts";
import type { ClusterRules, GuestInput } from "../plan/guestInput.ts";
import { idOf, type Lab } from "../plan/lab.ts";
import { markText, ownershipOf } from "../plan/mark.ts";
import type { World } from "../runtime/store.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import type { GuestMemory } from "./guestMemory.ts";
import { guestsIn, older } from "./objects.ts";
import { clusterOf } from "./resolve.ts";

interface Around {
  readonly lab: Lab;
  readonly health: HealthSeen | undefined;
  readonly memory: GuestMemory;
  readonly clock: Clock;
  readonly world: World;
}

/** Everything the pure plan of one guest goes by. */
export function inputOf(object: Guest, whole: GuestSeenWhole, around: Around): GuestInput {
  const { lab, world } = around;
  const member = lab.members.get(idOf(object));
  if (member === undefined) throw new Error(`${idOf(object)} is not in its own lab`);
  const tags = whole.sight.is === "present" ? whole.sight.guest.tags : undefined;
  const self = { namespace: object.metadata.namespace, name: object.metadata.name };
  const guests = guestsIn(world, object.metadata.namespace);
  const vmidOf = (name: string): number | undefined => guests.find((guest) => guest.metadata.name === name)?.spec.vmid;
  return {
    object,
    lab,
    member,
    rules: rulesOf(object, around),
    sight: whole.sight,
    task: whole.task,
    health: around.health,
    memory: around.memory.view(keyText(keyOf(object)), around.clock.monotonic()),
    ownership: tags === undefined ? undefined : ownershipOf(tags, self, object.spec.vmid, vmidOf),
    rival: rivalOf(object, guests, tags ?? []),
    creation: whole.creation,
    forbidden: forbiddenIn(lab),
    namespaceTerminating: whole.namespaceTerminating,
    brake: whole.brake,
  };
}

function rulesOf(object: Guest, { lab, world }: Around): ClusterRules | undefined {
  const found = clusterOf(object, object.spec.clusterRef, world);
  const cluster = typeof found === "string" ? undefined : lab.clusters.get(found.metadata.name)?.object;
  if (cluster === undefined) return undefined;
  const own = lab.self?.cluster === cluster.metadata.name ? [lab.self.vmid] : [];
  return {
    name: cluster.metadata.name,
    suspended: cluster.spec.suspend,
    protectedVmids: new Set([...(cluster.spec.protectedVmids ?? []), ...own]),
    protectionKnown: cluster.spec.protectedVmids !== undefined || own.length > 0,
    maxConcurrentTasks: cluster.spec.maxConcurrentTasks,
  };
}

/** Of several claimants of a vmid the one named in the mark wins, else the older, else the smaller name (I1). */
function rivalOf(object: Guest, guests: readonly Guest[], tags: readonly string[]): string | undefined {
  const others = guests.filter(
    (other) => other.spec.vmid === object.spec.vmid && other.metadata.uid !== object.metadata.uid && !isDeleting(other),
  );
  if (others.length === 0) return undefined;
  if (isDeleting(object)) return label(others[0]);
  const marked = (guest: Guest): boolean =>
    tags.includes(markText({ namespace: guest.metadata.namespace, name: guest.metadata.name }));
  const winner = [object, ...others].sort((a, b) => Number(marked(b)) - Number(marked(a)) || older(a, b))[0];
  return winner?.metadata.uid === object.metadata.uid ? undefined : label(winner);
}

function label(guest: Guest | undefined): string | undefined {
  return guest === undefined ? undefined : `${guest.kind} ${guest.metadata.name}`;
}

function forbiddenIn(lab: Lab): GuestInput["forbidden"] {
  if (lab.homelab === undefined)
    return {
      reason: "HomelabMissing",
      message: "no Homelab is in charge of this namespace, so nothing is changed; apply one to let the lab go",
    };
  if (lab.another !== undefined) return { reason: "AnotherControllerActs", message: lab.another };
  return undefined;
}
