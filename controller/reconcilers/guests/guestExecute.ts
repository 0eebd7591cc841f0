import type { Guest } from "../../api/index.ts";
import { keyOf, keyText } from "../../api/meta.ts";
import { ProviderError, Stalled, Waiting } from "../../base/outcome.ts";
import type { Receipt } from "../../plan/action.ts";
import { imageIn } from "../../plan/guests/cloudImage.ts";
import type { GuestAction } from "../../plan/guests/guestAction.ts";
import { dataAtRisk } from "../../plan/guests/guestDeletion.ts";
import { mayAdopt } from "../../plan/guests/guestMark.ts";
import { guestTypeOf } from "../../plan/guests/guestTypeOf.ts";
import { idOf } from "../../plan/lab.ts";
import { ownershipOf, withMark, type Mark, type Ownership } from "../../plan/mark.ts";
import type { ConfigChange, GuestConfig, GuestRef, ProxmoxPort } from "../../providers/port.ts";
import { isSnapshotUnderWay } from "../shared/snapshotTasks.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";

interface Act {
  readonly action: GuestAction;
  readonly object: Guest;
  readonly shop: GuestWorkshop;
}

/** Sends the one mutation an action stands for. What is risky is looked at again, live, right before (I5, A5). */
export async function executeGuest(
  action: GuestAction,
  object: Guest,
  shop: GuestWorkshop,
  signal: AbortSignal,
): Promise<Receipt> {
  const port = shop.portOf(object);
  if (port === undefined) throw new ProviderError("unreachable", "the connection to Proxmox was closed");
  const made = makeNew(port, action, signal);
  if (made !== undefined) return { upid: await made };
  const ref = shop.refOf(object);
  if (ref === undefined) throw new Waiting("GuestBusy", "the guest is not where it was; looking again");
  switch (action.op) {
    case "Create":
    case "Download":
      throw new Error(`${action.op} is of no guest`);
    case "Start":
      return { upid: await port.start(ref, signal) };
    case "Shutdown":
      return { upid: await port.shutdown(ref, object.spec.shutdown, signal) };
    case "Mark":
    case "SetStartup":
      await configure(port, ref, { action, object, shop }, signal);
      return {};
    case "Configure":
      await requireFiles(port, ref.node, action.change, signal);
      return unlessChanged(object, write(port, ref, action, signal));
    case "Resize":
      if (action.growth === undefined) throw new Error("a Resize without its size");
      return { upid: await unlessChanged(object, port.resize(ref, action.growth, action.digest ?? "", signal)) };
    case "Migrate":
      return { upid: await migrate(port, ref, { action, object, shop }, signal) };
    case "Destroy":
      return { upid: await destroy(port, ref, { action, object, shop }, signal) };
    case "Snapshot":
      return { upid: await snapshot(port, ref, { action, object, shop }, signal) };
  }
}

/** A file that does not exist Proxmox stores without a word, and then the machine does not start (A5). */
async function requireFiles(
  port: ProxmoxPort,
  node: string,
  change: ConfigChange | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (const volume of change?.ciCustom?.split(",").flatMap((part) => part.split("=")[1] ?? []) ?? [])
    if (!(await port.hasVolume(node, volume, signal)))
      throw new ProviderError(
        "spec",
        `user data '${volume}' does not exist on node ${node}; no API call writes it: put the file into the folder snippets of that storage on the node (local: /var/lib/vz/snippets), and let the storage hold snippets`,
      );
}

async function write(
  port: ProxmoxPort,
  ref: GuestRef,
  { change, digest, makesTask }: GuestAction,
  signal: AbortSignal,
): Promise<Receipt> {
  if (change === undefined || digest === undefined) throw new Error("a Configure without its change");
  if (makesTask) return { upid: await port.configureByTask(ref, change, digest, signal) };
  await port.configure(ref, change, digest, signal);
  return {};
}

/** Before there is a guest: what it is made out of, and itself. */
function makeNew(port: ProxmoxPort, { op, creation }: GuestAction, signal: AbortSignal): Promise<string> | undefined {
  if (op !== "Create" && op !== "Download") return undefined;
  const image = imageIn(creation);
  if (creation === undefined || (op === "Download" && image === undefined)) throw new Error(`a ${op} without its call`);
  if (op === "Download" && image !== undefined) return port.download(image, signal);
  return "is" in creation ? port.createMachine(creation, signal) : port.create(creation, signal);
}

/**
 * The digest is that of the reading the change was worked out from, and the mark is part of it: a write that meets
 * another configuration than that changes nothing (A5).
 */
async function unlessChanged<T>(object: Guest, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "conflict")
      throw new Waiting(
        "Configuring",
        `the configuration of ${String(object.spec.vmid)} has just changed; reading it again`,
      );
    throw error;
  }
}

/** Tags go by what is stored now, so that nobody's tag is lost; whose it is, by the same reading (I3). */
async function configure(port: ProxmoxPort, ref: GuestRef, act: Act, signal: AbortSignal): Promise<void> {
  const { action, object } = act;
  const config = await port.readConfig(ref, signal);
  if (!isStillSaid(act, config))
    throw new Waiting(
      "IntentSettling",
      `what is declared for ${String(object.spec.vmid)} has just changed; looking again`,
    );
  if (!mayConfigure(act, liveOwner(act, config), config.name ?? "")) {
    act.shop.memory.of(keyText(keyOf(object))).config = undefined;
    throw new Waiting("Adopting", `the mark on ${String(object.spec.vmid)} has just changed; looking again`);
  }
  const change: ConfigChange =
    action.op === "Mark" ? { tags: withMark(config.tags, markOf(object)) } : (action.change ?? {});
  await port.configure(ref, change, config.digest, signal);
}

