import { z } from "zod";
import { flag, integer, list, listMap, oneOf, ref, text, time, withRules, word } from "./fields.ts";
import type { Rule } from "./kind.ts";

const port = (description: string): z.ZodInt => integer(description, 1, 65_535);

const tcpSocket = z.object({ port: port("TCP port.") }).describe("Succeeds when the TCP connection is accepted.");

const httpGet = z
  .object({
    port: port("TCP port."),
    path: withRules(z.string().max(1024), {
      rule: "self.startsWith('/')",
      message: "path starts with a slash: write /healthz, not healthz",
    })
      .describe("Path and query asked for.")
      .default("/"),
    scheme: oneOf("Protocol. With HTTPS the certificate is not verified, as the kubelet does.", [
      "HTTP",
      "HTTPS",
    ]).default("HTTP"),
  })
  .describe("Succeeds when a GET is answered with a status from 200 to 399; redirects are not followed.");

const dns = z
  .object({
    port: port("UDP port.").default(53),
    name: word("Name asked for. An answer of any kind that is not an error counts."),
    type: oneOf("Record type asked for.", ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]).default("A"),
  })
  .describe("Succeeds when the guest answers a DNS question.");

const ntp = z
  .object({
    port: port("UDP port.").default(123),
    maxOffsetMilliseconds: integer(
      "Largest accepted difference, in milliseconds, between the answer and the controller's own clock.",
      1,
      86_400_000,
    ).default(1000),
  })
  .describe("Succeeds when the guest gives the time and is itself synchronised (stratum 1 to 15).");

const postgres = z
  .object({ port: port("TCP port.").default(5432) })
  .describe(
    "Succeeds when a PostgreSQL server answers the start-up message and is not starting up or shutting down. Needs no credentials.",
  );

const HANDLERS = ["tcpSocket", "httpGet", "dns", "ntp", "postgres"];

const probe = withRules(
  z.object({
    name: word("Name of the probe, unique within the guest.", 63),
    host: word(
      "Address or name asked instead of the guest's own first observed address. A VM without guest agent needs it.",
    ).exactOptional(),
    tcpSocket: tcpSocket.exactOptional(),
    httpGet: httpGet.exactOptional(),
    dns: dns.exactOptional(),
    ntp: ntp.exactOptional(),
    postgres: postgres.exactOptional(),
    initialDelaySeconds: integer("Seconds after an observed start before the first attempt.", 0, 3600).default(0),
    periodSeconds: integer(
      "Seconds between attempts. While the guest is starting, an attempt is made at least every second.",
      1,
      3600,
    ).default(5),
    timeoutSeconds: integer("Seconds after which an attempt has failed.", 1, 300).default(2),
    successThreshold: integer("Successes in a row that make a failing probe succeed.", 1, 100).default(1),
    failureThreshold: integer("Failures in a row that make a succeeding probe fail.", 1, 100).default(3),
  }),
  {
    rule: `[${HANDLERS.map((name) => `has(self.${name})`).join(", ")}].filter(h, h).size() == 1`,
    message: `a probe has exactly one of ${HANDLERS.join(", ")}`,
  },
).describe("One question asked of the running guest. A change takes effect at the next attempt.");

