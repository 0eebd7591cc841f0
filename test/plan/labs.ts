import {
  Container,
  Homelab,
  HomelabLayer,
  parseSpec,
  type HomelabLayerStatus,
  type HomelabStatus,
} from "../../controller/api/index.ts";
import { API_VERSION, type Stored } from "../../controller/api/meta.ts";
import { circlesOf, dependentsIn, waitGraph } from "../../controller/plan/layers/dependencies.ts";
import { graphOf, orderOf } from "../../controller/plan/graph.ts";
import { idOf, layerPower, type Lab, type Member } from "../../controller/plan/lab.ts";
import { MemberTable } from "../../controller/plan/layers/memberTable.ts";

type Spec = Readonly<Record<string, unknown>>;

/** Wall clock of every lab here. */
export const NOW = Date.UTC(2026, 0, 1, 12);
/** Monotonic clock of every lab here. */
export const MONOTONIC = 1_000_000;

export interface LayerWish {
  readonly needs?: readonly string[];
  readonly spec?: Spec;
  readonly status?: Partial<HomelabLayerStatus>;
}

export interface GuestWish extends Partial<Member> {
  readonly layer: string;
  readonly spec?: Spec;
  readonly status?: object;
}

export interface LabWish extends Partial<Omit<Lab, "layers" | "members" | "homelab">> {
  readonly layers: Readonly<Record<string, LayerWish>>;
  /** By name; vmids are 101, 102, … in this order. */
  readonly guests?: Readonly<Record<string, GuestWish>>;
  readonly homelab?: { readonly spec?: Spec; readonly status?: Partial<HomelabStatus> } | undefined;
}

let generation = 0;

function stored(kind: string, name: string, spec: unknown, status: object | undefined): Stored {
  const metadata = {
    name,
    namespace: "lab",
    uid: `${kind}/${name}`,
    resourceVersion: "1",
    generation: ++generation,
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  return {
    apiVersion: API_VERSION,
    kind,
    metadata,
    spec,
    ...(status === undefined ? {} : { status: { observedGeneration: 1, ...status } }),
  };
}

function parsed<T>(
  object: Stored,
  result: { ok: true; spec: T } | { ok: false; problems: readonly string[] },
): Stored & { spec: T } {
  if (!result.ok) throw new Error(`${object.kind}/${object.metadata.name}: ${result.problems.join("; ")}`);
  return { ...object, spec: result.spec };
}

/** A Lab at one moment, warm and quiet, all guests healthy for long, unless wished otherwise. */
export function labOf(wish: LabWish): Lab {
  const layers = new Map(
    Object.entries(wish.layers).map(([name, { needs = [], spec = {}, status }]) => {
      const object = stored(
        "HomelabLayer",
        name,
        { dependsOn: needs.map((need) => ({ name: need })), ...spec },
        status,
      );
      return [name, parsed(object, parseSpec(HomelabLayer, object)) as HomelabLayer];
    }),
  );
  const home = wish.homelab ?? {};
  const object = stored("Homelab", "home", home.spec ?? {}, home.status);
  const homelab =
    "homelab" in wish && wish.homelab === undefined
      ? undefined
      : (parsed(object, parseSpec(Homelab, object)) as Homelab);
  const order = orderOf(
    graphOf([...layers].map(([name, layer]) => [name, (layer.spec.dependsOn ?? []).map((need) => need.name)])),
  );
  const members = Object.entries(wish.guests ?? {}).map(([name, guest], index) => {
    const { spec, status, ...rest } = guest;
    const container = stored(
      "Container",
      name,
      { vmid: 101 + index, layerRef: { name: guest.layer }, ...spec },
      status,
    );
    const object = parsed(container, parseSpec(Container, container)) as Container;
    const declared = object.spec.powerState === "Stopped" ? "Stopped" : layerPower(guest.layer, homelab, layers, order);
    return memberOf({ object, wanted: declared, ...rest });
  });
  const objects = members.map((member) => member.object);
  const { layers: _, guests: __, homelab: ___, ...rest } = wish;
  return {
    namespace: "lab",
    now: NOW,
    monotonic: MONOTONIC,
    homelab,
    layers,
    order,
    circles: circlesOf(objects, waitGraph(objects, order, layers.keys())),
    dependents: dependentsIn(objects),
    members: new Map(members.map((member) => [member.id, member])),
    byLayer: MemberTable.of(members).byLayer,
    invalid: new Map(),
    clusters: new Map(),
    segments: new Map(),
    hosts: [],
    preflights: [],
    self: undefined,
    lastGood: undefined,
    another: undefined,
    warm: true,
    quiet: true,
    releasedMs: new Map(),
    ...rest,
  };
}

function memberOf(wish: Partial<Member> & Pick<Member, "object" | "layer" | "wanted">): Member {
  const power = wish.power ?? "Running";
  const health = wish.health ?? (power === "Running" ? "Healthy" : "Unknown");
  return {
    id: idOf(wish.object),
    cluster: "pve",
    node: "pve1",
    power,
    health,
    healthySince: health === "Healthy" ? 0 : undefined,
    startTime: undefined,
    problem: undefined,
    held: false,
    leaving: false,
    unstoppable: undefined,
    stopping: false,
    repairing: false,
    downSince: power === "Running" ? undefined : MONOTONIC - 1000,
    lastGood: undefined,
    downCause: undefined,
    onboot: false,
    agent: undefined,
    suspended: false,
    ...wish,
  };
}

/** The member of this name. */
export function member(lab: Lab, name: string): Member {
  const found = lab.members.get(`Container/${name}`);
  if (found === undefined) throw new Error(`the lab has no ${name}`);
  return found;
}

/** Status of a Homelab in a boot that goes on. */
export function inBoot(
  id = "boot-1",
  more: Partial<NonNullable<HomelabStatus["lastBoot"]>> = {},
): Partial<HomelabStatus> {
  return { lastBoot: { id, cause: "FirstStart", startTime: new Date(NOW - 60_000).toISOString(), ...more } };
}
