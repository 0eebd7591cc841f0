import type { Container, Guest } from "../api/index.ts";
import { isDeleting } from "../api/meta.ts";
import { creationOf, type Creation } from "../plan/creation.ts";
import type { Task } from "../plan/guestInput.ts";
import type { ProxmoxPort } from "../providers/port.ts";
import { readSecret } from "./connections.ts";
import { NO_BRAKE } from "./guestBrake.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import { lookAt } from "./guestSight.ts";
import { followTask } from "./guestTask.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";

/** Looks at the guest, its task and whatever else the decision will need. Changes nothing outside. */
export async function gather(object: Guest, shop: GuestWorkshop, signal: AbortSignal): Promise<GuestSeenWhole> {
  const lost = shop.lost(object);
  const connection = shop.connectionOf(object);
  const namespaceTerminating =
    isDeleting(object) && (await shop.kube.namespaceTerminating(object.metadata.namespace, signal));
  if (lost !== undefined || connection === undefined) {
    const sight = lost ?? { is: "unseen" as const, reason: "Connecting" as const, message: "connecting" };
    return {
      sight,
      task: openTask(object),
      creation: undefined,
      namespaceTerminating,
      brake: NO_BRAKE,
      looking: undefined,
    };
  }
  const looking = shop.looking(object, connection);
  const visible = connection.port.reach().is === "reachable";
  const node = shop.refOf(object)?.node ?? object.spec.node ?? object.status?.node ?? onlyNode(connection.port);
  const task = visible
    ? await followTask(object, { port: connection.port, record: looking.record, clock: shop.clock, node }, signal)
    : openTask(object);
  const sight = await lookAt(object, looking, signal);
  shop.probe(object, sight);
  const creation =
    sight.is === "absent" && object.kind === "Container"
      ? await creationFor(object, shop, connection.port, signal)
      : undefined;
  const brake = await shop.brake.of(
    object,
    { port: connection.port, lab: shop.labs.of(object.metadata.namespace), node, clock: shop.clock },
    signal,
  );
  return { sight, task, creation, namespaceTerminating, brake, looking };
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
  object: Container,
  shop: GuestWorkshop,
  port: ProxmoxPort,
  signal: AbortSignal,
): Promise<Creation> {
  if (object.spec.template === undefined || object.spec.management !== "Full") return undefined;
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
