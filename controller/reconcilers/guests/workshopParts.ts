import type { Clock } from "../../base/clock.ts";
import type { HealthPort } from "../../health/port.ts";
import type { TaskSeen } from "../../providers/port.ts";
import type { Kube } from "../../runtime/kube.ts";
import type { World } from "../../runtime/store.ts";
import type { Connection, Connections } from "../shared/connections.ts";
import type { GuestBrake } from "./guestBrake.ts";
import type { GuestMemory } from "../lab/guestMemory.ts";
import type { LabSource } from "../lab/labSource.ts";
import type { NodeTasks } from "../shared/nodeTasks.ts";
import type { TaskSlots } from "../shared/taskSlots.ts";
import type { TaskWatch } from "../shared/taskWatch.ts";

/** What the workshop of the guests is made of. */
export interface WorkshopParts {
  readonly world: World;
  readonly kube: Pick<Kube, "secret" | "namespaceTerminating">;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly health: HealthPort;
  readonly memory: GuestMemory;
  readonly labs: LabSource;
  readonly nodeTasks: NodeTasks;
  readonly slots: TaskSlots;
  /** One snapshot task a node at a time, whether a run's or before an update. */
  readonly snapshotSlots: TaskSlots;
  readonly taskWatch: TaskWatch;
  readonly brake: GuestBrake;
  /** Puts a guest into the queue. */
  readonly wake: (keyText: string) => void;
  /** Tells of tasks that may be another controller's (A3). */
  readonly meets: (connection: Connection, tasks: readonly TaskSeen[]) => void;
}
