import type { Guest } from "../api/index.ts";
import { keyOf, keyText } from "../api/meta.ts";
import { ProviderError, Waiting } from "../base/outcome.ts";
import type { Receipt } from "../plan/action.ts";
import type { GuestAction } from "../plan/guestInput.ts";
import { ownershipOf, withMark, type Mark } from "../plan/mark.ts";
import type { ConfigChange, GuestRef, ProxmoxPort } from "../providers/port.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";

/** Sends the one mutation an action stands for. What is risky is looked at again, live, right before (I5, A5). */
export async function executeGuest(
  action: GuestAction,
  object: Guest,
  shop: GuestWorkshop,
  signal: AbortSignal,
): Promise<Receipt> {
  const port = shop.portOf(object);
  if (port === undefined) throw new ProviderError("unreachable", "the connection to Proxmox was closed");
  if (action.op === "Create") {
    if (action.creation === undefined) throw new Error("a Create without its call");
    return { upid: await port.create(action.creation, signal) };
  }
  const ref = shop.refOf(object);
  if (ref === undefined) throw new Waiting("GuestBusy", "the guest is not where it was; looking again");
  switch (action.op) {
    case "Start":
      return { upid: await port.start(ref, signal) };
    case "Shutdown":
      return { upid: await port.shutdown(ref, object.spec.shutdown, signal) };
    case "Mark":
    case "SetStartup":
      await configure(port, ref, { action, object }, signal);
      return {};
    case "Destroy":
      await proveOurs(port, ref, { object, shop }, signal);
      return { upid: await port.destroy(ref, signal) };
  }
}

/** Tags go by what is stored now, so that nobody's tag is lost. */
async function configure(
  port: ProxmoxPort,
  ref: GuestRef,
  { action, object }: { action: GuestAction; object: Guest },
  signal: AbortSignal,
): Promise<void> {
  const config = await port.readConfig(ref, signal);
  const change: ConfigChange =
    action.op === "Mark" ? { tags: withMark(config.tags, markOf(object)) } : (action.change ?? {});
  await port.configure(ref, change, config.digest, signal);
}

/** Mark, type and power are read again right before the guest is destroyed: vmids are reused by others (I5). */
async function proveOurs(
  port: ProxmoxPort,
  ref: GuestRef,
  { object, shop }: { object: Guest; shop: GuestWorkshop },
  signal: AbortSignal,
): Promise<void> {
  const [guest, config] = await Promise.all([port.readGuest(ref, signal), port.readConfig(ref, signal)]);
  const owner = ownershipOf(config.tags, markOf(object), object.spec.vmid, (name) =>
    shop.vmidOf(object.metadata.namespace, name),
  );
  const expected = object.kind === "Container" ? "lxc" : "qemu";
  const doubts = [
    owner.is === "ours" ? "" : "its mark is not this object's",
    guest.type === expected ? "" : `it is of type ${guest.type}`,
    guest.power === "Stopped" ? "" : "it is not stopped",
    config.protection ? "its protection is on" : "",
    config.lock === undefined ? "" : `it is locked (${config.lock})`,
  ].filter((doubt) => doubt !== "");
  if (doubts.length > 0) {
    shop.memory.of(keyText(keyOf(object))).config = undefined;
    throw new Waiting("DeletionPending", `${String(object.spec.vmid)} is not destroyed: ${doubts.join(", ")}`);
  }
}

function markOf(object: Guest): Mark {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}
