import type { Route } from "./lab.ts";
import { ACCESS_ROUTES } from "./endpoints/access.ts";
import { CLUSTER_ROUTES } from "./endpoints/cluster.ts";
import { DOWNLOAD_ROUTES } from "./endpoints/downloadUrl.ts";
import { HA_ROUTES } from "./endpoints/ha.ts";
import { JOB_ROUTES } from "./endpoints/jobs.ts";
import { LXC_ROUTES } from "./endpoints/lxc.ts";
import { LXC_DISK_ROUTES } from "./endpoints/lxcDisks.ts";
import { LXC_POWER_ROUTES } from "./endpoints/lxcPower.ts";
import { NETWORK_ROUTES } from "./endpoints/network.ts";
import { NODE_ROUTES } from "./endpoints/nodes.ts";
import { POOL_ROUTES } from "./endpoints/pools.ts";
import { QEMU_AGENT_ROUTES } from "./endpoints/qemuAgent.ts";
import { QEMU_DISK_ROUTES } from "./endpoints/qemuDisks.ts";
import { QEMU_POWER_ROUTES } from "./endpoints/qemuPower.ts";
import { QEMU_ROUTES } from "./endpoints/qemu.ts";
import { snapshotRoutes } from "./endpoints/snapshots.ts";
import { STORAGE_ROUTES } from "./endpoints/storage.ts";
import { TASK_ROUTES } from "./endpoints/tasks.ts";

/** Every endpoint of the simulator. */
export const ROUTES: readonly Route[] = [
  ...NODE_ROUTES,
  ...TASK_ROUTES,
  ...LXC_ROUTES,
  ...LXC_POWER_ROUTES,
  ...LXC_DISK_ROUTES,
  ...snapshotRoutes("lxc"),
  ...QEMU_ROUTES,
  ...QEMU_POWER_ROUTES,
  ...QEMU_AGENT_ROUTES,
  ...QEMU_DISK_ROUTES,
  ...snapshotRoutes("qemu"),
  ...STORAGE_ROUTES,
  ...DOWNLOAD_ROUTES,
  ...NETWORK_ROUTES,
  ...CLUSTER_ROUTES,
  ...HA_ROUTES,
  ...JOB_ROUTES,
  ...POOL_ROUTES,
  ...ACCESS_ROUTES,
];

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

const compiled = ROUTES.map((route) => ({ route, parts: route.path.split("/").filter((part) => part !== "") }));

/** The endpoint for a method and a decoded path. */
export function findRoute(method: string, path: string): Found | undefined {
  const given = path.split("/").filter((part) => part !== "");
  for (const { route, parts } of compiled) {
    if (route.method !== method) continue;
    const params = matched(parts, given);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function matched(parts: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    if (part.startsWith("{*")) {
      if (given.length <= index) return undefined;
      return { ...params, [part.slice(2, -1)]: given.slice(index).join("/") };
    }
    const value = given[index];
    if (value === undefined) return undefined;
    if (part.startsWith("{")) params[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return parts.length === given.length ? params : undefined;
}
