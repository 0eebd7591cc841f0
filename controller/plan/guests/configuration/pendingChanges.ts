import { annotation } from "../../../api/meta.ts";
import type { Container, GuestStatus, VirtualMachine } from "../../../api/index.ts";
import type { GuestConfig } from "../../../providers/port.ts";
import { wiredOf } from "../creation.ts";
import type { Guest, Lab } from "../../lab.ts";
import type { Difference } from "./difference.ts";
import { isRestartAsked } from "../restartRequest.ts";
import { corrects, updatePolicyOf } from "./policy.ts";

type Pending = NonNullable<GuestStatus["pendingChanges"]>[number];

interface Around {
  readonly config: GuestConfig;
  readonly differences: readonly Difference[];
  readonly lab: Pick<Lab, "segments">;
  /** It runs since before the status was written. */
  readonly sameStart: boolean;
  /** Why its restart is not made yet, where one is due. */
  readonly turn: string | undefined;
}

const MOST = 64;

/** What is declared and not in effect, and why it waits: for the guest's next start, or for a person's word. */
export function pendingChanges(object: Guest, around: Around): readonly Pending[] {
  const after = stored(object, around.turn);
  const byHand =
    corrects(object) && updatePolicyOf(object) === "Manual" && !isRestartAsked(object)
      ? around.differences.filter(({ way }) => way.is === "restart")
      : [];
  return [
    ...around.config.pending.map((key) => ({ field: fieldOf(object, key) ?? key, message: after })),
    ...unseen(object, around).map((field) => ({ field, message: after })),
    ...byHand.map(({ field }) => ({
      field,
      message: `updatePolicy is Manual: it is written, and the guest restarted, when ${annotation.restartedAt} gets a new value`,
    })),
  ].slice(0, MOST);
}

function stored(object: Guest, turn: string | undefined): string {
  const written = "it is stored, and in effect when Proxmox starts the guest next";
  if (updatePolicyOf(object) !== "Restart") return `${written}; annotate ${annotation.restartedAt} to restart it`;
  return turn === undefined ? `${written}: it is restarted for it` : `${written}: ${turn}`;
}

/** The declared field that a key of Proxmox's pending list stands for; undefined: nothing that is declared. */
function fieldOf(object: Guest, key: string): string | undefined {
  const { dns, networks = [] } = object.spec;
  const cloud = key.replace("ipconfig", "net");
  if (key === "nameserver" && dns?.nameservers !== undefined) return "dns.nameservers";
  if (key === "searchdomain" && dns?.searchDomain !== undefined) return "dns.searchDomain";
  if (networks.some(({ name }) => name === cloud)) return `networks[${cloud}]`;
  return object.kind === "Container" ? ofContainer(object, key) : ofVm(object, key);
}

function ofContainer({ spec }: Container, key: string): string | undefined {
  if (key === "features" && spec.features !== undefined) return "features";
  return (spec.mounts ?? []).some(({ name }) => name === key) ? `mounts[${key}]` : undefined;
}

function ofVm({ spec }: VirtualMachine, key: string): string | undefined {
  const plain: Readonly<Record<string, readonly [field: string, declared: unknown]>> = {
    memory: ["resources.memory", spec.resources?.memory],
    balloon: ["balloon", spec.balloon],
    cores: ["cpu.cores", spec.cpu?.cores],
    sockets: ["cpu.sockets", spec.cpu?.sockets],
    cpu: ["cpu.type", spec.cpu?.type],
    machine: ["machine", spec.machine],
    bios: ["bios", spec.bios],
    agent: ["guestAgent", spec.guestAgent],
    efidisk0: ["efiDisk", spec.efiDisk],
    tpmstate0: ["tpm", spec.tpm],
    ciuser: ["cloudInit.user", spec.cloudInit?.user],
  };
  const [field, declared] = plain[key] ?? [];
  if (declared !== undefined) return field;
  if ((spec.disks ?? []).some(({ name }) => name === key)) return `disks[${key}]`;
  return (spec.hostDevices ?? []).some(({ name }) => name === key) ? `hostDevices[${key}]` : undefined;
}

const WHOLE: ReadonlySet<string> = new Set([
  "hostname",
  "features",
  "balloon",
  "machine",
  "bios",
  "guestAgent",
  "efiDisk",
  "tpm",
]);

/** A field of the spec, and not a bare key of Proxmox's: what a restart of ours is for. */
export function isDeclared({ field }: Pending): boolean {
  return /[.[]/.test(field) || WHOLE.has(field);
}

/**
 * Proxmox calls an MTU and a host name current as soon as they are stored; inside the guest they change with its next
 * start. That they were written since its last one is known from the difference the status showed before.
 */
function unseen(object: Guest, { differences, lab, sameStart }: Around): readonly string[] {
  if (!sameStart || object.kind !== "Container") return [];
  const { drift = [], pendingChanges: waited = [] } = object.status ?? {};
  return [...quiet(object, lab)].flatMap(([field, desired]) => {
    if (differences.some((one) => one.field === field)) return [];
    const differed = drift.find((one) => one.field === field);
    const waits = differed === undefined ? waited.some((one) => one.field === field) : differed.desired === desired;
    return waits ? [field] : [];
  });
}

function quiet({ spec }: Container, { segments }: Pick<Lab, "segments">): ReadonlyMap<string, string> {
  const mtus = (spec.networks ?? []).flatMap((network): [string, string][] => {
    const wired = wiredOf(network, segments);
    if (typeof wired === "string" || wired.mtu === undefined) return [];
    return [[`networks[${network.name}].mtu`, String(wired.mtu)]];
  });
  return new Map([
    ...(spec.hostname === undefined ? [] : [["hostname", spec.hostname.toLowerCase()] as const]),
    ...mtus,
  ]);
}
