/**
 * Every reason the controller may write, with the state it stands for. A reason is the same word in a condition, an
 * event and a metric label; the docs are generated from this list.
 *
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

export const reasons = {
  Settled: { ready: "True", means: "", cure: "" },
  Stopped: { ready: "True", means: "", cure: "" },
  Observing: { ready: "True", means: "", cure: "" },
  Protected: { ready: "True", means: "", cure: "" },
  Suspended: { ready: "True", means: "", cure: "" },
  HomelabMissing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  LayerMissing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  LayerNotReady: { ready: "False", with: "Reconciling", means: "", cure: "" },
  ClusterMissing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  DependencyMissing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  DependencyNotReady: { ready: "False", with: "Reconciling", means: "", cure: "" },
  MembersMissing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  PreflightFailing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  ControllerGuestDown: { ready: "False", with: "Reconciling", means: "", cure: "" },
  GuestBusy: { ready: "False", with: "Reconciling", means: "", cure: "" },
  NodeStopping: { ready: "False", with: "Reconciling", means: "", cure: "" },
  NodeStarting: { ready: "False", with: "Reconciling", means: "", cure: "" },
  DeletionPending: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Unreachable: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Creating: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Starting: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Stopping: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Gating: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Booting: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Recovering: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Degraded: { ready: "False", with: "Reconciling", means: "", cure: "" },
  ProbeFailing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  NoAddress: { ready: "False", with: "Reconciling", means: "", cure: "" },
  IntentSettling: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Adopting: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Configuring: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Deleting: { ready: "False", with: "Reconciling", means: "", cure: "" },
  Connecting: { ready: "False", with: "Reconciling", means: "", cure: "" },
  ProviderFailed: { ready: "False", with: "Reconciling", means: "", cure: "" },
  InternalError: { ready: "False", with: "Reconciling", means: "", cure: "" },
  SegmentMissing: { ready: "False", with: "Reconciling", means: "", cure: "" },
  BackingOff: { ready: "False", with: "Reconciling", means: "", cure: "" },
  NewObject: { ready: "False", with: "Reconciling", means: "", cure: "" },
  LeaseNotHeld: { ready: "False", with: "Reconciling", means: "", cure: "" },
  StoppedByHand: { ready: "False", with: "Stalled", means: "", cure: "" },
  Halted: { ready: "False", with: "Stalled", means: "", cure: "" },
  RestartLimit: { ready: "False", with: "Stalled", means: "", cure: "" },
  LeftoverLock: { ready: "False", with: "Stalled", means: "", cure: "" },
  GuestNotOwned: { ready: "False", with: "Stalled", means: "", cure: "" },
  GuestDiffers: { ready: "False", with: "Stalled", means: "", cure: "" },
  GuestTypeDiffers: { ready: "False", with: "Stalled", means: "", cure: "" },
  GuestVanished: { ready: "False", with: "Stalled", means: "", cure: "" },
  GuestMissing: { ready: "False", with: "Stalled", means: "", cure: "" },
  VmidTaken: { ready: "False", with: "Stalled", means: "", cure: "" },
  VlanTaken: { ready: "False", with: "Stalled", means: "", cure: "" },
  CidrOverlaps: { ready: "False", with: "Stalled", means: "", cure: "" },
  DependencyCycle: { ready: "False", with: "Stalled", means: "", cure: "" },
  SpecInvalid: { ready: "False", with: "Stalled", means: "", cure: "" },
  WouldLoseData: { ready: "False", with: "Stalled", means: "", cure: "" },
  WouldLockOut: { ready: "False", with: "Stalled", means: "", cure: "" },
  ProtectionOn: { ready: "False", with: "Stalled", means: "", cure: "" },
  TagForbidden: { ready: "False", with: "Stalled", means: "", cure: "" },
  PermissionMissing: { ready: "False", with: "Stalled", means: "", cure: "" },
  Unauthorized: { ready: "False", with: "Stalled", means: "", cure: "" },
  CertificateMismatch: { ready: "False", with: "Stalled", means: "", cure: "" },
  SecretMissing: { ready: "False", with: "Stalled", means: "", cure: "" },
  NotInCharge: { ready: "False", with: "Stalled", means: "", cure: "" },
  HeldByBrake: { ready: "False", with: "Stalled", means: "", cure: "" },
  HandedOver: { ready: "False", with: "Stalled", means: "", cure: "" },
  ConfirmProtection: { ready: "False", with: "Stalled", means: "", cure: "" },
  AnotherControllerActs: { ready: "False", with: "Stalled", means: "", cure: "" },
  RefusedByProvider: { ready: "False", with: "Stalled", means: "", cure: "" },
  StorageFull: { ready: "False", with: "Stalled", means: "", cure: "" },
  TaskFailed: { ready: "False", with: "Stalled", means: "", cure: "" },
  BridgeMissing: { ready: "False", with: "Stalled", means: "", cure: "" },
  StopRefused: { ready: "False", with: "Stalled", means: "", cure: "" },
  HostUnreachable: { ready: "Unknown", with: "Reconciling", means: "", cure: "" },
  NodeOffline: { ready: "Unknown", with: "Reconciling", means: "", cure: "" },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof reasons;
