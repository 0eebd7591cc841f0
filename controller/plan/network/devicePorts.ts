import type { NetworkDevice } from "../../api/index.ts";
import type { Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { DeviceSeen, PortSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled, waiting } from "../outcomes.ts";
import type { Drift } from "./drift.ts";
import type { NetPatch, NetStep } from "./netInput.ts";
import {
  carriedOf,
  lockOf,
  networkChange,
  type DeclaredPort,
  type PortAround,
  type PortInput,
  type ReportedPort,
} from "./portNetworks.ts";

export interface PortChanges {
  readonly drift: readonly Drift[];
  readonly step?: NetStep | undefined;
  readonly obstacle?: Outcome | undefined;
  readonly facts: NetPatch;
  readonly claim?: Claim | undefined;
}

interface PortPlan {
  readonly drift: readonly Drift[];
  readonly step?: NetStep | undefined;
  readonly obstacle?: Outcome | undefined;
  readonly report: ReportedPort;
  /** Undefined: no networks are declared. */
  readonly verified?: boolean | "unread";
}

/** The declared ports of a switch: one step at a time, networks after what they need (N2). */
export function portChanges(object: NetworkDevice, device: DeviceSeen, seen: SiteSeen, input: PortInput): PortChanges {
  const declared = object.spec.ports ?? [];
  if (declared.length === 0) return { drift: [], facts: {} };
  const plans = declared.map((port) => planPort(port, { object, device, seen, input }));
  const ports = plans.map(({ report }) => report);
  const at = plans.findIndex(({ step }) => step !== undefined);
  const found = plans[at];
  const step = found?.step === undefined ? undefined : { ...found.step, drift: found.drift };
  return {
    drift: plans.flatMap(({ drift }) => drift),
    obstacle: plans.find(({ obstacle }) => obstacle !== undefined)?.obstacle,
    step: step === undefined ? undefined : withRecord(step, ports, at),
    facts: { ports },
    claim: verifiedClaim(plans, seen),
  };
}

/** What was written where nobody can read it back is on record once the call was answered. */
function withRecord(step: NetStep, ports: readonly ReportedPort[], at: number): NetStep {
  const written = step.done?.["written"];
  if (typeof written !== "string") return step;
  return { ...step, done: { ports: ports.map((port, index) => (index === at ? { ...port, written } : port)) } };
}

function planPort(port: DeclaredPort, around: PortAround): PortPlan {
  const { object, device } = around;
  const before = object.status?.ports?.find(({ number }) => number === port.number);
  const actual = device.ports?.find(({ number }) => number === port.number);
  const report = reportOf(port, before, actual);
  if (actual === undefined) return { drift: [], report, obstacle: noPort(port, device) };
  const small = smallChanges(port, actual, around);
  if (port.nativeSegmentRef === undefined) return { ...small, report };
  const carried = carriedOf(port, around);
  if ("is" in carried) return { ...small, report, obstacle: carried };
  const networks = networkChange(port, actual, carried, { ...around, before });
  return {
    ...networks,
    drift: [...small.drift, ...networks.drift],
    step: small.step ?? networks.step,
    report,
    verified: actual.nativeNetworkId === undefined ? "unread" : networks.drift.length === 0,
  };
}

function reportOf(
  { number }: DeclaredPort,
  before: ReportedPort | undefined,
  actual: PortSeen | undefined,
): ReportedPort {
  const written = before?.written === undefined ? {} : { written: before.written };
  if (actual?.linkUp === undefined) return { number, link: "Unknown", ...written };
  return { number, link: actual.linkUp ? "Up" : "Down", ...written };
}

function noPort(port: DeclaredPort, { ports, name, role }: DeviceSeen): Outcome {
  if (ports === undefined) return waiting("Connecting", `the ports of ${name} are being read`, 2_000);
  return stalled(
    "SpecInvalid",
    `${role} ${name} has no port ${String(port.number)}, only ${String(ports.length)} ports`,
  );
}

/** Name and power of a port. */
function smallChanges(port: DeclaredPort, actual: PortSeen, around: PortAround): Pick<PortPlan, "drift" | "step"> {
  const { device } = around;
  const field = `ports[${String(port.number)}]`;
  const what = `port ${String(port.number)} of ${device.name}`;
  const write = (wish: object): NetStep["write"] => ({ call: "setPort", device: device.mac, port: port.number, wish });
  const isNamed = port.name === undefined || actual.name === undefined || port.name === actual.name;
  const isSet = port.enabled === undefined || actual.enabled === undefined || port.enabled === actual.enabled;
  const drift = [
    ...(isNamed ? [] : [{ field: `${field}.name`, desired: port.name ?? "", actual: actual.name ?? "" }]),
    ...(isSet ? [] : [{ field: `${field}.enabled`, desired: String(port.enabled), actual: String(actual.enabled) }]),
  ];
  if (!isNamed) return { drift, step: { write: write({ name: port.name }), what } };
  if (isSet) return { drift };
  const locksOut = !port.enabled ? lockOf(actual, around, false) : undefined;
  return { drift, step: { write: write({ enabled: port.enabled }), what, locksOut } };
}

function verifiedClaim(plans: readonly PortPlan[], seen: SiteSeen): Claim | undefined {
  const said = plans.filter(({ verified }) => verified !== undefined);
  if (said.length === 0) return undefined;
  const claim = (status: Claim["status"], reason: string, message: string): Claim => ({
    type: "PortsVerified",
    status,
    reason,
    message,
  });
  if (said.some(({ verified }) => verified === "unread")) {
    const why = seen.abilities.webRefused ?? "the Secret has no username and password for a web session";
    return claim("Unknown", "NeedsWebSession", `Omada does not tell what the ports carry: ${why}`);
  }
  const wrong = said.filter(({ verified }) => verified === false).map(({ report }) => String(report.number));
  if (wrong.length > 0) return claim("False", "Drifted", `not as declared: port ${wrong.join(", ")}`);
  return claim("True", "AsDeclared", "every declared port carries what is declared");
}
