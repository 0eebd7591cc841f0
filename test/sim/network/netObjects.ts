import {
  AccessRule,
  ClientGroup,
  NetworkDevice,
  NetworkSegment,
  OmadaController,
  WirelessNetwork,
  parseSpec,
  type Kind,
  type ObjectOf,
} from "../../../controller/api/index.ts";
import type { NetworkSeen } from "../../../controller/providers/omadaSeen.ts";
import type { FakeLab } from "../../fakes/lab.ts";
import type { FakeOmada } from "../../fakes/omada.ts";

/** One network object of any kind, as the API server has it, its spec with the defaults. */
export type NetDeclared = ReturnType<typeof netObjects>[number];

/** Objects of a kind whose spec can be read. */
function read<K extends Kind>(lab: FakeLab, kind: K): readonly ObjectOf<K>[] {
  return lab.kube.all(kind.kind).flatMap((object) => {
    const parsed = parseSpec(kind, object);
    return parsed.ok ? [{ ...object, spec: parsed.spec } as ObjectOf<K>] : [];
  });
}

export const segmentsIn = (lab: FakeLab): readonly NetworkSegment[] => read(lab, NetworkSegment);
export const devicesIn = (lab: FakeLab): readonly NetworkDevice[] => read(lab, NetworkDevice);
export const wlansIn = (lab: FakeLab): readonly WirelessNetwork[] => read(lab, WirelessNetwork);
export const rulesIn = (lab: FakeLab): readonly AccessRule[] => read(lab, AccessRule);
export const groupsIn = (lab: FakeLab): readonly ClientGroup[] => read(lab, ClientGroup);
export const controllersIn = (lab: FakeLab): readonly OmadaController[] => read(lab, OmadaController);

export function netObjects(
  lab: FakeLab,
): readonly (NetworkSegment | NetworkDevice | WirelessNetwork | AccessRule | ClientGroup)[] {
  return [...segmentsIn(lab), ...devicesIn(lab), ...wlansIn(lab), ...rulesIn(lab), ...groupsIn(lab)];
}

export function idOf({ kind, metadata }: Pick<NetDeclared, "kind" | "metadata">): string {
  return `${kind}/${metadata.name}`;
}

export function isLeaving({ metadata }: Pick<NetDeclared, "metadata">): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export const markOf = (name: string): string => `[hl:lab/${name}]`;

export function networkName({ spec, metadata }: NetworkSegment): string {
  return spec.omada?.networkName ?? metadata.name;
}

/** Whether the object, its controller or the lab is suspended. */
export function isSuspended(lab: FakeLab, one: Pick<NetDeclared, "spec">): boolean {
  const homelab = lab.kube.all("Homelab")[0]?.spec as { readonly suspend?: boolean } | undefined;
  const controller = controllersIn(lab)[0];
  return one.spec.suspend || homelab?.suspend === true || controller?.spec.suspend === true;
}

/** Deletion and drift policy, of a device too. */
export function policiesOf(one: NetDeclared): {
  readonly deletionPolicy?: string;
  readonly driftPolicy?: string;
  readonly adoption?: string;
} {
  return one.spec;
}

/** The network of a segment as it is declared. */
export function networkFor(site: FakeOmada, one: NetworkSegment): NetworkSeen | undefined {
  const { vlan } = one.spec;
  return site.networks.find(
    (network) => network.name === networkName(one) && (vlan === undefined ? network.primary : network.vlan === vlan),
  );
}
