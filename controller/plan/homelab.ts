import type { Homelab, HomelabStatus } from "../api/index.ts";
import { annotation, annotationOf, type BaseStatus, type Claim } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { Action, Decision, EventNote } from "./action.ts";
import { bootTurn } from "./boot.ts";
import { beginBoot, bootLayers, continueBoot, type Boot } from "./bootRecord.ts";
import { gateOf, isHealthy } from "./gate.ts";
import type { Lab, Member } from "./lab.ts";
import { outcomeOf as layerOutcome } from "./layer.ts";
import { autostartOf } from "./startup.ts";

type Report = Omit<HomelabStatus, keyof BaseStatus>;

/** The Homelab is a projection of its lab, and the one place where a boot begins and is recorded (L0, L7). */
export function planHomelab(homelab: Homelab, lab: Lab): Decision<HomelabStatus, Action> {
  if (lab.homelab?.metadata.uid !== homelab.metadata.uid) return notInCharge(lab);
  const turn = bootTurn(lab);
  const before = homelab.status?.lastBoot;
  const boot =
    turn.beginning === undefined
      ? before === undefined
        ? undefined
        : continueBoot(before, lab)
      : beginBoot(turn.beginning, lab);
  const layers = bootLayers({}, lab).map((name) => layerState(name, lab));
  const report = reportOf(homelab, lab, { boot, layers, accounts: turn.accounts });
  return {
    outcome: outcomeOf(homelab, lab, boot, layers),
    report,
    conditions: [healthyClaim(lab), bootOrderClaim(lab)],
    events: eventsOf(before, boot, turn.beginning?.message),
    ...(lab.warm ? {} : { premature: true }),
  };
}

interface LayerState {
  readonly name: string;
  readonly order: number;
  readonly state: string;
  readonly is: Outcome["is"];
  readonly message: string;
  readonly ready: boolean;
}

function layerState(name: string, lab: Lab): LayerState {
  const layer = lab.layers.get(name);
  const gate = gateOf(lab, name);
  const outcome = layer === undefined ? undefined : layerOutcome(layer, lab, gate).outcome;
  return {
    name,
    order: lab.order.rank(name) ?? 0,
    state: outcome?.reason ?? "LayerMissing",
    is: outcome?.is ?? "waiting",
    message: outcome?.message ?? "",
    ready: outcome?.is === "settled",
  };
}

function notInCharge(lab: Lab): Decision<HomelabStatus, Action> {
  const other = lab.homelab?.metadata.name ?? "(none)";
  return {
    outcome: {
      is: "stalled",
      reason: "NotInCharge",
      message: `Homelab ${other} is in charge of this namespace; one namespace is one homelab. Delete one of them, or move this one`,
    },
    report: {},
    conditions: [],
  };
}

interface Parts {
  readonly boot: Boot | undefined;
  readonly layers: readonly LayerState[];
  readonly accounts: ReturnType<typeof bootTurn>["accounts"];
}

function reportOf(homelab: Homelab, lab: Lab, { boot, layers, accounts }: Parts): Report {
  const members = [...lab.members.values()].filter((member) => !member.leaving);
  const healthy = members.filter(isHealthy).length;
  const requested = annotationOf(homelab, annotation.reconcileRequestedAt);
  return {
    layers: layers.map(({ name, order, state }) => ({ name, order, state })),
    guests: {
      total: members.length,
      running: members.filter((member) => member.power === "Running").length,
      healthy,
    },
    ...(accounts.nodes.length === 0 ? {} : { nodes: accounts.nodes }),
    ...(accounts.stopped.length === 0 ? {} : { stopped: accounts.stopped }),
    ...(boot === undefined ? {} : { lastBoot: boot }),
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    summary: {
      layers: `${String(layers.filter((layer) => layer.ready).length)}/${String(layers.length)}`,
      guests: `${String(healthy)}/${String(members.length)}`,
    },
  };
}

