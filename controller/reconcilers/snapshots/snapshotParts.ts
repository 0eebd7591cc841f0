import type { Clock } from "../../base/clock.ts";
import type { World } from "../../runtime/store.ts";
import type { Connections } from "../shared/connections.ts";
import type { LabSource } from "../lab/labSource.ts";
import type { NodeTasks } from "../shared/nodeTasks.ts";
import type { SnapshotMemory } from "./snapshotMemory.ts";
import type { TaskSlots } from "../shared/taskSlots.ts";
import type { TaskWatch } from "../shared/taskWatch.ts";

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
