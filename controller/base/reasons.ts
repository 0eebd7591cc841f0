import { stalledReasons } from "./stalledReasons.ts";
import { waitingReasons } from "./waitingReasons.ts";

/**
 * `ready`: the Ready status it comes with; `with`: the abnormal condition beside it.
 */
export interface ReasonText {
  readonly ready: "True" | "False" | "Unknown";
  readonly with?: "Reconciling" | "Stalled";
  /** What is, in one sentence. */
  readonly means: string;
  /** What a person does about it; empty when nothing. */
  readonly cure: string;
}

/**
 * Every reason the controller may write, with the state it stands for. A reason is the same word in a condition, an
 * event and a metric label; the docs are generated from this list.
 */
export const reasons = {
  Settled: { ready: "True", means: "Reality is as declared.", cure: "" },
  Stopped: { ready: "True", means: "It is stopped, as declared.", cure: "" },
  Observing: {
    ready: "True",
    means: "With management: Observe the guest is watched and never touched.",
    cure: "",
  },
  Protected: {
    ready: "True",
    means:
      "The guest is protected: it may be started, and is never stopped, changed or destroyed, whatever is declared.",
    cure: "",
  },
  Suspended: {
    ready: "True",
    means: "Suspended here or above: nothing is changed, and the message says what would be done.",
    cure: "",
  },
  ...waitingReasons,
  ...stalledReasons,
  HostUnreachable: {
    ready: "Unknown",
    with: "Reconciling",
    means:
      "No endpoint of the ProxmoxCluster has answered for a while; nothing is known of its guests and nothing is done to them.",
    cure: "Check the host's power and network. The ProxmoxCluster object says what was tried and what came back.",
  },
  OmadaUnreachable: {
    ready: "Unknown",
    with: "Reconciling",
    means: "The Omada controller has not answered for a while; nothing is known of its site and nothing is done to it.",
    cure: "Check the controller and the way to it. The OmadaController object says what was tried and what came back.",
  },
  DeviceOffline: {
    ready: "Unknown",
    with: "Reconciling",
    means: "The device is not connected to its Omada controller, so nothing is known of its ports and cables.",
    cure: "Check its power and its cable; the message has its state in Omada.",
  },
  NodeOffline: {
    ready: "Unknown",
    with: "Reconciling",
    means: "The cluster says that the guest's node is offline; nothing is known of its guests.",
    cure: "Check the node's power and network; its guests are looked at as soon as it is back.",
  },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof reasons;