function outcomeOf(homelab: Homelab, lab: Lab, boot: Boot | undefined, layers: readonly LayerState[]): Outcome {
  if (lab.another !== undefined)
    return {
      is: "stalled",
      reason: "AnotherControllerActs",
      message: `${lab.another}. Nothing is changed until this is cleared: stop the other controller, then set ${annotation.takeOver}`,
      afterMs: 60_000,
    };
  if (layers.length === 0)
    return { is: "waiting", reason: "MembersMissing", message: "no HomelabLayer is declared in this namespace yet" };
  if (homelab.spec.suspend)
    return {
      is: "settled",
      reason: "Suspended",
      message: "suspended: everything is observed and nothing is changed; each guest says what would be done",
    };
  const halted = layers.find((layer) => layer.is === "stalled");
  if (halted !== undefined)
    return {
      is: "stalled",
      reason: halted.state === "DependencyCycle" ? "DependencyCycle" : "Halted",
      message: `layer ${halted.name}: ${halted.message}`,
      afterMs: 60_000,
    };
  if (homelab.spec.powerState === "Stopped") return stoppedOutcome(layers);
  if (layers.some((layer) => layer.is === "unknown"))
    return { is: "unknown", reason: "HostUnreachable", message: unseenMessage(lab) };
  return runningOutcome(lab, boot, layers);
}

function stoppedOutcome(layers: readonly LayerState[]): Outcome {
  const left = layers.filter((layer) => !layer.ready);
  if (left.length === 0) return { is: "settled", reason: "Stopped", message: "every layer is stopped, as declared" };
  return {
    is: "progressing",
    reason: "Stopping",
    message: `stopping; still up: ${left
      .map((layer) => layer.name)
      .reverse()
      .join(", ")}`,
    afterMs: 60_000,
  };
}

function runningOutcome(lab: Lab, boot: Boot | undefined, layers: readonly LayerState[]): Outcome {
  const unready = layers.filter((layer) => !layer.ready).map((layer) => `${layer.name} (${layer.state})`);
  if (boot !== undefined && boot.finishTime === undefined) {
    const outage = boot.cause === "HostReboot" || boot.cause === "AllDown";
    return {
      is: "progressing",
      reason: outage ? "Recovering" : "Booting",
      message: `boot ${boot.cause}: ${currentStep(boot)}`,
      afterMs: 1000,
    };
  }
  const sick = [...lab.members.values()].filter((member) => isSick(member));
  if (unready.length === 0 && sick.length === 0)
    return {
      is: "settled",
      reason: "Settled",
      message: "every layer is ready and every guest that should run is healthy",
    };
  const who = sick
    .map((member) => member.object.metadata.name)
    .slice(0, 10)
    .join(", ");
  const repairing = sick.some((member) => member.repairing);
  return {
    is: "progressing",
    reason: repairing ? "Recovering" : "Degraded",
    message: [unready.length === 0 ? "" : `not ready: ${unready.join(", ")}`, who === "" ? "" : `not healthy: ${who}`]
      .filter((text) => text !== "")
      .join("; "),
    afterMs: 60_000,
  };
}

function currentStep(boot: Boot): string {
  const running = (boot.steps ?? []).filter((step) => step.state === "Running");
  const step = running.at(-1);
  return step === undefined ? "beginning" : `${step.name}${step.message === undefined ? "" : `: ${step.message}`}`;
}

/** Should run, may be started by us, is not healthy. What a person stopped is as that person wants it. */
function isSick(member: Member): boolean {
  return member.wanted === "Running" && !member.held && !member.leaving && !member.suspended && !isHealthy(member);
}

function unseenMessage(lab: Lab): string {
  const troubles = [...lab.clusters.values()].flatMap(({ object, reach }) =>
    "message" in reach ? [`${object.metadata.name}: ${reach.message}`] : [],
  );
  const offline = lab.hosts.filter((host) => !host.online).map((host) => `node ${host.name} is offline`);
  const text = [...troubles, ...offline].join("; ");
  return text === "" ? "some guests cannot be seen" : text;
}

