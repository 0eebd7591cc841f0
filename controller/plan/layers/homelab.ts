import type { Homelab, HomelabStatus } from "../../api/index.ts";
import { annotation, annotationOf, type BaseStatus, type Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Action, Decision, EventNote } from "../action.ts";
import { recorded } from "../anotherController.ts";
import { bootTurn, type Accounts } from "./boot.ts";
import { bootOrderClaim } from "./bootOrder.ts";
import { beginBoot, continueBoot, isRecovery, type Boot } from "./bootRecord.ts";
import { isHealthy } from "./memberCount.ts";
import type { Lab, Member } from "../lab.ts";
import { layerState } from "./layer.ts";

type Report = Omit<HomelabStatus, keyof BaseStatus>;

/** The Homelab is a projection of its lab, and the one place where a boot begins and is recorded (L0, L7). */
export function planHomelab(homelab: Homelab, lab: Lab): Decision<HomelabStatus, Action> {
  if (lab.homelab?.metadata.uid !== homelab.metadata.uid) return notInCharge(lab);
  const turn = bootTurn(lab);
  const before = homelab.status?.lastBoot;
  const going = before === undefined ? undefined : continueBoot(before, lab);
  const boot = turn.beginning === undefined ? going : beginBoot(turn.beginning, lab);
  const layers = layersOf(lab);
  const outcome = outcomeOf(homelab, lab, boot, layers);
  return {
    outcome,
    ...(outcome.is === "unknown" || outcome.reason === "Connecting" ? { quiet: true } : {}),
    report: reportOf(homelab, lab, { boot, layers, accounts: turn.accounts }),
    conditions: [healthyClaim(lab), bootOrderClaim(homelab, lab)],
    events: boot === undefined ? [] : eventsOf(before, boot, turn.beginning?.message ?? ""),
    ...(lab.warm ? {} : { premature: true }),
  };
}

interface LayerLine {
  readonly name: string;
  readonly order: number;
  readonly outcome: Outcome;
}

/** All layers, lowest first; those without an order at the end. */
function layersOf(lab: Lab): readonly LayerLine[] {
  const place = (line: LayerLine): number => (line.order === 0 ? Infinity : line.order);
  return [...lab.layers.keys()]
    .map((name) => ({ name, order: lab.order.rank(name) ?? 0, outcome: layerState(lab, name).outcome }))
    .sort((a, b) => (place(a) === place(b) ? a.name.localeCompare(b.name) : place(a) - place(b)));
}

function notInCharge(lab: Lab): Decision<HomelabStatus, Action> {
  const message =
    lab.homelab === undefined
      ? "it is being deleted, and no other Homelab is there"
      : `Homelab ${lab.homelab.metadata.name} is in charge of this namespace; one namespace is one homelab. Delete one of them, or move this one`;
  return { outcome: { is: "stalled", reason: "NotInCharge", message }, report: {}, conditions: [] };
}

interface Parts {
  readonly boot: Boot | undefined;
  readonly layers: readonly LayerLine[];
  readonly accounts: Accounts;
}

function reportOf(homelab: Homelab, lab: Lab, { boot, layers, accounts }: Parts): Report {
  const members = [...lab.members.values()].filter((member) => !member.leaving);
  const healthy = members.filter(isHealthy).length;
  const running = members.filter((member) => member.power === "Running").length;
  const ready = layers.filter(({ outcome }) => outcome.is === "settled").length;
  const requested = annotationOf(homelab, annotation.reconcileRequestedAt);
  return {
    layers: layers.map(({ name, order, outcome }) => ({ name, order, state: outcome.reason })),
    guests: { total: members.length, running, healthy },
    ...(accounts.nodes.length === 0 ? {} : { nodes: accounts.nodes }),
    ...(accounts.stopped.length === 0 ? {} : { stopped: accounts.stopped }),
    ...(boot === undefined ? {} : { lastBoot: boot }),
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    ...(lab.another === undefined ? {} : { anotherController: recorded(homelab, lab.another) }),
    summary: { layers: `${ready}/${layers.length}`, guests: `${healthy}/${members.length}` },
  };
}

