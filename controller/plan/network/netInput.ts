import type { Drift } from "./drift.ts";
import type { BaseStatus, Claim, Stored } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { SiteSeen } from "../../providers/omadaSeen.ts";
import type { Action, EventNote } from "../action.ts";
import type { Brake } from "../guests/guestInput.ts";
import type { Paths } from "./lockOut.ts";
import type { OmadaWrite } from "./omadaWrite.ts";

/** What the kinds of the network have in common in spec and status. */
export interface NetSpec {
  readonly suspend: boolean;
  readonly adoption?: "Refuse" | "Adopt";
  readonly deletionPolicy?: "Retain" | "Delete";
  readonly driftPolicy?: "Correct" | "Report";
}

export interface NetStatus extends BaseStatus {
  readonly omada?: { readonly name: string; readonly created?: boolean };
  readonly creating?: { readonly what: string; readonly startTime: string };
  readonly drift?: readonly Drift[];
  readonly lastHandledReconcileAt?: string;
}

export type NetObject = Stored<NetSpec, NetStatus>;

/** Fields of the report to set; undefined removes one. */
export type NetPatch = Readonly<Record<string, unknown>>;

/** A step on the Omada side. */
export interface NetAction extends Action {
  readonly op: "Create" | "Configure" | "Delete";
  readonly write: OmadaWrite;
  /** What a deletion counts as in the brake (I8); undefined: the object itself. */
  readonly destroys?: string;
  /** What the status says from the moment the intent is written (A3). */
  readonly record?: NetPatch;
  /** What it says once the call was answered. */
  readonly done?: NetPatch;
}

/** How the site can be seen and used at this moment. */
export type SiteLink =
  /** `hold`: seen, but nothing is sent to it now. */
  | { readonly is: "seen"; readonly controller: string; readonly seen: SiteSeen; readonly hold?: Outcome }
  /** It is said once, by the OmadaController; others only name it (H4). `early`: the first look is awaited. */
  | { readonly is: "unseen"; readonly controller?: string; readonly outcome: Outcome; readonly early?: boolean };

/** What this process remembers of an object and of its site between passes. */
export interface NetMemory {
  /** The create on record was not seen in 30 s of complete lists: it did not happen (N4). */
  readonly disproved: boolean;
  /** Milliseconds since this process first saw the object being deleted. */
  readonly leavingMs: number;
  /** The last write that Omada refused, as text, and what it said; undefined once it may be tried again. */
  readonly refused?: { readonly write: string; readonly outcome: Outcome };
}

/** Everything the decision about one network object goes by, besides the object. */
export interface NetInput {
  readonly link: SiteLink;
  /** Why nothing in the namespace is changed now. */
  readonly forbidden:
    { readonly reason: "HomelabMissing" | "AnotherControllerActs"; readonly message: string } | undefined;
  /** The object, its controller or the lab is suspended. */
  readonly suspended: boolean;
  readonly namespaceTerminating: boolean;
  /** For one destructive step: how many others there were. */
  readonly brakeFor: (destroys: string | undefined) => Brake;
  readonly paths: Paths;
  readonly memory: NetMemory;
  /** Wall clock, for times that are written. */
  readonly now: number;
}

/** The write that would bring Omada nearer to what is declared. */
export interface NetStep {
  readonly write: OmadaWrite;
  /** Object of the verb: "network servers (VLAN 20)". */
  readonly what: string;
  /** What of the draft's drift it ends. Absent: all of it. */
  readonly drift?: readonly Drift[];
  readonly done?: NetPatch;
  /** What a deletion counts as in the brake (I8); undefined: the object itself. */
  readonly destroys?: string;
  /** Done whatever driftPolicy says: what is declared and not there is made. */
  readonly always?: true;
  /** Why it would cut the controller off (N2); undefined: it would not. */
  readonly locksOut?: string | undefined;
}

/** What one kind finds in the site, before any policy. */
export interface Draft {
  /** ours: proven by id or mark; given: nothing to own (a device). */
  readonly found: "ours" | "unowned" | "absent" | "given";
  /** "network servers (VLAN 20)" */
  readonly what: string;
  /** Spec or surroundings do not allow to go on: before everything else. */
  readonly obstacle?: Outcome | undefined;
  /** The part of the report that says what is bound, with what is found. */
  readonly bound?: NetPatch | undefined;
  /** What binding it by adoption adds. */
  readonly adopted?: NetPatch | undefined;
  readonly drift: readonly Drift[];
  readonly step?: NetStep | undefined;
  /** It takes several creates: the one on record is awaited only while it is the next step. */
  readonly several?: true;
  /** Facts for the report, whatever is decided. */
  readonly facts?: NetPatch;
  /** Conditions that say what is seen. */
  readonly claims?: readonly Claim[];
  readonly events?: readonly EventNote[];
  /** What is not as declared and only a person can change; Ready is False with it. */
  readonly trouble?: Outcome | undefined;
  /** What became of what was bound, where it is no longer taken for ours: "is called lab (VLAN 30) there now". */
  readonly became?: string | undefined;
  /** Its own events tell the change of Ready. */
  readonly quiet?: boolean;
  /** The settled message. */
  readonly fine: string;
}
