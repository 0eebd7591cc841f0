import type { Container, ContainerStatus } from "./container.ts";
import { Container as ContainerKind } from "./container.ts";
import { Homelab } from "./homelab.ts";
import { HomelabLayer } from "./homelabLayer.ts";
import { AccessRule } from "./accessRule.ts";
import { ClientGroup } from "./clientGroup.ts";
import { NetworkDevice } from "./networkDevice.ts";
import { NetworkSegment } from "./networkSegment.ts";
import { OmadaController } from "./omadaController.ts";
import { ProxmoxCluster } from "./proxmoxCluster.ts";
import { SnapshotPolicy } from "./snapshotPolicy.ts";
import type { VirtualMachine } from "./virtualMachine.ts";
import { VirtualMachine as VirtualMachineKind } from "./virtualMachine.ts";
import { WirelessNetwork } from "./wirelessNetwork.ts";

export { AccessRule } from "./accessRule.ts";
export { ClientGroup } from "./clientGroup.ts";
export { Container, type ContainerStatus } from "./container.ts";
export { Homelab, type HomelabStatus } from "./homelab.ts";
export { HomelabLayer, type HomelabLayerStatus } from "./homelabLayer.ts";
export { NetworkDevice } from "./networkDevice.ts";
export { NetworkSegment, type NetworkSegmentStatus } from "./networkSegment.ts";
export { OmadaController, type OmadaControllerStatus } from "./omadaController.ts";
export { ProxmoxCluster, type ProxmoxClusterStatus } from "./proxmoxCluster.ts";
export { SnapshotPolicy, type SnapshotPolicyStatus } from "./snapshotPolicy.ts";
export { VirtualMachine } from "./virtualMachine.ts";
export { WirelessNetwork } from "./wirelessNetwork.ts";
export { parseSpec } from "./parseSpec.ts";
export type { Kind, ObjectOf } from "./kind.ts";

/** Every kind, in the order a person applies them: the Homelab, the go switch, last. */
export const kinds = [
  ProxmoxCluster,
  OmadaController,
  NetworkSegment,
  NetworkDevice,
  WirelessNetwork,
  AccessRule,
  ClientGroup,
  HomelabLayer,
  ContainerKind,
  VirtualMachineKind,
  SnapshotPolicy,
  Homelab,
] as const;

/** A guest of either kind; told apart by `kind`. */
export type Guest = Container | VirtualMachine;
/** Both kinds of guests have the same status. */
export type GuestStatus = ContainerStatus;
