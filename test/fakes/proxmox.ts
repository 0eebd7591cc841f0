import type { ProxmoxPort } from "../../controller/providers/port.ts";
import { FakeCluster, type FakePortOptions } from "./proxmoxCluster.ts";
import { FakePort } from "./proxmoxPort.ts";

export type { FakeApproach, FakeFault } from "./proxmoxCluster.ts";
export { hostDown, hostUp, rebootHost, startall, stopall } from "./proxmoxHost.ts";
export { backup, migrate, reboot, rewrite, stop } from "./proxmoxPeople.ts";
export { PERSON } from "./proxmoxTasks.ts";

/** A Proxmox cluster in memory, and ports to it that look at it with the controller's own poller. */
export class FakeProxmox extends FakeCluster {
  /** A connection of a fresh process. Close it when the process ends. */
  port(options: FakePortOptions = {}): ProxmoxPort {
    return new FakePort(this, options).port;
  }
}