const LOOK_AGAIN_MS = 60_000;

function outcomeOf(homelab: Homelab, lab: Lab, boot: Boot | undefined, layers: readonly LayerLine[]): Outcome {
  return (
    prevented(homelab, lab, layers) ??
    (homelab.spec.powerState === "Stopped"
      ? goingDown(layers)
      : (blind(lab, layers) ?? booting(boot) ?? settling(lab) ?? atWork(lab, layers)))
  );
}

/** What keeps anything from being done. */
function prevented(homelab: Homelab, lab: Lab, layers: readonly LayerLine[]): Outcome | undefined {
  if (lab.another !== undefined) {
    const cure = `Nothing is changed until this is cleared: stop the other controller, then set ${annotation.takeOver}`;
    return {
      is: "stalled",
      reason: "AnotherControllerActs",
      message: `${lab.another}. ${cure}`,
      afterMs: LOOK_AGAIN_MS,
    };
  }
  if (layers.length === 0)
    return { is: "waiting", reason: "MembersMissing", message: "no HomelabLayer is declared in this namespace yet" };
  if (homelab.spec.suspend) {
    const message = "suspended: everything is observed and nothing is changed; each guest says what would be done";
    return { is: "settled", reason: "Suspended", message };
  }
  const stuck = layers.find(({ outcome }) => outcome.is === "stalled");
  if (stuck === undefined) return undefined;
  const { reason, message } = stuck.outcome;
  return { is: "stalled", reason, message: `layer ${stuck.name}: ${message}`, afterMs: LOOK_AGAIN_MS };
}

function goingDown(layers: readonly LayerLine[]): Outcome {
  const up = layers.filter(({ outcome }) => outcome.is !== "settled").map(({ name }) => name);
  if (up.length === 0) {
    const besides = layers.flatMap(({ outcome }) => /left running: .*/.exec(outcome.message)?.[0] ?? []).join("; ");
    const message = `every layer is stopped, as declared${besides === "" ? "" : `; ${besides}`}`;
    return { is: "settled", reason: "Stopped", message };
  }
  const message = `stopping, the top layer first; still up: ${up.toReversed().join(", ")}`;
  return { is: "progressing", reason: "Stopping", message, afterMs: LOOK_AGAIN_MS };
}

/** What the hosts hide is told by the ProxmoxCluster (O3). */
function blind(lab: Lab, layers: readonly LayerLine[]): Outcome | undefined {
  const connecting = layers.find(({ outcome }) => outcome.reason === "Connecting");
  if (connecting !== undefined) return { is: "waiting", reason: "Connecting", message: connecting.outcome.message };
  const dark = layers.find(({ outcome }) => outcome.is === "unknown");
  if (dark === undefined) return undefined;
  const troubles = [...lab.clusters.values()].flatMap(({ object, reach }) =>
    "message" in reach ? [`${object.metadata.name}: ${reach.message}`] : [],
  );
  const offline = lab.hosts.filter((host) => !host.online).map((host) => `node ${host.name} is offline`);
  const text = [...troubles, ...offline].join("; ");
  return { is: "unknown", reason: dark.outcome.reason, message: text === "" ? "some guests cannot be seen" : text };
}

function booting(boot: Boot | undefined): Outcome | undefined {
  if (boot === undefined || boot.finishTime !== undefined) return undefined;
  const step = (boot.steps ?? []).findLast(({ state }) => state === "Running");
  const at = step === undefined ? "beginning" : `${step.name}${step.message === undefined ? "" : `: ${step.message}`}`;
  const reason = isRecovery(boot) ? "Recovering" : "Booting";
  return { is: "progressing", reason, message: `boot ${boot.cause}: ${at}`, afterMs: 1000 };
}

