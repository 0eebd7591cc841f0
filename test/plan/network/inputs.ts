import {
  AccessRule,
  ClientGroup,
  NetworkDevice,
  NetworkSegment,
  parseSpec,
  WirelessNetwork,
} from "../../../controller/api/index.ts";
import { API_VERSION, type BaseStatus, type Metadata } from "../../../controller/api/meta.ts";
import type { Action, Decision } from "../../../controller/plan/action.ts";
import type { Paths } from "../../../controller/plan/network/lockOut.ts";
import type { NetInput, NetStep } from "../../../controller/plan/network/netInput.ts";
import type { DeviceSeen, NetworkSeen, SiteSeen } from "../../../controller/providers/omadaSeen.ts";
import { NOW } from "../labs.ts";

const kinds = { AccessRule, ClientGroup, NetworkDevice, NetworkSegment, WirelessNetwork };
interface Objects {
  readonly AccessRule: AccessRule;
  readonly ClientGroup: ClientGroup;
  readonly NetworkDevice: NetworkDevice;
  readonly NetworkSegment: NetworkSegment;
  readonly WirelessNetwork: WirelessNetwork;
}

interface Rest {
  readonly status?: object;
  readonly metadata?: Partial<Metadata>;
}

/** A network object as the API server has it; its uid is its name. A field of `spec` that is undefined is left out. */
export function declared<K extends keyof Objects>(kind: K, name: string, spec: object, rest: Rest = {}): Objects[K] {
  const metadata = {
    ...{ name, namespace: "lab", uid: name, resourceVersion: "1", generation: 2 },
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...rest.metadata,
  };
  const result = parseSpec(kinds[kind], { spec: JSON.parse(JSON.stringify(spec)) as unknown });
  if (!result.ok) throw new Error(result.problems.join("; "));
  const status = rest.status === undefined ? {} : { status: { observedGeneration: 1, ...rest.status } };
  const object: unknown = { apiVersion: API_VERSION, kind, metadata, spec: result.spec, ...status };
  return object as Objects[K];
}

/** VLAN 20 of the site, with 192.168.20.1/24. */
export function network(change: Partial<NetworkSeen> = {}): NetworkSeen {
  const base = { id: "n20", name: "servers", primary: false, purpose: "Interface", vlan: 20 } as const;
  return { ...base, gatewaySubnet: "192.168.20.1/24", ...change };
}

export function device(change: Partial<DeviceSeen> & Pick<DeviceSeen, "mac">): DeviceSeen {
  return { role: "Switch", name: change.mac, model: "SG3428", state: "Connected", ...change };
}

/** A site of 6.x with a gateway; what `change` does not say was not asked for. */
export function site({
  devices = [],
  ...change
}: Partial<Omit<SiteSeen, "devices">> & { readonly devices?: readonly DeviceSeen[] } = {}): SiteSeen {
  return {
    ...{ sequence: 1, version: "6.2.10.17", omadacId: "c", siteId: "s", siteName: "Default" },
    abilities: { portVlans: "port", readsPorts: true, gateway: true },
    devices: new Map(devices.map((one) => [one.mac, one])),
    ...change,
  };
}

export function paths(change: Partial<Paths> = {}): Paths {
  return { hosts: [], own: [], guests: [], localPorts: new Map(), ...change };
}

/** A site that is seen, and nothing in the way. */
export function netInput(change: Partial<NetInput> = {}): NetInput {
  return {
    link: { is: "seen", controller: "omada", seen: site() },
    forbidden: undefined,
    suspended: false,
    namespaceTerminating: false,
    brakeFor: () => ({ recent: 0, max: 1, confirmed: false, hash: "", held: [] }),
    paths: paths(),
    memory: { disproved: false, leavingMs: 3_600_000 },
    now: NOW,
    ...change,
  };
}

export const CREATE: NetStep = {
  write: { call: "createNetwork", wish: { name: "servers", purpose: "Interface", vlan: 20 } },
  what: "network servers (VLAN 20)",
};
export const DELETE: NetStep = { write: { call: "deleteNetwork", id: "n20" }, what: "network servers (VLAN 20)" };

/** What a decision comes to, in a line: "stalled HeldByBrake in 30000, holds Delete: spec.brake …". */
export function line<T extends BaseStatus, A extends Action>(
  decision: Pick<Decision<T, A>, "outcome"> & Partial<Decision<T, A>>,
): string {
  const { outcome, action, held, finalizer, events = [] } = decision;
  const said = (before: string, what: string | number | undefined): string =>
    what === undefined ? "" : `${before} ${String(what)}`;
  const after = said(" in", "afterMs" in outcome ? outcome.afterMs : undefined);
  const done = said(", does", action?.op) + said(", holds", held?.op) + said(", finalizer", finalizer);
  const told = events.map(({ type, reason }) => `, ${type} ${reason}`).join("");
  return `${outcome.is} ${outcome.reason}${after}${done}${told}: ${outcome.message}`;
}
