import { rfc3339Millis } from "../../base/clock.ts";
import { concerns, hasRun, layerPower, NO_BOOT, type Host, type Lab, type Member } from "../lab.ts";
import { perLab } from "../perLab.ts";

/** A boot begins (L0). */
export interface Beginning {
  readonly cause: "FirstStart" | "HostReboot" | "AllDown" | "PowerOn";
  /** The node, with its ProxmoxCluster, or the layer it is about; neither: the whole lab. */
  readonly node?: string;
  readonly cluster?: string;
  readonly layer?: string;
  readonly message: string;
}

/** What the Homelab has accounted for, to be written together with the boot it leads to: one patch, no gap (L7, L10). */
export interface Accounts {
  readonly nodes: readonly { readonly cluster: string; readonly name: string; readonly bootTime: string }[];
  /** Layers that are Stopped by themselves or by a layer below, "*" for the whole lab. */
  readonly stopped: readonly string[];
}

export interface BootTurn {
  readonly beginning: Beginning | undefined;
  readonly accounts: Accounts;
  /** A beginning cannot be told yet; until then nothing starts. The sentence says what is being looked at. */
  readonly pending: string | undefined;
}

const REBOOT_TOLERANCE_MS = 60_000;
/** Guests that went down further apart did not go down at once. */
const AT_ONCE_MS = 30_000;
export const WHOLE_LAB = "*";

/** Whether a boot begins now. Pure; the Homelab's pass writes the result, and until then no guest starts. */
export function bootTurn(lab: Lab): BootTurn {
  return turnOf(lab, "");
}

const turnOf = perLab((lab: Lab): BootTurn => {
  const accounts = accountsOf(lab);
  const nothing = { beginning: undefined, accounts, pending: undefined };
  if (lab.homelab === undefined) return nothing;
  const beginning = hostReboot(lab) ?? powerOn(lab, accounts) ?? firstStart(lab);
  return beginning === undefined ? allDown(lab, nothing) : { ...nothing, beginning: scoped(beginning, lab) };
});

/** True when the Homelab's pass has something to write before a guest may start. */
export function isUnrecorded(lab: Lab, turn: BootTurn): boolean {
  return turn.beginning !== undefined || turn.pending !== undefined || hasTurnedOn(lab, turn.accounts);
}

/** While an earlier boot goes on, another one takes its guests over, so that none of them loses its place (L0). */
function scoped(beginning: Beginning, lab: Lab): Beginning {
  const before = lab.homelab?.status?.lastBoot;
  if (before === undefined || before.finishTime !== undefined) return beginning;
  return { cause: beginning.cause, message: beginning.message };
}

function hasTurnedOn(lab: Lab, { stopped }: Accounts): boolean {
  return (lab.homelab?.status?.stopped ?? []).some((name) => !stopped.includes(name));
}

function accountsOf(lab: Lab): Accounts {
  const before = lab.homelab?.status?.nodes ?? [];
  const nodes = lab.hosts.flatMap((host) => {
    const known = before.find((node) => isSame(node, host));
    if (known !== undefined && !hasRebooted(host, known.bootTime)) return [known];
    if (host.bootTime === undefined) return [];
    return [{ cluster: host.cluster, name: host.name, bootTime: rfc3339Millis(host.bootTime) }];
  });
  const kept = before.filter((node) => !lab.hosts.some((host) => isSame(node, host)));
  const whole = lab.homelab?.spec.powerState === "Stopped" ? [WHOLE_LAB] : [];
  const layers = [...lab.layers.keys()].filter(
    (name) => layerPower(name, undefined, lab.layers, lab.order) === "Stopped",
  );
  return { nodes: [...nodes, ...kept], stopped: [...whole, ...layers.sort()] };
}

function isSame(node: { readonly cluster: string; readonly name: string }, host: Host): boolean {
  return node.cluster === host.cluster && node.name === host.name;
}

/** Later than recorded by more than the tolerance, or seen by this process (L7). */
function hasRebooted(host: Host, recorded: string): boolean {
  if (host.bootTime === undefined || !host.online) return false;
  const before = Date.parse(recorded);
  return host.bootTime - before > REBOOT_TOLERANCE_MS || (host.rebooted && host.bootTime !== before);
}

