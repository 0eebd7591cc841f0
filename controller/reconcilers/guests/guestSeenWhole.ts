import type { Creation } from "../../plan/guests/creation.ts";
import type { Brake, GuestInput, Sight, Task } from "../../plan/guests/guestInput.ts";
import type { CreateObstacle } from "../../providers/port.ts";
import type { BusyLook } from "./guestBusy.ts";

/** All that a guest's pass saw. */
export interface GuestSeenWhole {
  readonly sight: Sight;
  readonly task: Task;
  readonly creation: Creation;
  readonly obstacles: readonly CreateObstacle[];
  readonly image?: GuestInput["image"];
  readonly namespaceTerminating: boolean;
  readonly brake: Brake;
  /** How to look closer; absent without a connection. */
  readonly looking: BusyLook | undefined;
}