function healthyClaim(lab: Lab): Claim {
  const sick = [...lab.members.values()].filter(isSick).map((member) => member.object.metadata.name);
  if (sick.length === 0)
    return { type: "Healthy", status: "True", reason: "AllHealthy", message: "every guest that should run is healthy" };
  return {
    type: "Healthy",
    status: "False",
    reason: "NotAllHealthy",
    message: `not healthy: ${sick.slice(0, 20).join(", ")}`,
  };
}

/** Who starts the guests after a power cut, and in which order (L9). */
function bootOrderClaim(lab: Lab): Claim {
  const claim = (status: "True" | "False" | "Unknown", reason: string, message: string): Claim => ({
    type: "BootOrderHonoured",
    status,
    reason,
    message,
  });
  const mode = lab.homelab?.spec.proxmoxStartup ?? "Unmanaged";
  const self = lab.self;
  if (self !== undefined && self.onboot === false)
    return claim(
      "False",
      "ControllerNotStarted",
      `the controller's own guest ${String(self.vmid)} has onboot=0: after a power cut nobody starts it. On the node: set onboot=1 for ${String(self.vmid)}`,
    );
  if (mode === "Mirror" && self?.order !== undefined && self.order >= 10)
    return claim(
      "False",
      "ControllerNotStarted",
      `the controller's own guest ${String(self.vmid)} has startup order ${String(self.order)}, not below all members'; give it order=1`,
    );
  const members = [...lab.members.values()].filter((member) => !member.leaving);
  if (mode === "Mirror") return mirrored(members, lab, claim);
  const starts = members.filter((member) => member.onboot === true).map((member) => String(member.object.spec.vmid));
  if (starts.length > 0)
    return claim(
      "False",
      "ProxmoxStartsGuests",
      `Proxmox starts ${starts.join(", ")} itself at boot (onboot=1), in its own order, before anybody looks. Set spec.proxmoxStartup: NoAutostart or Mirror, or onboot=0 on these`,
    );
  if (members.every((member) => member.onboot === undefined))
    return claim("Unknown", "Unknown", "the guests' onboot has not been read yet");
  return claim("True", "ControllerStarts", "Proxmox starts none of the members itself; the controller does, in order");
}

function mirrored(
  members: readonly Member[],
  lab: Lab,
  claim: (status: "True" | "False", reason: string, message: string) => Claim,
): Claim {
  const off = members.filter(
    (member) => autostartOf(lab, member)?.onboot !== member.onboot && member.onboot !== undefined,
  );
  if (off.length === 0) return claim("True", "Mirrored", "Proxmox's own start order mirrors the layers");
  return claim(
    "False",
    "NotMirrored",
    `onboot is not as the layers want it on ${off.map((m) => String(m.object.spec.vmid)).join(", ")}; unmarked guests are not written`,
  );
}

function eventsOf(before: Boot | undefined, after: Boot | undefined, why: string | undefined): EventNote[] {
  if (after === undefined) return [];
  if (before?.id !== after.id) {
    const type = after.cause === "HostReboot" || after.cause === "AllDown" ? "Warning" : "Normal";
    return [{ type, reason: "BootBegins", action: "Boot", message: `boot ${after.id}: ${why ?? after.cause}` }];
  }
  if (before.finishTime !== undefined || after.finishTime === undefined) return [];
  const mttr =
    after.mttrSeconds === undefined ? "" : `, recovered ${after.mttrSeconds.toFixed(1)} s after it was last seen good`;
  return [
    {
      type: "Normal",
      reason: "BootFinished",
      action: "Boot",
      message: `boot ${after.id} took ${(after.durationSeconds ?? 0).toFixed(1)} s${mttr}; critical path: ${(after.criticalPath ?? []).join(", ")}`,
    },
  ];
}