/** Fields of the spec that Container and VirtualMachine have in common. */
export const guestSpec = {
  clusterRef: ref(
    "The ProxmoxCluster the guest is on. May be left out while the namespace has exactly one. Once written it can be neither changed nor removed: a guest of another cluster is another guest.",
    "ProxmoxCluster",
  ).exactOptional(),
  layerRef: ref(
    "The HomelabLayer the guest belongs to. A change moves it there; it is neither stopped nor restarted for that. A layer that does not exist yet is waited for (LayerMissing).",
    "HomelabLayer",
  ),
  vmid: integer("Number of the guest in Proxmox. Immutable, and unique in the namespace.", 100, 999_999_999),
  hostname: withRules(z.string().min(1).max(253), {
    rule: "self.matches('^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$')",
    message: "a host name has letters, digits and hyphens only: write twingate-connector, not Twingate Connector",
  }),
  adoption: oneOf(
    "What to do when the vmid exists without our mark: Refuse leaves it alone (GuestNotOwned); Adopt writes the mark, a Proxmox tag, and changes nothing else.",
    ["Refuse", "Adopt"],
  ).default("Refuse"),
  powerState: oneOf(
    "Whether the guest should run. Stopped shuts it down gracefully and holds it so; changing this field ends a manual hold. A guest runs only while its layer and its Homelab are Running too.",
    ["Running", "Stopped"],
  ).default("Running"),
  dependsOn: listMap(
    "Guests of the same layer or of one below that must be healthy before the first start of this one in a boot. They are stopped after it. A cycle is Stalled with its path.",
    z.object({
      kind: oneOf("Kind of the guest.", ["Container", "VirtualMachine"]),
      name: word("Name of the guest's object in the same namespace."),
    }),
    { keys: ["kind", "name"], max: 32 },
  ).exactOptional(),
  startupTimeoutSeconds: integer(
    "Seconds after an observed start during which failing probes do not count yet. A change applies to the next start.",
    1,
    86_400,
  ).default(300),
  probes: listMap(
    "How to tell that the guest is healthy: all probes must succeed. Without probes it is healthy when it runs.",
    probe,
    { keys: ["name"], max: 16 },
  ).exactOptional(),
  recovery: z
    .object({
      onStopped: oneOf("What to do when the guest crashed or powered itself off.", ["Restart", "None"]).default(
        "Restart",
      ),
      onUnhealthy: oneOf(
        "What to do when the guest was healthy and its probes fail. Restart shuts it down gracefully and starts it again; it is never done for a guest that was not healthy before, nor when several guests fail together.",
        ["None", "Restart"],
      ).default("None"),
      maxRestarts: integer(
        "Restarts within the window after which the guest is left alone (RestartLimit). 0 never restarts.",
        0,
        1000,
      ).default(3),
      windowSeconds: integer("Length of the window, in seconds, in which restarts are counted.", 1, 604_800).default(
        900,
      ),
      respectManualStop: flag(
        "Leave a guest alone that a person stopped, until it is seen running again, spec.powerState is changed, or the restarted-at annotation gets a new value.",
      ).default(true),
    })
    .describe("What to do when the guest fails. Changes take effect at once; restarts that were counted stay counted.")
    .prefault({}),
  shutdown: z
    .object({
      timeoutSeconds: integer("Seconds a graceful shutdown may take before it counts as failed.", 1, 7200).default(60),
      force: flag(
        "Kill the guest when the graceful shutdown runs into its timeout. A kill in the middle of a write loses data; leave it off for databases.",
      ).default(false),
    })
    .describe("How the guest is stopped. Changes apply to the next stop.")
    .prefault({}),
};

/** Rules of the spec that Container and VirtualMachine have in common. */
export const guestSpecRules: readonly Rule[] = [
  {
    rule: "self.vmid == oldSelf.vmid",
    message: "vmid is immutable: a guest with another number is another guest; declare it as another object",
    reason: "FieldValueForbidden",
    fieldPath: ".vmid",
  },
  {
    rule: "!has(oldSelf.clusterRef) || (has(self.clusterRef) && self.clusterRef.name == oldSelf.clusterRef.name)",
    message: "clusterRef can be neither changed nor removed once written: a guest of another cluster is another guest",
    reason: "FieldValueForbidden",
    fieldPath: ".clusterRef",
  },
];

/** Over the whole object: a guest does not wait for itself. */
export function noSelfDependency(kind: "Container" | "VirtualMachine"): Rule {
  return {
    rule: `!has(self.spec.dependsOn) || self.spec.dependsOn.all(d, d.kind != '${kind}' || d.name != self.metadata.name)`,
    message: "a guest cannot depend on itself: take its own name out of dependsOn",
    fieldPath: ".spec.dependsOn",
  };
}

const upid = text("Proxmox's id of the task (UPID).", 256);

