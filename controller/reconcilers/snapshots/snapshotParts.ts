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
  /** One snapshot task a node at a time, whichever policy it is of, and with those before updates. */
  readonly slots: TaskSlots;
  /** Puts an object into the queue. */
  readonly wake: (keyText: string) => void;
}

/** The policy makes no snapshot now: who waits for its node goes on. */
export function freeSlot({ slots, wake }: Pick<SnapshotParts, "slots" | "wake">, key: string): void {
  for (const other of slots.free(key)) wake(other);
}
