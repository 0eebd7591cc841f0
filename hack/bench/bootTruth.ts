import type { Container, HomelabLayer } from "../../controller/api/index.ts";
import type { Call, Inside } from "../demo/witness.ts";
import type { PathGuest, PathLayer } from "./criticalPath.ts";

/** A task as the simulator's admin port tells it. */
export interface TaskRecord {
  readonly type: string;
  /** The vmid, as text. */
  readonly id: string;
  readonly node: string;
  /** Milliseconds since the epoch; absent while it runs. */
  readonly endedAt?: number;
}

/** What the simulated host itself knows of one boot. */
export interface HostRecord {
  readonly calls: readonly Call[];
  readonly insides: readonly Inside[];
  readonly tasks: readonly TaskRecord[];
}

/** One guest's start as the host saw it; milliseconds since the epoch. */
export interface GuestBoot {
  readonly name: string;
  readonly layer: string;
  readonly node: string;
  readonly dependsOn: readonly string[];
  /** The call that asked for its start came in. */
  readonly asked: number;
  readonly taskEnded: number;
  /** All that is probed listens; where nothing is probed, it runs. */
  readonly serves: number;
}

/** Every container's first start since `sinceMs`, in the order of the calls. Throws where the host knows of none. */
export function guestBoots(
  containers: readonly Container[],
  { calls, insides, tasks }: HostRecord,
  sinceMs: number,
): readonly GuestBoot[] {
  const boots = containers.map(({ metadata, spec }): GuestBoot => {
    const { vmid } = spec;
    const call = calls.find((one) => one.time >= sinceMs && isStartOf(one, vmid));
    if (call === undefined) throw new Error(`nobody asked for the start of ${metadata.name}`);
    const what = (spec.probes ?? []).length === 0 ? "started" : "serves";
    const inside = insides.find((one) => one.vmid === vmid && one.what === what && one.time >= call.time);
    if (inside === undefined)
      throw new Error(`${metadata.name} was started and its host does not know that it ${what}`);
    const ended = tasks.find((task) => task.id === String(vmid) && (task.endedAt ?? 0) >= call.time)?.endedAt;
    if (ended === undefined) throw new Error(`no task of ${metadata.name} has ended`);
    return {
      name: metadata.name,
      layer: spec.layerRef.name,
      node: call.path.split("/")[2] ?? "",
      dependsOn: (spec.dependsOn ?? []).map((target) => target.name),
      asked: call.time,
      taskEnded: ended,
      serves: inside.time,
    };
  });
  return boots.toSorted((a, b) => a.asked - b.asked);
}

function isStartOf({ method, path }: Call, vmid: number): boolean {
  return method === "POST" && /\/(?:lxc|qemu)\/(\d+)\/status\/start$/.exec(path)?.[1] === String(vmid);
}

export function pathGuest({ name, layer, node, dependsOn, asked, taskEnded, serves }: GuestBoot): PathGuest {
  return { name, layer, node, dependsOn, taskMs: taskEnded - asked, healthyMs: serves - asked };
}

export function pathLayer({ metadata, spec }: HomelabLayer, members: number): PathLayer {
  const { quorum, minHealthySeconds } = spec.healthGate;
  const percent = typeof quorum === "string" ? Number.parseInt(quorum, 10) : undefined;
  return {
    name: metadata.name,
    dependsOn: (spec.dependsOn ?? []).map((below) => below.name),
    minHealthyMs: minHealthySeconds * 1000,
    needed: percent === undefined ? Number(quorum) : Math.ceil((members * percent) / 100),
  };
}