/**
 * Nothing was ever booted, and the applied objects still come in: the first boot is decided when they are quiet (L2). A
 * lab that runs already needs none.
 */
function settling(lab: Lab): Outcome | undefined {
  if (lab.quiet || lab.homelab?.status?.lastBoot !== undefined) return undefined;
  if ([...lab.members.values()].some(({ power }) => power === "Running")) return undefined;
  const message = "waits until the applied objects have been quiet for 2 s";
  return { is: "waiting", reason: "IntentSettling", message, afterMs: 200 };
}

function atWork(lab: Lab, layers: readonly LayerLine[]): Outcome {
  const unready = layers
    .filter(({ outcome }) => outcome.is !== "settled")
    .map((line) => `${line.name} (${line.outcome.reason})`);
  const sick = [...lab.members.values()].filter(isSick);
  if (unready.length === 0 && sick.length === 0)
    return {
      is: "settled",
      reason: "Settled",
      message: "every layer is ready and every guest that should run is healthy",
    };
  const parts = [
    ...(unready.length === 0 ? [] : [`not ready: ${unready.join(", ")}`]),
    ...(sick.length === 0 ? [] : [`not healthy: ${namesOf(sick)}`]),
  ];
  const reason = sick.some((member) => member.repairing) ? "Recovering" : "Degraded";
  return { is: "progressing", reason, message: parts.join("; "), afterMs: LOOK_AGAIN_MS };
}

/** Should run, may be started by us, is not healthy. What a person stopped is as that person wants it. */
function isSick(member: Member): boolean {
  return member.wanted === "Running" && !member.held && !member.leaving && !member.suspended && !isHealthy(member);
}

function namesOf(members: readonly Member[]): string {
  return members
    .slice(0, 20)
    .map((member) => member.object.metadata.name)
    .join(", ");
}

function healthyClaim(lab: Lab): Claim {
  const sick = [...lab.members.values()].filter(isSick);
  if (sick.length === 0)
    return { type: "Healthy", status: "True", reason: "AllHealthy", message: "every guest that should run is healthy" };
  return { type: "Healthy", status: "False", reason: "NotAllHealthy", message: `not healthy: ${namesOf(sick)}` };
}

function eventsOf(before: Boot | undefined, boot: Boot, because: string): EventNote[] {
  if (before?.id !== boot.id) {
    const type = isRecovery(boot) ? "Warning" : "Normal";
    return [{ type, reason: "BootBegins", action: "Boot", message: `boot ${boot.id}: ${because}` }];
  }
  return [...preflightEvents(before, boot), ...(before.finishTime === boot.finishTime ? [] : [finished(boot)])];
}

/** A check that fails is told once, and again when it is given up (L2). */
function preflightEvents(before: Boot, boot: Boot): EventNote[] {
  return (boot.steps ?? []).flatMap((step): EventNote[] => {
    const old = before.steps?.find(({ name }) => name === step.name);
    const fails = old?.message === undefined && step.state === "Running";
    const givenUp = old?.state !== "Skipped" && step.state === "Skipped";
    if (!step.name.startsWith("preflight ") || step.message === undefined || (!fails && !givenUp)) return [];
    return [
      { type: "Warning", reason: "PreflightFailing", action: "Observe", message: `${step.name}: ${step.message}` },
    ];
  });
}

function finished(boot: Boot): EventNote {
  const end = boot.steps?.at(-1);
  const failed = end?.state === "Failed";
  const parts = [
    `boot ${boot.id} took ${(boot.durationSeconds ?? 0).toFixed(1)} s`,
    ...(boot.mttrSeconds === undefined
      ? []
      : [`recovered ${boot.mttrSeconds.toFixed(1)} s after it was last seen good`]),
    ...(failed ? [end.message ?? ""] : []),
  ];
  const message = `${parts.join(", ")}; critical path: ${(boot.criticalPath ?? []).join(", ")}`;
  return { type: failed ? "Warning" : "Normal", reason: "BootFinished", action: "Boot", message };
}
