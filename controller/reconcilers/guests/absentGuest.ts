import type { Container, Guest, VirtualMachine } from "../../api/index.ts";
import { ProviderError } from "../../base/outcome.ts";
import { addressFaults } from "../../plan/addresses.ts";
import { creationOf, type Creation } from "../../plan/guests/creation.ts";
import { vmCreationOf, type MachineSite } from "../../plan/guests/vmCreation.ts";
import type { Gone, Task } from "../../plan/guests/guestInput.ts";
import type { ContainerCreate, CreateObstacle, MachineCreate, ProxmoxPort, TaskSeen } from "../../providers/port.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import type { Looking } from "./guestSight.ts";
import { addressBook } from "../shared/addressBook.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";
import { imageSeen } from "./imageSeen.ts";
import { secretKey } from "../shared/secrets.ts";

/** Obstacles are looked for so often at most, whatever wakes the guest meanwhile (A7). */
const LOOK_MS = 60_000;

interface Around {
  readonly shop: GuestWorkshop;
  readonly looking: Looking;
  readonly task: Task;
}

/** Of a guest that is proven absent: who destroyed it, what creating it would take, and what stands in the way. */
export async function lookAround(
  object: Guest,
  { shop, looking, task }: Around,
  signal: AbortSignal,
): Promise<Pick<GuestSeenWhole, "sight" | "creation" | "obstacles" | "image">> {
  const gone = await goneOf(object, looking, signal);
  const creation = await creationFor(object, shop, looking.connection.port, signal);
  const possible = creation !== undefined && !("refused" in creation);
  const obstacles = possible ? await obstaclesOf(creation, looking, signal) : [];
  const image = await imageSeen(creation, task, looking, signal);
  return { sight: { is: "absent", gone }, creation, obstacles, image };
}

async function obstaclesOf(
  creation: ContainerCreate | MachineCreate,
  { connection, record, clock }: Looking,
  signal: AbortSignal,
): Promise<readonly CreateObstacle[]> {
  const at = clock.monotonic();
  const call = JSON.stringify({ ...creation, sshKeys: undefined, password: undefined });
  const known = record.absent?.looked;
  if (known?.call === call && at - known.at < LOOK_MS) return known.list;
  const list = await connection.port.createObstacles(creation, signal);
  record.absent = { ...record.absent, looked: { call, at, list }, ...(list.length === 0 ? {} : { blockedAt: at }) };
  return list;
}

/** Who destroyed what was here, as the task list of its node tells; read once. */
async function goneOf(object: Guest, { connection, record }: Looking, signal: AbortSignal): Promise<Gone | undefined> {
  const { status, spec } = object;
  if (status?.seenVmid !== spec.vmid || status.node === undefined) return undefined;
  const known = record.absent?.gone;
  if (known !== undefined) return known.by;
  const tasks = await connection.port.tasks(status.node, { vmid: spec.vmid }, signal).catch(noTasks);
  const last = tasks.find((task) => /^(vz|qm)destroy$/.test(task.type) && task.exit === "OK");
  const by = last === undefined ? undefined : { by: last.user, time: last.endTime ?? last.startTime };
  record.absent = { ...record.absent, gone: { by } };
  return by;
}

/** A node that is away, or gone for good, tells nothing. */
function noTasks(error: unknown): readonly TaskSeen[] {
  if (error instanceof ProviderError) return [];
  throw error;
}

/** The create call with the values of its Secrets; they are read only for this and kept nowhere (S3). */
async function creationFor(
  object: Guest,
  shop: GuestWorkshop,
  port: ProxmoxPort,
  signal: AbortSignal,
): Promise<Creation> {
  if (object.spec.management !== "Full") return undefined;
  if (object.kind === "VirtualMachine") return machineFor(object, shop, port, signal);
  if (object.spec.template === undefined) return undefined;
  const nodes = [...(port.seen()?.nodes.keys() ?? [])];
  const [only, ...others] = nodes;
  return creationOf(object, {
    node: others.length === 0 ? only : undefined,
    nodes,
    segments: shop.labs.of(object.metadata.namespace).segments,
    addressFaults: addressFaults(object, addressBook(object.metadata.namespace, shop.world)),
    ...(await secretsOf(object, shop, signal)),
  });
}

async function machineFor(
  object: VirtualMachine,
  shop: GuestWorkshop,
  port: ProxmoxPort,
  signal: AbortSignal,
): Promise<Creation> {
  const seen = [...(port.seen()?.nodes.values() ?? [])];
  const nodes = seen.map(({ name }) => name);
  const sshKeys = await cloudKeys(object, shop, signal);
  return vmCreationOf(object, {
    node: nodes.length === 1 ? nodes[0] : undefined,
    nodes,
    versions: new Map(seen.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version]]))),
    segments: shop.labs.of(object.metadata.namespace).segments,
    addressFaults: addressFaults(object, addressBook(object.metadata.namespace, shop.world)),
    source: sourceOf(object, port),
    ...(sshKeys === undefined ? {} : { sshKeys }),
  });
}

/** The machine to clone, where it can be seen. */
function sourceOf({ spec }: VirtualMachine, port: ProxmoxPort): MachineSite["source"] {
  const found = port.seen()?.guests.get(spec.source?.clone?.vmid ?? 0);
  return found?.type === "qemu" ? { vmid: found.vmid, node: found.node, template: found.template } : undefined;
}

/** A clone keeps the keys of its template. */
async function cloudKeys(
  { spec, metadata }: VirtualMachine,
  shop: GuestWorkshop,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ref = spec.source?.clone === undefined ? spec.cloudInit?.sshKeysRef : undefined;
  return ref === undefined ? undefined : secretKey(shop.kube, { namespace: metadata.namespace, ...ref }, signal);
}

async function secretsOf(
  { spec, metadata }: Container,
  shop: GuestWorkshop,
  signal: AbortSignal,
): Promise<{ readonly sshKeys?: string; readonly password?: string }> {
  const read = ({ name, key }: { readonly name: string; readonly key: string }): Promise<string> =>
    secretKey(shop.kube, { namespace: metadata.namespace, name, key }, signal);
  return {
    ...(spec.sshKeysRef === undefined ? {} : { sshKeys: await read(spec.sshKeysRef) }),
    ...(spec.passwordRef === undefined ? {} : { password: await read(spec.passwordRef) }),
  };
}
