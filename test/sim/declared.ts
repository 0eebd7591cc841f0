import type { BaseStatus, Stored } from "../../controller/api/meta.ts";
import type { FakeLab } from "../fakes/lab.ts";

export interface GuestSpec {
  readonly vmid: number;
  readonly layerRef: { readonly name: string };
  readonly node: string;
  readonly management: "Full" | "Power" | "Observe";
  readonly adoption: "Adopt" | "Refuse";
  readonly deletionPolicy?: "Retain" | "Delete";
  readonly driftPolicy?: "Correct" | "Report";
  readonly powerState: "Running" | "Stopped";
  readonly suspend: boolean;
  readonly dependsOn: readonly { readonly kind: string; readonly name: string }[];
  readonly startupTimeoutSeconds: number;
  readonly recovery: {
    readonly onStopped: string;
    readonly onUnhealthy: string;
    readonly maxRestarts: number;
    readonly windowSeconds: number;
    readonly respectManualStop: boolean;
  };
  readonly shutdown: { readonly timeoutSeconds: number; readonly force: boolean };
  readonly template?: string;
  readonly source?: object;
}

export interface LayerSpec {
  readonly dependsOn: readonly { readonly name: string }[];
  readonly powerState: "Running" | "Stopped";
  readonly suspend: boolean;
  readonly healthGate: {
    readonly quorum: number | string;
    readonly minMembers: number;
    readonly minHealthySeconds: number;
    readonly timeoutSeconds: number;
    readonly onTimeout: "Halt" | "Proceed";
  };
}

export interface HomelabSpec {
  readonly powerState: "Running" | "Stopped";
  readonly suspend: boolean;
  readonly proxmoxStartup: string;
  readonly brake: { readonly maxDestroys: number };
  readonly preflight?: readonly { readonly onFailure: string; readonly timeoutSeconds: number }[];
}

export interface ClusterSpec {
  readonly suspend: boolean;
  readonly protectedVmids: readonly number[];
  readonly maxConcurrentTasks: number;
}

/** What the history reads from statuses; only where a record of the controller's is the rule itself. */
export interface GuestRecord extends BaseStatus {
  readonly task?: { readonly action: string; readonly startTime: string; readonly upid?: string };
  readonly bootID?: string;
  readonly hold?: unknown;
  readonly powerState?: string;
  readonly seenVmid?: number;
  readonly markedVmid?: number;
  readonly createdVmid?: number;
  readonly lastHandledRestartAt?: string;
  readonly lastHandledRecreate?: string;
  readonly lastStart?: { readonly requestTime?: string };
}

export interface Declared {
  readonly object: Stored;
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly spec: GuestSpec;
  readonly status: GuestRecord;
  readonly deleting: boolean;
}

/** Objects of the lab as the API server has them. */
export function guestsIn(lab: FakeLab): readonly Declared[] {
  return [...lab.kube.all("Container"), ...lab.kube.all("VirtualMachine")].map((object) => ({
    object,
    id: `${object.kind}/${object.metadata.name}`,
    kind: object.kind,
    name: object.metadata.name,
    spec: object.spec as GuestSpec,
    status: object.status ?? { observedGeneration: -1 },
    deleting: object.metadata.deletionTimestamp !== undefined,
  }));
}

export function layersIn(lab: FakeLab): ReadonlyMap<string, LayerSpec> {
  return new Map(lab.kube.all("HomelabLayer").map((layer) => [layer.metadata.name, layer.spec as LayerSpec]));
}

export function homelabIn(lab: FakeLab): { readonly spec: HomelabSpec; readonly object: Stored } | undefined {
  const object = lab.kube.all("Homelab").at(0);
  return object === undefined ? undefined : { spec: object.spec as HomelabSpec, object };
}

export function clusterIn(lab: FakeLab): ClusterSpec | undefined {
  const [cluster] = lab.kube.all("ProxmoxCluster");
  return cluster === undefined ? undefined : (cluster.spec as ClusterSpec);
}

/** The boot on record. */
export function bootIn(
  lab: FakeLab,
): { readonly id: string; readonly node?: string; readonly layer?: string } | undefined {
  const status = homelabIn(lab)?.object.status as
    { readonly lastBoot?: { readonly id: string; readonly node?: string; readonly layer?: string } } | undefined;
  return status?.lastBoot;
}

/** Uids of all that is being deleted with its guest. */
export function condemnedIn(lab: FakeLab): ReadonlySet<string> {
  return new Set(
    guestsIn(lab)
      .filter((one) => one.deleting && one.spec.deletionPolicy === "Delete")
      .map((one) => one.object.metadata.uid),
  );
}
