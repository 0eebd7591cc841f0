import type { Clock } from "../base/clock.ts";
import type { World } from "../runtime/store.ts";
import type { Connections } from "./connections.ts";
import type { LabSource } from "./labSource.ts";
import type { NodeTasks } from "./nodeTasks.ts";
import type { SnapshotMemory } from "./snapshotMemory.ts";
import type { TaskSlots } from "./taskSlots.ts";
import type { TaskWatch } from "./taskWatch.ts";

/** What the driver of SnapshotPolicy works with. */
export interface SnapshotParts {
  readonly world: World;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly labs: LabSource;
  readonly nodeTasks: NodeTasks;
  readonly taskWatch: TaskWatch;
  readonly memory: SnapshotMemory;
  /** One snapshot task a node at a time, whichever policy it is of. */
  readonly slots: TaskSlots;
}
