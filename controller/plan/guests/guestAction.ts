import type { GuestStatus } from "../../api/index.ts";
import type { BaseStatus } from "../../api/meta.ts";
import type { ConfigChange, ContainerCreate, Growth, MachineCreate, SnapshotWish } from "../../providers/port.ts";
import type { Action } from "../action.ts";

export type GuestReport = Omit<GuestStatus, keyof BaseStatus>;

/** Fields of the report to set; undefined removes one. */
export type GuestPatch = { readonly [F in keyof GuestReport]?: GuestReport[F] | undefined };

/** What a step does to the guest; policies go by it. */
export type Effect = "starts" | "stops" | "creates" | "marks" | "configures" | "destroys" | "moves" | "snapshots";

export interface GuestAction extends Action {
  readonly op:
    | "Start"
    | "Shutdown"
    | "Download"
    | "Create"
    | "Mark"
    | "SetStartup"
    | "Configure"
    | "Resize"
    | "Destroy"
    | "Migrate"
    | "Snapshot";
  readonly effect: Effect;
  /** First start in this boot: the gates hold it. A repair: they don't (L1). */
  readonly first?: boolean;
  /** A crash or health restart that counts to `maxRestarts`. */
  readonly counts?: boolean;
  /** The shutdown half of a restart: it is started again once seen stopped (A9). */
  readonly restart?: boolean;
  /** A stop by declaration, which waits for its turn (L6). */
  readonly declared?: boolean;
  /** A restart for changes that wait, in its turn. */
  readonly update?: boolean;
  /** A step of a migration: the shutdown before it, or the call itself. */
  readonly moves?: boolean;
  /** Node that a Migrate goes to. */
  readonly target?: string;
  readonly change?: ConfigChange;
  readonly growth?: Growth;
  /** Of the configuration that the change or the growth was worked out from (A5). */
  readonly digest?: string;
  /** To be made before an update. */
  readonly snapshot?: SnapshotWish;
  /** What it goes by was not looked at: it may be foreseen, and is not sent. */
  readonly blind?: boolean;
  readonly creation?: ContainerCreate | MachineCreate;
  /** What the status says from the moment the intent is written (A3). */
  readonly record?: GuestPatch;
}
