import type { VirtualMachine } from "../../api/index.ts";
import type { MachineCreate } from "../../providers/port.ts";
import { changeOf, type Edit } from "./configuration/difference.ts";
import { differencesOf } from "./configuration/differences.ts";
import { imageOf, isOlder } from "./cloudImage.ts";
import {
  gatewayFilled,
  invalid,
  isRefused,
  misaddressed,
  networkOf,
  nodeRefused,
  type CreationSite,
  type Refused,
} from "./creation.ts";
import { markText } from "../mark.ts";

/** What of the outside the creation of a VM needs beyond that of a container. */
export interface MachineSite extends CreationSite {
  /** Where the machine to clone is; undefined: nowhere that can be seen. */
  readonly source: { readonly vmid: number; readonly node: string; readonly template: boolean } | undefined;
  /** Versions of Proxmox VE by node, where known. */
  readonly versions?: ReadonlyMap<string, string>;
}

/** The call that makes a VirtualMachine; a sentence when the spec allows none; undefined when it does not ask for one. */
export function vmCreationOf(vm: VirtualMachine, site: MachineSite): MachineCreate | Refused | undefined {
  if (!isAskedFor(vm)) return undefined;
  const { spec, metadata } = vm;
  const node = spec.node ?? site.node ?? site.source?.node;
  if (node === undefined) return invalid(`spec.node is needed: the cluster has nodes ${site.nodes.join(", ")}`);
  const refused = nodeRefused(node, site) ?? networksRefused(vm, site) ?? tooOld(vm, node, site);
  if (refused !== undefined) return refused;
  const made = { vmid: spec.vmid, node, name: spec.hostname ?? metadata.name };
  const clone = spec.source?.clone;
  return clone === undefined ? anew(vm, made, site) : cloneOf(clone, made, site);
}

/** It says what it is made from. */
function isAskedFor({ spec: { source = {}, disks = [] } }: VirtualMachine): boolean {
  return source.clone !== undefined || source.iso !== undefined || disks.length > 0;
}

interface Made {
  readonly vmid: number;
  readonly node: string;
  readonly name: string;
}

function anew(vm: VirtualMachine, made: Made, site: MachineSite): MachineCreate {
  const { iso } = vm.spec.source ?? {};
  const image = imageOf(vm.spec.source ?? {}, made.node);
  const change = whole(vm, made.node, site);
  const disks = (change.disks ?? []).map((disk, index) =>
    image !== undefined && index === 0 && "storage" in disk ? { ...disk, importFrom: image.volume } : disk,
  );
  return {
    is: "machine",
    ...made,
    change: { ...change, ...(disks.length === 0 ? {} : { disks }), tags: [markText(vm.metadata)] },
    ...(iso === undefined ? {} : { iso }),
    ...(image === undefined ? {} : { image }),
    ...(site.sshKeys === undefined ? {} : { sshKeys: site.sshKeys }),
  };
}

type Clone = NonNullable<NonNullable<VirtualMachine["spec"]["source"]>["clone"]>;

function cloneOf({ vmid, full = true, storage }: Clone, made: Made, { source }: MachineSite): MachineCreate | Refused {
  if (source === undefined)
    return invalid(
      `source.clone.vmid ${String(vmid)} is no virtual machine that can be seen; correct it, or grant VM.Audit and VM.Clone on /vms/${String(vmid)}`,
    );
  if (!full && !source.template)
    return invalid(
      `source.clone.full: false makes a linked clone, and VM ${String(vmid)} is no template; make it one (on the node: qm template ${String(vmid)}), or write full: true`,
    );
  return {
    is: "clone",
    ...made,
    source: { vmid: source.vmid, node: source.node },
    full,
    ...(storage === undefined ? {} : { storage }),
  };
}

/** Storages hold disk images to import since 8.3. */
function tooOld({ spec }: VirtualMachine, node: string, { versions }: MachineSite): Refused | undefined {
  const version = versions?.get(node);
  const imports = (spec.disks ?? []).some(({ importFrom = "" }) => importFrom.includes(":import/"));
  const what = spec.source?.cloudImage !== undefined ? "source.cloudImage" : imports ? "importFrom" : undefined;
  if (what === undefined || version === undefined || !isOlder(version, 8, 3)) return undefined;
  return invalid(
    `${what} needs Proxmox VE 8.3 or newer on node ${node}, which has ${version}: upgrade it, or make a template by hand and write source.clone`,
  );
}

function networksRefused({ spec }: VirtualMachine, site: MachineSite): Refused | undefined {
  return (
    (spec.networks ?? []).map((network) => networkOf(network, site.segments)).find(isRefused) ?? misaddressed(site)
  );
}

/** All that is declared, as it differs from a machine that has nothing. */
function whole(vm: VirtualMachine, node: string, { segments }: MachineSite): ReturnType<typeof changeOf> {
  const empty = { ...NOTHING, networks: (vm.spec.networks ?? []).map(({ name }) => ({ key: name, name })) };
  const edits = differencesOf(vm, NOTHING, { node }, { segments }).flatMap(({ way }): readonly Edit[] =>
    way.is === "live" || way.is === "restart" ? [way.edit] : [],
  );
  // An interface that is new has no address to compare: that one is told from an interface that is there.
  const networks = (vm.spec.networks ?? []).map((network) => gatewayFilled(network, segments));
  const addresses = differencesOf({ ...vm, spec: { ...vm.spec, networks } }, empty, { node }, { segments }).flatMap(
    ({ way }): readonly Edit[] => (way.is === "live" && way.edit.on === "address" ? [way.edit] : []),
  );
  return changeOf([...edits, ...addresses], empty);
}

/** The configuration of a VM that has nothing. */
export const NOTHING = {
  digest: "",
  pending: [],
  mounts: [],
  unused: [],
  networks: [],
  nameservers: [],
  onboot: false,
  startup: {},
  protection: false,
  tags: [],
  template: false,
  otherKeys: [],
  vm: { disks: [], hostDevices: {} },
} as const;
