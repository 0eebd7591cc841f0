import { concerns, hasRun, type Host, type Lab, type Member } from "./lab.ts";

/** A boot begins (L0). */
export interface Beginning {
  readonly cause: "FirstStart" | "HostReboot" | "AllDown" | "PowerOn";
  /** The node or layer it is about; neither: the whole lab. */
  readonly node?: string;
  readonly layer?: string;
  readonly message: string;
}

/** What the Homelab has accounted for, to be written together with the boot it leads to: one patch, no gap (L7, L10). */
export interface Accounts {
  readonly nodes: readonly { readonly cluster: string; readonly name: string; readonly bootTime: string }[];
  /** Layers declared Stopped, "*" for the whole lab. */
  readonly stopped: readonly string[];
}

export interface BootTurn {
  readonly beginning: Beginning | undefined;
  readonly accounts: Accounts;
  /** A beginning cannot be told yet; until then nothing starts. The sentence says what is being looked at. */
  readonly pending: string | undefined;
}

const REBOOT_TOLERANCE_MS = 60_000;
export const WHOLE_LAB = "*";

/** Decides whether a boot begins now. Pure; the Homelab's pass writes the result, and until then no guest starts. */
export function bootTurn(lab: Lab): BootTurn {
  const accounts = accountsOf(lab);
  const nothing = { beginning: undefined, accounts, pending: undefined };
  if (lab.homelab === undefined) return nothing;
  const beginning = hostReboot(lab) ?? powerOn(lab, accounts) ?? firstStart(lab);
  if (beginning !== undefined) return { ...nothing, beginning };
  return allDown(lab, nothing);
}

/** True when what the Homelab has on record differs from what is, so that its pass has something to write first. */
export function isUnrecorded(lab: Lab, turn: BootTurn): boolean {
  return turn.beginning !== undefined || turn.pending !== undefined || !sameStopped(lab, turn.accounts);
}

function sameStopped(lab: Lab, accounts: Accounts): boolean {
  const before = lab.homelab?.status?.stopped ?? [];
  return before.length === accounts.stopped.length && before.every((name) => accounts.stopped.includes(name));
}

function accountsOf(lab: Lab): Accounts {
  const before = lab.homelab?.status?.nodes ?? [];
  const nodes = lab.hosts.flatMap((host) => {
    const known = before.find((node) => node.cluster === host.cluster && node.name === host.name);
    if (known !== undefined && !hasRebooted(host, known.bootTime)) return [known];
    if (host.bootTime === undefined) return [];
    return [{ cluster: host.cluster, name: host.name, bootTime: new Date(host.bootTime).toISOString() }];
  });
  const kept = before.filter(
    (node) => !lab.hosts.some((host) => host.cluster === node.cluster && host.name === node.name),
  );
  const stopped = [...lab.layers.values()]
    .filter((layer) => layer.spec.powerState === "Stopped")
    .map((l) => l.metadata.name);
  const whole = lab.homelab?.spec.powerState === "Stopped" ? [WHOLE_LAB] : [];
  return { nodes: [...nodes, ...kept], stopped: [...whole, ...stopped.sort()] };
}

/** Later than recorded by more than the tolerance, or seen by this process (L7). */
function hasRebooted(host: Host, recorded: string): boolean {
  if (host.bootTime === undefined || !host.online) return false;
  const before = Date.parse(recorded);
  return host.bootTime - before > REBOOT_TOLERANCE_MS || (host.rebooted && host.bootTime !== before);
}

function hostReboot(lab: Lab): Beginning | undefined {
  for (const host of lab.hosts) {
    const known = lab.homelab?.status?.nodes?.find((node) => node.cluster === host.cluster && node.name === host.name);
    if (known === undefined || !hasRebooted(host, known.bootTime)) continue;
    const guests = [...lab.members.values()].filter((member) => member.node === host.name && startable(member));
    if (guests.length === 0 || guests.every((member) => member.power === "Running")) continue;
    return { cause: "HostReboot", node: host.name, message: `host ${host.name} has rebooted` };
  }
  return undefined;
}

function powerOn(lab: Lab, accounts: Accounts): Beginning | undefined {
  const before = lab.homelab?.status?.stopped ?? [];
  if (lab.homelab?.spec.powerState === "Stopped") return undefined;
  if (before.includes(WHOLE_LAB)) return { cause: "PowerOn", message: "powerState of the Homelab is Running again" };
  const layer = before.find((name) => lab.layers.has(name) && !accounts.stopped.includes(name));
  if (layer === undefined) return undefined;
  return { cause: "PowerOn", layer, message: `powerState of layer ${layer} is Running again` };
}

/** The go switch, with nothing running (L0). */
function firstStart(lab: Lab): Beginning | undefined {
  if (lab.homelab?.status?.lastBoot !== undefined || !lab.quiet) return undefined;
  if ([...lab.clusters.values()].some((cluster) => cluster.reach.is === "connecting")) return undefined;
  const members = [...lab.members.values()];
  if (members.some((member) => member.power === "Running") || !members.some(startable)) return undefined;
  return { cause: "FirstStart", message: "the Homelab is applied and nothing runs" };
}

/** Everything that ran in this boot is down, and no stop by a person or a task explains it (L7). */
function allDown(lab: Lab, nothing: BootTurn): BootTurn {
  const ran = [...lab.members.values()].filter(
    (member) => startable(member) && !member.held && hasRun(lab, member) && concerns(lab, member),
  );
  if (ran.length < 2 || ran.some((member) => member.power !== "Stopped")) return nothing;
  const unexplained = ran.find((member) => member.downCause === undefined);
  if (unexplained !== undefined)
    return { ...nothing, pending: `everything went down at once; looking for the reason (${unexplained.id})` };
  if (ran.some((member) => member.downCause !== "Crashed")) return nothing;
  return { ...nothing, beginning: { cause: "AllDown", message: `all ${String(ran.length)} guests went down at once` } };
}

/** Members whose start is ours to give. */
export function startable(member: Member): boolean {
  return (
    member.wanted === "Running" &&
    !member.leaving &&
    !member.suspended &&
    member.problem === undefined &&
    !(member.object.spec.management === "Observe")
  );
}