/** No intent is written that a newer word would stop, so what people say is looked at once more (I1, I3). */
function isStillSaid({ object, shop }: Act, { tags }: GuestConfig): boolean {
  const { namespace, uid, generation } = object.metadata;
  const lab = shop.labs.of(namespace);
  const now = lab.members.get(idOf(object));
  if (lab.homelab === undefined || lab.another !== undefined || now === undefined) return false;
  const { metadata } = now.object;
  const same = metadata.uid === uid && metadata.generation === generation;
  return same && !now.suspended && !now.leaving && shop.claimsNow(namespace).rivalOf(object, tags) === undefined;
}

function mayConfigure({ action, object }: Act, owner: Ownership, name: string): boolean {
  if (action.op !== "Mark") return owner.is === "ours";
  // Its clone may carry the mark of what it was cloned from.
  if (object.status?.createdVmid === object.spec.vmid && owner.is !== "foreign") return true;
  return owner.is === "ours" || owner.is === "renamed" || mayAdopt(object, owner, { name });
}

/** Mark and HA are looked at once more: a migration takes the guest out of whoever's hands it is in (I3, A10). */
async function migrate(port: ProxmoxPort, ref: GuestRef, act: Act, signal: AbortSignal): Promise<string> {
  const { action, object } = act;
  if (action.target === undefined) throw new Error("a Migrate without its target");
  const [guest, config] = await Promise.all([port.readGuest(ref, signal), port.readConfig(ref, signal)]);
  const still = isStillSaid(act, config) && liveOwner(act, config).is === "ours";
  const unmoved = guest.ha === undefined || guest.ha === "ignored";
  if (!still || !unmoved || config.lock !== undefined || (guest.type === "lxc" && guest.power === "Running")) {
    act.shop.memory.of(keyText(keyOf(object))).config = undefined;
    throw new Waiting("Migrating", `${String(object.spec.vmid)} has just changed; looking again`);
  }
  return port.migrate(ref, { target: action.target, online: guest.power === "Running" }, signal);
}

/** What was not looked at, is locked or is no longer ours gets none; a name that is there is not made again (A2, I3). */
async function snapshot(port: ProxmoxPort, ref: GuestRef, act: Act, signal: AbortSignal): Promise<string> {
  const { action, object } = act;
  if (action.snapshot === undefined) throw new Error("a Snapshot without its name");
  const [config, there, another] = await Promise.all([
    port.readConfig(ref, signal),
    port.snapshots(ref, signal),
    isSnapshotUnderWay(port, ref.node, signal),
  ]);
  if (another) throw new Waiting("Snapshotting", `another snapshot is being made on node ${ref.node}; looking again`);
  const still = isStillSaid(act, config) && liveOwner(act, config).is === "ours" && config.lock === undefined;
  const taken = there.some(({ name, unfinished }) => name === action.snapshot?.name && unfinished !== true);
  if (action.blind === true || !still || taken)
    throw new Waiting("Snapshotting", `${String(object.spec.vmid)} has just changed; looking again`);
  return port.createSnapshot(ref, action.snapshot, signal);
}

/** The last place for a guest in the brake is taken before the call, so that two at once cannot both have it (I8). */
async function destroy(port: ProxmoxPort, ref: GuestRef, act: Act, signal: AbortSignal): Promise<string> {
  const { object, shop } = act;
  await proveOurs(port, ref, act, signal);
  if (!shop.brake.take(object))
    throw new Stalled("HeldByBrake", `${String(object.spec.vmid)} is not destroyed: another one just was`);
  try {
    return await port.destroy(ref, signal);
  } catch (error) {
    if (error instanceof ProviderError && error.kind !== "outcomeUnknown" && error.kind !== "other")
      shop.brake.giveBack(object);
    throw error;
  }
}

/** Mark, type and power are read again right before the guest is destroyed: vmids are reused by others (I5). */
async function proveOurs(port: ProxmoxPort, ref: GuestRef, act: Act, signal: AbortSignal): Promise<void> {
  const { object, shop } = act;
  const [guest, config, terminating] = await Promise.all([
    port.readGuest(ref, signal),
    port.readConfig(ref, signal),
    shop.kube.namespaceTerminating(object.metadata.namespace, signal),
  ]);
  const heir = shop.claimsNow(object.metadata.namespace).rivalOf(object, config.tags);
  const doubts = [
    liveOwner(act, config).is === "ours" ? "" : "its mark is not this object's",
    guest.type === guestTypeOf(object) ? "" : `it is of type ${guest.type}`,
    guest.power === "Stopped" ? "" : "it is not stopped",
    config.protection ? "its protection is on" : "",
    config.lock === undefined ? "" : `it is locked (${config.lock})`,
    heir === undefined ? "" : `${heir} declares it now`,
    terminating ? "its namespace is being deleted" : "",
    // What nobody sees in a list may have been added since its configuration was last read.
    ...dataAtRisk(object, config).map((loss) => `it would lose ${loss}`),
  ].filter((doubt) => doubt !== "");
  if (doubts.length === 0) return;
  const record = shop.memory.of(keyText(keyOf(object)));
  record.config = undefined;
  throw new Waiting("DeletionPending", `${String(object.spec.vmid)} is not destroyed: ${doubts.join(", ")}`);
}

function liveOwner({ object, shop }: Act, config: GuestConfig): Ownership {
  const { vmid } = object.spec;
  const claims = shop.claimsNow(object.metadata.namespace);
  return ownershipOf(config.tags, markOf(object), vmid, claims.vmidsOf(vmid));
}

function markOf({ metadata }: Guest): Mark {
  return { namespace: metadata.namespace, name: metadata.name };
}