/** Hosts that have rebooted and not all of whose guests run (L7). Several at once are one boot of the whole lab. */
function hostReboot(lab: Lab): Beginning | undefined {
  const hosts = lab.hosts.filter((host) => {
    const known = lab.homelab?.status?.nodes?.find((node) => isSame(node, host));
    return known !== undefined && hasRebooted(host, known.bootTime) && hasDownGuests(lab, host);
  });
  const [host, another] = hosts;
  if (host === undefined) return undefined;
  const message = `${another === undefined ? "host" : "hosts"} ${hosts.map(({ name }) => name).join(", ")} rebooted`;
  return {
    cause: "HostReboot",
    ...(another === undefined ? { node: host.name, cluster: host.cluster } : {}),
    message,
  };
}

function hasDownGuests(lab: Lab, host: Host): boolean {
  return [...lab.members.values()].some(
    (member) =>
      member.node === host.name && member.cluster === host.cluster && startable(member) && member.power !== "Running",
  );
}

/** Layers that are to run again, as one boot: of the lowest of them if the others are above it, else of the whole lab. */
function powerOn(lab: Lab, { stopped }: Accounts): Beginning | undefined {
  const before = lab.homelab?.status?.stopped ?? [];
  if (lab.homelab?.spec.powerState === "Stopped") return undefined;
  if (before.includes(WHOLE_LAB)) return { cause: "PowerOn", message: "powerState of the Homelab is Running again" };
  const on = before.filter((name) => lab.layers.has(name) && !stopped.includes(name));
  if (on.length === 0) return undefined;
  const message = `powerState is Running again: ${on.join(", ")}`;
  const lowest = on.find((name) => on.every((other) => other === name || lab.order.above(name).includes(other)));
  return { cause: "PowerOn", ...(lowest === undefined ? {} : { layer: lowest }), message };
}

/** The go switch, with nothing running (L0). */
function firstStart(lab: Lab): Beginning | undefined {
  if (lab.homelab?.status?.lastBoot !== undefined || !lab.quiet || mayHaveRun(lab)) return undefined;
  if (![...lab.members.values()].some((member) => member.cluster !== undefined && startable(member))) return undefined;
  return { cause: "FirstStart", message: "the Homelab is applied and nothing runs" };
}

/** What cannot be seen may run. Asked at every change, and mostly the first one runs. */
function mayHaveRun(lab: Lab): boolean {
  for (const { cluster, power, object } of lab.members.values()) {
    if (cluster === undefined) continue;
    // It ran when the switch was thrown: what came down later is another story.
    if (power === "Running" || power === "Unknown" || object.status?.bootID === NO_BOOT) return true;
  }
  return false;
}

/**
 * Everything that ran went down at once, and no stop by a person or a task explains it (L7). While a boot goes on this
 * is part of it, and each guest's restarts count: else a lab that can't stay up would begin boots for ever.
 */
function allDown(lab: Lab, nothing: BootTurn): BootTurn {
  const boot = lab.homelab?.status?.lastBoot;
  if (boot !== undefined && boot.finishTime === undefined) return nothing;
  const ran = downTogether(lab);
  if (ran.length < 2) return nothing;
  const unexplained = ran.find((member) => member.downCause === undefined);
  if (unexplained !== undefined) return { ...nothing, pending: "everything went down at once; looking for the reason" };
  if (ran.some((member) => member.downCause !== "Crashed")) return nothing;
  return { ...nothing, beginning: { cause: "AllDown", message: `all ${ran.length} guests went down at once` } };
}

/** Everything that ran and should run, if all of it is down and went down at once; else nobody. */
function downTogether(lab: Lab): readonly Member[] {
  const ran: Member[] = [];
  for (const member of lab.members.values()) {
    if (!startable(member) || member.held || !hasRun(lab, member) || !concerns(lab, member)) continue;
    if (member.power !== "Stopped") return [];
    ran.push(member);
  }
  return atOnce(lab, ran) ? ran : [];
}

function atOnce(lab: Lab, members: readonly Member[]): boolean {
  const times = members.map((member) => member.downSince ?? lab.monotonic);
  return Math.max(...times) - Math.min(...times) <= AT_ONCE_MS;
}

/** Members whose start is ours to give. */
export function startable(member: Member): boolean {
  return (
    member.wanted === "Running" &&
    !member.leaving &&
    !member.suspended &&
    member.problem === undefined &&
    member.object.spec.management !== "Observe"
  );
}
