import type { Guest } from "../api/index.ts";
import { isDeleting } from "../api/meta.ts";
import { creationOf, type Creation } from "../plan/creation.ts";
import type { Task } from "../plan/guestInput.ts";
import type { ProxmoxPort } from "../providers/port.ts";
import { readSecret } from "./connections.ts";
import { NO_BRAKE } from "./guestBrake.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import { lookAt } from "./guestSight.ts";
import { followTask, type Follow } from "./guestTask.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";

/** Looks at the guest, its task and whatever else the decision will need. Changes nothing outside. */
export async function gather(object: Guest, shop: GuestWorkshop, signal: AbortSignal): Promise<GuestSeenWhole> {
  const { namespace } = object.metadata;
  const namespaceTerminating = isDeleting(object) && (await shop.kube.namespaceTerminating(namespace, signal));
  const reach = shop.reach(object);
  if ("lost" in reach) return { ...NOTHING_SEEN, sight: reach.lost, task: openTask(object), namespaceTerminating };
  const { connection } = reach;
  const looking = shop.looking(object, connection);
  const node = shop.refOf(object)?.node ?? object.spec.node ?? object.status?.node ?? onlyNode(connection.port);
  const task = await taskOf(object, { port: connection.port, record: looking.record, clock: shop.clock, node }, signal);
  const sight = await lookAt(object, looking, signal);
  shop.probe(object, sight);
  const creation = sight.is === "absent" ? await creationFor(object, shop, connection.port, signal) : undefined;
  const brake = await shop.brake.of(
    object,
    { port: connection.port, lab: shop.labs.of(namespace), node, clock: shop.clock },
    signal,
  );
  return { sight, task, creation, namespaceTerminating, brake, looking };
}

const NOTHING_SEEN = { creation: undefined, brake: NO_BRAKE, looking: undefined } as const;

function taskOf(object: Guest, follow: Follow, signal: AbortSignal): Promise<Task> {
  return follow.port.reach().is === "reachable"
    ? followTask(object, follow, signal)
    : Promise.resolve(openTask(object));
}

/** Proxmox cannot be asked: an open intent stays open. */
function openTask(object: Guest): Task {
  const task = object.status?.task;
  if (task === undefined) return { is: "none" };
  return task.upid === undefined
    ? { is: "sought", action: task.action }
    : { is: "known", action: task.action, upid: task.upid, state: { is: "running" } };
}

function onlyNode(port: ProxmoxPort): string | undefined {
  const names = [...(port.seen()?.nodes.keys() ?? [])];
  return names.length === 1 ? names[0] : undefined;
}

/** The create call with the values of its Secrets; they are read only for this and kept nowhere (S3). */
async function creationFor(
  object: Guest,
  shop: GuestWorkshop,
  port: ProxmoxPort,
  signal: AbortSignal,
): Promise<Creation> {
  if (object.kind !== "Container" || object.spec.template === undefined || object.spec.management !== "Full")
    return undefined;
  const { sshKeysRef, passwordRef } = object.spec;
  const value = async (ref: { name: string; key: string } | undefined): Promise<string | undefined> =>
    ref === undefined
      ? undefined
      : (await readSecret(shop.kube, object.metadata.namespace, ref.name, signal)).data[ref.key];
  const sshKeys = await value(sshKeysRef);
  const password = await value(passwordRef);
  return creationOf(object, {
    node: onlyNode(port),
    nodes: [...(port.seen()?.nodes.keys() ?? [])],
    segments: shop.labs.of(object.metadata.namespace).segments,
    ...(sshKeys === undefined ? {} : { sshKeys }),
    ...(password === undefined ? {} : { password }),
  });
}
