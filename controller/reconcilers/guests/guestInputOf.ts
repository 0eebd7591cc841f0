import type { Guest } from "../../api/index.ts";
import { keyOf, keyText } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { HealthSeen } from "../../health/port.ts";
import type { ClusterRules, GuestInput } from "../../plan/guests/guestInput.ts";
import { idOf, type Lab } from "../../plan/lab.ts";
import { ownershipOf } from "../../plan/mark.ts";
import type { GuestSeen, Permissions } from "../../providers/port.ts";
import type { World } from "../../runtime/store.ts";
import type { Claims } from "../lab/claims.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import type { GuestMemory } from "../lab/guestMemory.ts";
import { clusterOf } from "../shared/resolve.ts";

interface Around {
  readonly lab: Lab;
  readonly claims: Claims;
  /** As last seen, however long ago. */
  readonly lastSeen: GuestSeen | undefined;
  readonly permissions: Permissions | undefined;
  readonly health: HealthSeen | undefined;
  readonly memory: GuestMemory;
  readonly clock: Clock;
  readonly world: World;
}

/** Everything the pure plan of one guest goes by. */
export function inputOf(object: Guest, whole: GuestSeenWhole, around: Around): GuestInput {
  const { lab, claims } = around;
  const member = lab.members.get(idOf(object));
  if (member === undefined) throw new Error(`${idOf(object)} is not in its own lab`);
  const tags = whole.sight.is === "present" ? whole.sight.guest.tags : undefined;
  const lastTags = tags ?? around.lastSeen?.tags;
  const self = { namespace: object.metadata.namespace, name: object.metadata.name };
  const { vmid } = object.spec;
  return {
    object,
    lab,
    member,
    rules: rulesOf(object, around),
    sight: whole.sight,
    task: whole.task,
    health: around.health,
    memory: around.memory.view(keyText(keyOf(object)), around.clock.monotonic()),
    ownership: tags === undefined ? undefined : ownershipOf(tags, self, vmid, claims.vmidsOf(vmid)),
    rival: claims.rivalOf(object, lastTags),
    creation: whole.creation,
    obstacles: whole.obstacles,
    image: whole.image,
    permissions: around.permissions,
    forbidden: forbiddenIn(lab),
    namespaceTerminating: whole.namespaceTerminating,
    brake: whole.brake,
  };
}

function rulesOf(object: Guest, { lab, world }: Around): ClusterRules | undefined {
  const found = clusterOf(object, object.spec.clusterRef, world);
  const cluster = typeof found === "string" ? undefined : lab.clusters.get(found.metadata.name)?.object;
  if (cluster === undefined) return undefined;
  const own = lab.self?.cluster === cluster.metadata.name ? [lab.self.vmid, ...lab.self.others] : [];
  return {
    name: cluster.metadata.name,
    suspended: cluster.spec.suspend,
    protectedVmids: new Set([...(cluster.spec.protectedVmids ?? []), ...own]),
    protectionKnown: cluster.spec.protectedVmids !== undefined || own.length > 0,
    maxConcurrentTasks: cluster.spec.maxConcurrentTasks,
  };
}

/** Why nothing at all may be done in the namespace. */
export function forbiddenIn(lab: Lab): GuestInput["forbidden"] {
  if (lab.homelab === undefined)
    return {
      reason: "HomelabMissing",
      message: "no Homelab is in charge of this namespace, so nothing is changed; apply one to let the lab go",
    };
  if (lab.another !== undefined) return { reason: "AnotherControllerActs", message: lab.another };
  return undefined;
}