/** Status of Container and VirtualMachine. */
export const guestStatus = z.object({
  node: text("Proxmox node the guest was last seen on.", 64).exactOptional(),
  powerState: oneOf("Whether the guest runs, as last seen; Unknown while it cannot be seen.", [
    "Running",
    "Stopped",
    "Unknown",
  ]).exactOptional(),
  health: oneOf(
    "Starting until every probe has succeeded once since the start, then Healthy or Unhealthy; Unknown while the guest does not run or cannot be seen.",
    ["Healthy", "Starting", "Unhealthy", "Unknown"],
  ).exactOptional(),
  startTime: time("When the guest was last started, as the node's clock has it.").exactOptional(),
  bootID: text(
    "The boot (Homelab status.lastBoot.id) in which the guest was last seen running. Gates no longer hold it in that boot.",
    64,
  ).exactOptional(),
  createdVmid: integer(
    "vmid of the guest that was created for this very object. Absent for adopted ones.",
    100,
    999_999_999,
  ).exactOptional(),
  seenVmid: integer(
    "vmid that was once seen to exist here. If it vanishes it is not created again by itself.",
    100,
    999_999_999,
  ).exactOptional(),
  addresses: list(
    "Addresses observed on the guest's own interfaces: static first, IPv4 first.",
    text("An IP address.", 64),
    32,
  ).exactOptional(),
  probes: listMap(
    "What each probe last found. Changes on transitions only.",
    z.object({
      name: word("Name of the probe.", 63),
      state: oneOf("Unknown until the first verdict.", ["Succeeding", "Failing", "Unknown"]),
      message: text("Why it fails; empty while it succeeds.", 1024).exactOptional(),
      lastTransitionTime: time("When the state last changed.").exactOptional(),
    }),
    { keys: ["name"], max: 16 },
  ).exactOptional(),
  task: z
    .object({
      action: word("What is being done: Start, Shutdown, Create, …", 64),
      startTime: time("When the intent was written, before the call."),
      upid: upid.exactOptional(),
    })
    .describe("The step under way at Proxmox; absent at rest. Its UPID is added when Proxmox has answered.")
    .exactOptional(),
  hold: z
    .object({
      by: text("The Proxmox user who stopped the guest.", 256),
      time: time("When it was stopped."),
      upid: upid.exactOptional(),
    })
    .describe(
      "Set while a person's stop is respected. It ends when the guest is seen running, spec.powerState is changed, or restarted-at gets a new value.",
    )
    .exactOptional(),
  lastStart: z
    .object({
      bootID: text("The boot it belongs to.", 64),
      requestTime: time("When the start was asked for; absent when somebody else started it.").exactOptional(),
      runningTime: time("When it was first seen running.").exactOptional(),
      healthyTime: time("When it was first healthy.").exactOptional(),
      slowestProbe: text("The probe that succeeded last.", 63).exactOptional(),
    })
    .describe("How the guest came up the last time.")
    .exactOptional(),
  restarts: z
    .object({
      count: integer("Restarts by the controller within the current window.", 0, 1_000_000),
      lastTime: time("When the last one was issued.").exactOptional(),
      lastCause: text("Why.", 64).exactOptional(),
      windowStartTime: time("When the current window began.").exactOptional(),
    })
    .describe("Restarts for recovery, counted against spec.recovery.maxRestarts.")
    .exactOptional(),
  lastIncident: z
    .object({
      cause: text(
        "Crashed, Unhealthy, HostReboot, StoppedByHand, HA, HostUnreachable, ProbePathBroken or Unknown.",
        64,
      ),
      startTime: time("When the guest was last seen good."),
      detectTime: time("When the outage was noticed."),
      actTime: time("When the controller first acted on it.").exactOptional(),
      recoverTime: time("When the guest was healthy again; absent while the outage lasts.").exactOptional(),
      message: text("What happened, for people.", 1024).exactOptional(),
    })
    .describe("The last outage. From its times the time to recovery is measured.")
    .exactOptional(),
  drift: list(
    "Where the guest's configuration differs from the spec. It is shown, not corrected.",
    z.object({
      field: word("Field of the spec."),
      desired: text("Value in the spec.", 1024),
      actual: text("Value in Proxmox.", 1024),
      changedBy: text("Who changed it, where known.", 256).exactOptional(),
    }),
    64,
  ).exactOptional(),
  pendingChanges: list(
    "Changes that wait.",
    z.object({ field: word("What waits."), message: text("Why it waits.", 1024) }),
    64,
  ).exactOptional(),
  unmanaged: list(
    "Keys of the guest's configuration that the spec does not mention; they are left as they are.",
    text("A Proxmox configuration key.", 64),
    256,
  ).exactOptional(),
  deletion: z
    .object({
      firstSeenTime: time(
        "When the deletion was first seen; the first stop follows 60 s later at the earliest.",
      ).exactOptional(),
    })
    .describe("Set while the object is being deleted.")
    .exactOptional(),
  lastHandledRestartAt: text(
    "Value of the restarted-at annotation that was last acted upon, or found at the first pass.",
    256,
  ).exactOptional(),
  lastHandledReconcileAt: text(
    "Value of the reconcile-requested-at annotation that was last answered.",
    256,
  ).exactOptional(),
  lastHandledPowerState: oneOf("spec.powerState as last acted upon; a change of it ends a hold.", [
    "Running",
    "Stopped",
  ]).exactOptional(),
  summary: z
    .object({ address: text("First observed address.", 64).exactOptional() })
    .describe("Short texts for the columns of kubectl get.")
    .exactOptional(),
});
