import type { ClusterSeen, GuestSeen, NodeSeen, ProxmoxPort } from "../../controller/providers/port.ts";
import { config, seen } from "../plan/inputs.ts";

export const US = "controller@pve!lab";
export const never = new AbortController().signal;

/** A port that answers as the test says and keeps what it was asked: "start 101", "tasks pve1". */
export interface ScriptedPort extends ProxmoxPort {
  readonly asked: string[];
}

/** All guests stopped by default are none: one node "pve1", the guest "db" running and marked. */
export function scriptedPort(answers: Partial<ProxmoxPort> = {}): ScriptedPort {
  const asked: string[] = [];
  const answer = <T>(what: string, value: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(value);
  };
  return {
    asked,
    tlsVerified: true,
    identity: US,
    seen: () => clusterSeen([seen()]),
    reach: () => ({ is: "reachable" }),
    sure: () => true,
    onChange: () => () => undefined,
    hurry: () => void asked.push("hurry"),
    keepBusy: () => undefined,
    mark: () => 100,
    permissions: () => answer("permissions", new Map()),
    readGuest: (ref) => answer(`readGuest ${ref.vmid}`, seen()),
    readConfig: (ref) => answer(`readConfig ${ref.vmid}`, config()),
    readAddresses: (ref) => answer(`readAddresses ${ref.vmid}`, ["10.0.0.1"]),
    proveAbsence: (vmid) => answer(`proveAbsence ${vmid}`, "absent"),
    tasks: (node) => answer(`tasks ${node}`, []),
    taskState: (upid) => answer(`taskState ${upid}`, { is: "running" }),
    taskLog: (upid) => answer(`taskLog ${upid}`, []),
    losses: (ref) => answer(`losses ${ref.vmid}`, []),
    bridges: () => answer("bridges", []),
    snapshots: (ref) => answer(`snapshots ${ref.vmid}`, []),
    canSnapshot: (ref) => answer(`canSnapshot ${ref.vmid}`, true),
    createSnapshot: (ref, { name }) => answer(`createSnapshot ${ref.vmid} ${name}`, "UPID:snapshot"),
    deleteSnapshot: (ref, name) => answer(`deleteSnapshot ${ref.vmid} ${name}`, "UPID:delsnapshot"),
    createObstacles: (call) => answer(`createObstacles ${call.vmid}`, []),
    hasVolume: (_, volume) => answer(`hasVolume ${volume}`, true),
    download: ({ volume }) => answer(`download ${volume}`, "UPID:download"),
    start: (ref) => answer(`start ${ref.vmid}`, "UPID:start"),
    shutdown: (ref, how) => answer(`shutdown ${ref.vmid} ${JSON.stringify(how)}`, "UPID:shutdown"),
    migrationObstacles: (ref, target) => answer(`migrationObstacles ${ref.vmid} ${target}`, []),
    migrate: (ref, { target }) => answer(`migrate ${ref.vmid} ${target}`, "UPID:migrate"),
    create: (call) => answer(`create ${call.vmid}`, "UPID:create"),
    createMachine: (call) => answer(`createMachine ${call.vmid}`, "UPID:createMachine"),
    destroy: (ref) => answer(`destroy ${ref.vmid}`, "UPID:destroy"),
    configure: (ref, change, digest) => answer(`configure ${ref.vmid} ${JSON.stringify(change)} ${digest}`, undefined),
    configureByTask: (ref, _, digest) => answer(`configureByTask ${ref.vmid} ${digest}`, "UPID:config"),
    resize: (ref, growth, digest) => answer(`resize ${ref.vmid} ${JSON.stringify(growth)} ${digest}`, "UPID:resize"),
    close: () => undefined,
    ...answers,
  };
}

export function node(change: Partial<NodeSeen> = {}): NodeSeen {
  return { name: "pve1", online: true, rebooted: false, ...change };
}

export function clusterSeen(
  guests: readonly GuestSeen[],
  { sequence = 1, nodes = [node()] }: { readonly sequence?: number; readonly nodes?: readonly NodeSeen[] } = {},
): ClusterSeen {
  return {
    sequence,
    version: "9.1",
    nodes: new Map(nodes.map((one) => [one.name, one])),
    guests: new Map(guests.map((guest) => [guest.vmid, guest])),
    nodeTasks: new Map(),
  };
}
