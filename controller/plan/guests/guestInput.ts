import type { HealthSeen } from "../../health/port.ts";
import type { CreateObstacle, GuestConfig, GuestSeen, Permissions, TaskState } from "../../providers/port.ts";
import type { ProviderErrorKind } from "../../base/outcome.ts";
import type { FieldChange } from "./configuration/difference.ts";
import type { Creation } from "./creation.ts";
import type { Down } from "./explain.ts";
import type { Guest, Lab, Member } from "../lab.ts";
import type { Ownership } from "../mark.ts";

/** What a pass saw of its guest. */
export type Sight =
  /** The reference leads nowhere (yet). */
  | { readonly is: "noCluster"; readonly message: string }
  /** We cannot see: cluster unreachable, unauthorized or connecting, node offline. */
  | {
      readonly is: "unseen";
      readonly reason:
        "HostUnreachable" | "NodeOffline" | "Connecting" | "Unauthorized" | "CertificateMismatch" | "SecretMissing";
      readonly message: string;
      /** When to look again, where no news of the connection will say so. */
      readonly retryMs?: number;
    }
  /** The vmid is taken although no list shows it: a privilege is missing (O4). */
  | { readonly is: "hidden"; readonly message: string }
  /** Proven (O4). `gone`: who destroyed it, where its node's task list tells. */
  | { readonly is: "absent"; readonly gone?: Gone | undefined }
  | {
      readonly is: "present";
      readonly guest: GuestSeen;
      /** Absent when it was never needed or could not be read. */
      readonly config: GuestConfig | undefined;
      readonly addresses: readonly string[];
      /** Running tasks of others on it, or its lock (A4); looked at only when a step is near. */
      readonly busy: Busy | undefined;
      /** Set while it is stopped and that was not declared (O6). */
      readonly down: Down | undefined;
      /** Values of its configuration that somebody changed in Proxmox under an unchanged spec. */
      readonly changes?: readonly FieldChange[];
      /** What destroying would lose; read only on the way to a destroy. */
      readonly losses: readonly string[] | undefined;
      /** Its snapshots; read only where an update is due and a SnapshotPolicy wants one before. */
      readonly snapshots?: GuestSnapshots;
      /** What stands against migrating it; read only where that is due. */
      readonly immovable?: readonly string[];
    };

export interface GuestSnapshots {
  /** Its storage can make one. */
  readonly able: boolean;
  /** Names of those that a SnapshotPolicy of the namespace has made. */
  readonly names: readonly string[];
}

/** The end of a guest: by whom, and when on the node's clock. */
export interface Gone {
  readonly by: string;
  readonly time: number;
}

export interface Busy {
  /** Proxmox's word: backup, vzdump, vzmigrate, … */
  readonly word: string;
  readonly by?: string;
  /** A lock without any running task for 60 s: nobody will clear it (A4). */
  readonly leftover: boolean;
}

/** What became of the intent in `status.task`. */
export type Task =
  | { readonly is: "none" }
  | { readonly is: "sought"; readonly action: string }
  | { readonly is: "known"; readonly action: string; readonly upid: string; readonly state: TaskState };

/** What this process remembers of the guest; none of it is needed to be right after a restart, only to be quick or patient. */
export interface Memory {
  /** Attempts that failed in a row, with the text of the last and how long ago it was. */
  readonly failures: number;
  readonly lastFailure: PastFailure | undefined;
  /** The last write of the configuration that was refused. It says nothing about how the guest runs. */
  readonly configFailure: PastFailure | undefined;
  /** Milliseconds since the deletion of its object was first seen, by the monotonic clock; 0 while nobody deletes it (I5). */
  readonly leavingMs: number;
  /** The last task of ours that ended well, and how long ago that was noticed. */
  readonly lastDone?: { readonly op: string; readonly agoMs: number } | undefined;
  /** Something stood in the way of a create after the last failure; whether it still does, `obstacles` tell. */
  readonly healed: boolean;
  /** Milliseconds since it was first seen down this time. */
  readonly downMs: number;
  /** Wall clock when it was last seen running or healthy. */
  readonly lastGood: number | undefined;
}

export interface PastFailure {
  readonly op: string;
  /** How the call was refused; absent when its task failed. */
  readonly kind?: ProviderErrorKind;
  readonly text: string;
  readonly agoMs: number;
  readonly generation: number;
}

export interface ClusterRules {
  readonly name: string;
  readonly suspended: boolean;
  /** vmids that are never stopped, changed or destroyed (I6). */
  readonly protectedVmids: ReadonlySet<number>;
  /** False until it is known which guest the controller runs in, or the list was given (I6). */
  readonly protectionKnown: boolean;
  readonly maxConcurrentTasks: number;
}

export interface GuestInput {
  readonly object: Guest;
  readonly lab: Lab;
  readonly member: Member;
  readonly rules: ClusterRules | undefined;
  readonly sight: Sight;
  readonly task: Task;
  readonly health: HealthSeen | undefined;
  readonly memory: Memory;
  readonly ownership: Ownership | undefined;
  /** The other claimant of the vmid that wins (I1). */
  readonly rival: string | undefined;
  /** What a create call would send; absent where the spec does not ask for one. */
  readonly creation: Creation;
  /** What reading tells to stand in the way of that call; empty: nothing, or not looked at. */
  readonly obstacles: readonly CreateObstacle[];
  /** The image that the call takes: whether it is on its storage, and was checked for this creation. */
  readonly image?: { readonly there: boolean; readonly checked: boolean } | undefined;
  /** The token's privileges; undefined: not read yet. */
  readonly permissions: Permissions | undefined;
  /** Why nothing at all may be done in this namespace: HomelabMissing, AnotherControllerActs, … */
  readonly forbidden:
    { readonly reason: "HomelabMissing" | "AnotherControllerActs"; readonly message: string } | undefined;
  /** The namespace is being deleted (I7). */
  readonly namespaceTerminating: boolean;
  /** Destructive steps of the last ten minutes and whether this one is confirmed (I8). */
  readonly brake: Brake;
}

export interface Brake {
  readonly recent: number;
  readonly max: number;
  readonly confirmed: boolean;
  /** The hash to confirm with, and what is held. */
  readonly hash: string;
  readonly held: readonly string[];
}
