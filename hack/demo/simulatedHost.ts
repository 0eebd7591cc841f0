import type { Container } from "../../controller/api/index.ts";
import { mebibytesOf } from "../../controller/base/quantity.ts";
import type { Behaviour, GuestOptions, Service, SimulatorOptions } from "../../test/simulators/proxmox/options.ts";
import { HOST } from "./demoManifests.ts";

type Probe = NonNullable<Container["spec"]["probes"]>[number];

/** Seconds from a guest's start until its services listen. The seed gives none; the slow ones are slow here too. */
const bootSeconds: Readonly<Record<string, number>> = {
  omada21: 5,
  monitoring30: 3,
  dbempleosdelatlantico: 3,
  nodebb: 4,
  "devops-lab": 2,
  ollamaserver: 4,
  homeassistant119: 4,
  nvr69: 3,
};
const DEFAULT_BOOT_SECONDS = 2;

export interface HostWish {
  /** None of the containers exists yet. */
  readonly empty: boolean;
  /** The guest whose services another program serves. */
  readonly hollow?: number | undefined;
}

/** The host nosotros as a simulation: the declared containers, and what each will serve. */
export function simulatedHost(containers: readonly Container[], { empty, hollow }: HostWish): SimulatorOptions {
  return {
    nodes: [HOST],
    bridges: [{ iface: "vmbr0", cidr: "192.168.0.10/24", gateway: "192.168.0.1", ports: "eno1", vlanAware: true }],
    guests: empty ? [] : containers.map((each) => ({ ...placeOf(each), ...guestOf(each) })),
    behaviours: Object.fromEntries(
      containers.map((each) => {
        const behaviour = behaviourOf(each);
        return [String(each.spec.vmid), each.spec.vmid === hollow ? { ...behaviour, services: [] } : behaviour];
      }),
    ),
    hostRebootSeconds: 1,
  };
}

function behaviourOf({ metadata, spec }: Container): Behaviour {
  return {
    bootSeconds: bootSeconds[metadata.name] ?? DEFAULT_BOOT_SECONDS,
    shutdownSeconds: 1,
    services: (spec.probes ?? []).map(serviceOf),
  };
}

/** What a probe asks for is what the guest serves. */
function serviceOf(probe: Probe): Service {
  if (probe.postgres !== undefined) return { protocol: "postgres", port: probe.postgres.port };
  if (probe.httpGet !== undefined) return { protocol: "http", port: probe.httpGet.port };
  if (probe.tcpSocket !== undefined) return { protocol: "tcp", port: probe.tcpSocket.port };
  throw new Error(`the demo serves nothing for probe ${probe.name}`);
}

function placeOf({ spec: { node } }: Container): Pick<GuestOptions, "node"> {
  return node === undefined ? {} : { node };
}

/** As it would be found on a host whose lab was built by hand to the same plan. */
function guestOf({ spec }: Container): GuestOptions {
  const { resources } = spec;
  const config = {
    ...(spec.description === undefined ? {} : { description: spec.description }),
    ...(resources?.cores === undefined ? {} : { cores: resources.cores }),
    ...(resources?.memory === undefined ? {} : { memory: mebibytesOf(resources.memory) ?? null }),
    ...(resources?.swap === undefined ? {} : { swap: mebibytesOf(resources.swap) ?? null }),
    ...(spec.rootfs === undefined
      ? {}
      : {
          rootfs: `${spec.rootfs.storage}:subvol-${String(spec.vmid)}-disk-0,size=${spec.rootfs.size.replace("i", "")}`,
        }),
  };
  return { vmid: spec.vmid, name: spec.hostname ?? `CT${String(spec.vmid)}`, config };
}
