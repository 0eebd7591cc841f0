import type { ContainerCreate, GuestRef, GuestSeen } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, row, text } from "../shared/decode.ts";
import type { Call, Engine } from "./engine.ts";
import type { Starts } from "./starts.ts";
import { upidOf } from "./tasks.ts";
import { newVolume, parseTags, printContainerNet, printFeatures, printMount, printTags } from "./wire.ts";

/** What makes a row of a live list, or of `status/current`, into a guest. */
interface GuestLook {
  readonly sequence: number;
  /** Clock of the node, milliseconds. */
  readonly time: number;
  readonly monotonic: number;
  readonly starts: Starts;
}

/** A guest from its live row. `status` is "running" or "stopped" there (contract 2.1, 4.6). */
export function guestSeen(ref: GuestRef, live: Row, look: GuestLook): GuestSeen {
  const status = text(live["status"]);
  const power = status === "running" ? "Running" : status === "stopped" ? "Stopped" : "Unknown";
  const key = String(ref.vmid);
  if (power === "Stopped") look.starts.ended(key);
  const ha = row(live["ha"]);
  return present({
    ...ref,
    name: text(live["name"]) ?? "",
    power,
    startTime:
      power === "Running" ? look.starts.seen(key, { ...look, uptime: number(live["uptime"]) ?? 0 }) : undefined,
    tags: parseTags(text(live["tags"])),
    lock: text(live["lock"]),
    template: flag(live["template"]),
    ha: flag(ha["managed"]) ? (text(ha["state"]) ?? "managed") : undefined,
    sequence: look.sequence,
  } satisfies { [K in keyof GuestSeen]: GuestSeen[K] | undefined });
}

export async function readGuest(
  engine: Engine,
  ref: GuestRef,
  look: Omit<GuestLook, "sequence" | "time"> & { readonly now: number },
  signal: AbortSignal,
): Promise<GuestSeen> {
  let at = { sequence: 0, time: look.now };
  const onReply: Call["onReply"] = (reply) => {
    at = { sequence: reply.sequence, time: reply.time ?? look.now };
  };
  const node = engine.api({ signal, onReply }).nodes.$(ref.node);
  const data: unknown =
    ref.type === "lxc"
      ? await node.lxc.$(ref.vmid).status.current.$get()
      : await node.qemu.$(ref.vmid).status.current.$get();
  return guestSeen({ type: ref.type, node: ref.node, vmid: ref.vmid }, row(data), { ...look, ...at });
}

/** UPID of the start task. */
export async function startGuest(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<string> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const data: unknown =
    ref.type === "lxc"
      ? await node.lxc.$(ref.vmid).status.start.$post()
      : await node.qemu.$(ref.vmid).status.start.$post();
  return upidOf(data);
}

/** UPID of the shutdown task, which kills after the timeout only when `force` (A9). */
export async function shutdownGuest(
  engine: Engine,
  ref: GuestRef,
  how: { readonly timeoutSeconds: number; readonly force: boolean },
  signal: AbortSignal,
): Promise<string> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const params = { timeout: how.timeoutSeconds, forceStop: how.force };
  const data: unknown =
    ref.type === "lxc"
      ? await node.lxc.$(ref.vmid).status.shutdown.$post(params)
      : await node.qemu.$(ref.vmid).status.shutdown.$post(params);
  return upidOf(data);
}

/** UPID of the destroy task. Never with force, purge or destroy-unreferenced-disks (I5). */
export async function destroyGuest(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<string> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const data: unknown =
    ref.type === "lxc" ? await node.lxc.$(ref.vmid).$delete() : await node.qemu.$(ref.vmid).$delete();
  return upidOf(data);
}

/** UPID of the create task. */
export async function createContainer(engine: Engine, wanted: ContainerCreate, signal: AbortSignal): Promise<string> {
  const lxc = engine.api({ signal }).nodes.$(wanted.node).lxc;
  // The typings know net0 to net3 only.
  const data: unknown = await lxc.$post(createParams(wanted) as unknown as Parameters<typeof lxc.$post>[0]);
  return upidOf(data);
}

/** Parameters of `POST /nodes/{n}/lxc` (contract 4.1). */
function createParams(wanted: ContainerCreate): Row {
  return present({
    vmid: wanted.vmid,
    ostemplate: wanted.template,
    hostname: wanted.hostname,
    description: wanted.description,
    // The default differs between 8.4 and 9.
    unprivileged: wanted.unprivileged,
    cores: wanted.cores,
    cpulimit: wanted.cpuLimit,
    cpuunits: wanted.cpuWeight,
    memory: wanted.memoryMiB,
    swap: wanted.swapMiB,
    rootfs: newVolume(wanted.rootfs.storage, wanted.rootfs.sizeMiB),
    ...Object.fromEntries(
      wanted.mounts.map(({ key, storage, sizeMiB, ...rest }) => [
        key,
        printMount({ ...rest, volume: newVolume(storage, sizeMiB) }),
      ]),
    ),
    ...Object.fromEntries(wanted.networks.map((net, index) => [`net${String(index)}`, printContainerNet(net)])),
    nameserver: filled(wanted.nameservers.join(" ")),
    searchdomain: wanted.searchDomain,
    features: filled(printFeatures(wanted.features)),
    tags: filled(printTags(wanted.tags)),
    "ssh-public-keys": wanted.sshKeys,
    password: wanted.password,
  });
}

function filled(value: string): string | undefined {
  return value === "" ? undefined : value;
}
