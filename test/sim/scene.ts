import type { FakeApproach } from "../fakes/proxmox.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import type { Declared } from "./declared.ts";
import type { History } from "./history.ts";

/** A mutation about to take effect, with the world around it. */
export interface Scene {
  readonly history: History;
  readonly call: FakeApproach["call"];
  readonly vmid: number;
  readonly detail: unknown;
  readonly guest: FakeGuest | undefined;
  /** Who has the vmid. */
  readonly owner: Declared | undefined;
  /** An object being deleted that has the exact mark. */
  readonly leaving: Declared | undefined;
  /** In whose name it must be. */
  readonly actor: Declared | undefined;
  readonly now: number;
}

/** A rule, and what breaks it. */
export type Rule = readonly [rule: string, broken: (scene: Scene) => string | undefined];

/** A poll at rest, its answer, and a little. */
export const POLL_MS = 13_000;
