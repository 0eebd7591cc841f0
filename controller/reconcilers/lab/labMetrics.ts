import type { GuestStatus, HomelabStatus, ProxmoxClusterStatus } from "../../api/index.ts";
import type { Condition, Stored } from "../../api/meta.ts";
import type { Metrics, SeriesCounter, SeriesGauge, SeriesHistogram } from "../../runtime/metrics.ts";
import type { PassReport } from "../../runtime/passReport.ts";
import type { Change, Store } from "../../runtime/store.ts";
import { recoverySeconds } from "../../plan/guests/incident.ts";

const RECOVERY_SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
const BOOT_SECONDS = [5, 10, 20, 30, 60, 120, 180, 300, 600, 1200];
const CAUSES = ["Crashed", "Unhealthy", "StoppedByHand", "HA", "Unknown", "HostUnreachable", "ProbePathBroken"];
const ACTIONS = [
  "Start",
  "Shutdown",
  "Create",
  "Mark",
  "SetStartup",
  "Configure",
  "Resize",
  "Destroy",
  "Migrate",
  "Snapshot",
];

/** The lab's own series, read off the statuses that are written; an object that is gone takes its series with it (S4). */
export class LabMetrics {
  readonly #condition: SeriesGauge;
  readonly #up: SeriesGauge;
  readonly #probe: SeriesGauge;
  readonly #layer: SeriesGauge;
  readonly #actions: SeriesCounter;
  readonly #incidents: SeriesCounter;
  readonly #recovery: SeriesHistogram;
  readonly #boot: SeriesHistogram;
  readonly #requests: SeriesCounter;

  constructor(metrics: Metrics, store: Store) {
    this.#condition = metrics.gauge({
      name: "homelab_resource_condition",
      help: "Conditions of every object: 1 for the status that holds",
      labels: ["kind", "namespace", "name", "type", "status"],
    });
    this.#up = metrics.gauge({
      name: "homelab_guest_up",
      help: "Whether a guest runs and is healthy",
      labels: ["namespace", "kind", "name", "layer"],
    });
    this.#probe = metrics.gauge({
      name: "homelab_probe_success",
      help: "Whether a guest's probe succeeds",
      labels: ["namespace", "kind", "name", "probe"],
    });
    this.#layer = metrics.gauge({
      name: "homelab_layer_ready",
      help: "Whether a layer is ready",
      labels: ["namespace", "name"],
    });
    this.#actions = metrics.counter({
      name: "homelab_actions_total",
      help: "Mutations sent, by what they do and how the call ended",
      labels: ["kind", "action", "result"],
    });
    this.#incidents = metrics.counter({
      name: "homelab_incidents_total",
      help: "Outages of guests and of connections, by cause",
      labels: ["cause"],
    });
    this.#recovery = metrics.histogram(
      { name: "homelab_incident_recovery_seconds", help: "From last seen good to healthy again", labels: ["cause"] },
      RECOVERY_SECONDS,
    );
    this.#boot = metrics.histogram(
      { name: "homelab_boot_duration_seconds", help: "Length of boots, by cause", labels: ["cause"] },
      BOOT_SECONDS,
    );
    this.#requests = metrics.counter({
      name: "homelab_provider_requests_total",
      help: "Requests to Proxmox and Omada, by path template and status",
      labels: ["provider", "method", "path", "status"],
    });
    for (const cause of CAUSES) this.#incidents.add({ cause }, 0);
    for (const action of ACTIONS)
      for (const result of ["ok", "error"]) this.#actions.add({ kind: "Container", action, result }, 0);
    store.onChange((change) => {
      this.#onChange(change);
    });
  }

  /** Bound, to be passed on. */
  readonly onPass = ({ key, acted }: PassReport): void => {
    if (acted !== undefined)
      this.#actions.add({
        kind: key.kind,
        action: acted.action.op,
        result: acted.error === undefined ? "ok" : "error",
      });
  };

  /** Counts the requests to one product. */
  onRequest(
    provider: "proxmox" | "omada",
  ): (record: { readonly method: string; readonly template: string; readonly status: number }) => void {
    return ({ method, template, status }) => {
      this.#requests.add({ provider, method, path: template, status: String(status) });
    };
  }

  #onChange(change: Change): void {
    const { before, after } = change;
    if (before !== undefined) this.#conditions(before, undefined);
    if (after !== undefined) this.#conditions(after, 1);
    switch (change.key.kind) {
      case "Container":
      case "VirtualMachine":
        this.#guest(change);
        return;
      case "ProxmoxCluster":
      case "OmadaController":
        this.#incident(statusOf<ProxmoxClusterStatus>(change.before), statusOf<ProxmoxClusterStatus>(change.after));
        return;
      case "HomelabLayer":
        this.#setLayer(change);
        return;
      case "Homelab":
        this.#homelab(change);
        return;
      default:
    }
  }

  #conditions(object: Stored, value: number | undefined): void {
    for (const { type, status } of object.status?.conditions ?? []) {
      const labels = {
        kind: object.kind,
        namespace: object.metadata.namespace,
        name: object.metadata.name,
        type,
        status,
      };
      if (value === undefined) this.#condition.remove(labels);
      else this.#condition.set(labels, value);
    }
  }

  #guest({ key, before, after }: Change): void {
    const base = { namespace: key.namespace, kind: key.kind, name: key.name };
    const old = statusOf<GuestStatus>(before);
    if (before !== undefined) this.#up.remove({ ...base, layer: layerOf(before) });
    for (const probe of old?.probes ?? []) this.#probe.remove({ ...base, probe: probe.name });
    if (after === undefined) return;
    const now = statusOf<GuestStatus>(after);
    this.#up.set({ ...base, layer: layerOf(after) }, isUp(now) ? 1 : 0);
    for (const { name, state } of now?.probes ?? [])
      this.#probe.set({ ...base, probe: name }, state === "Succeeding" ? 1 : 0);
    this.#incident(old, now);
  }

  #incident(before: Suffering | undefined, after: Suffering | undefined): void {
    const incident = after?.lastIncident;
    if (incident === undefined || before === undefined) return;
    if (before.lastIncident?.detectTime !== incident.detectTime) this.#incidents.add({ cause: incident.cause });
    const seconds = recoverySeconds(incident);
    if (seconds !== undefined && before.lastIncident?.recoverTime === undefined)
      this.#recovery.observe({ cause: incident.cause }, seconds);
  }

  #setLayer({ key, after }: Change): void {
    const labels = { namespace: key.namespace, name: key.name };
    if (after === undefined) this.#layer.remove(labels);
    else this.#layer.set(labels, ready(after)?.status === "True" ? 1 : 0);
  }

  #homelab({ before, after }: Change): void {
    const old = statusOf<HomelabStatus>(before)?.lastBoot;
    const now = statusOf<HomelabStatus>(after)?.lastBoot;
    if (old?.id === now?.id && old?.finishTime === undefined && now?.durationSeconds !== undefined)
      this.#boot.observe({ cause: now.cause }, now.durationSeconds);
  }
}

/** Whoever can have an outage. */
type Suffering = Pick<GuestStatus, "lastIncident">;

function statusOf<T>(object: Stored | undefined): T | undefined {
  return object?.status as T | undefined;
}

function isUp(status: GuestStatus | undefined): boolean {
  return status?.powerState === "Running" && status.health === "Healthy";
}

function layerOf(object: Stored): string {
  return (object.spec as { readonly layerRef?: { readonly name?: string } } | undefined)?.layerRef?.name ?? "";
}

function ready(object: Stored): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === "Ready");
}
