import type { VirtualMachine } from "../../api/index.ts";
import type { ImageDownload, MachineCreate } from "../../providers/port.ts";
import { imageIn } from "./cloudImage.ts";
import { changeNeeds } from "./configuration/changeNeeds.ts";
import type { GuestAction } from "./guestAction.ts";
import type { Lab } from "../lab.ts";
import { guestPath, on, type Need } from "../need.ts";
import { NOTHING, vmCreationOf } from "./vmCreation.ts";

/** What making a VM, cloning one, or fetching its image needs of the token (contract 9.1). */
export function machineNeeds({ op, creation }: Pick<GuestAction, "op" | "creation">): readonly Need[] {
  if (creation === undefined || !("is" in creation)) return [];
  const image = op === "Download" ? imageIn(creation) : undefined;
  return image === undefined ? callNeeds(creation) : downloadNeeds(image);
}

/** All that will be needed until a VM that does not exist is made; nothing where its spec leads to no call. */
export function vmCreationNeeds(
  vm: VirtualMachine,
  { segments }: Pick<Lab, "segments">,
  nodes: readonly string[],
): readonly Need[] {
  const { clone } = vm.spec.source ?? {};
  // Which of several nodes it is to be on, a spec says that leads to a call at all.
  const site = {
    node: nodes[0],
    nodes,
    segments,
    source: clone === undefined ? undefined : { vmid: clone.vmid, node: "", template: true },
  };
  const creation = vmCreationOf(vm, site);
  if (creation === undefined || "refused" in creation) return [];
  const image = imageIn(creation);
  return [...callNeeds(creation), ...(image === undefined ? [] : downloadNeeds(image))];
}

function callNeeds(creation: MachineCreate): readonly Need[] {
  const path = guestPath(creation.vmid);
  const made = on(path, "VM.Allocate");
  if (creation.is === "clone") {
    const { source, storage } = creation;
    const space = storage === undefined ? [] : on(`/storage/${storage}`, "Datastore.AllocateSpace");
    return [...made, ...on(guestPath(source.vmid), "VM.Clone"), ...space];
  }
  const { change, iso, sshKeys } = creation;
  const imports = (change.disks ?? []).flatMap((disk) => ("storage" in disk ? (disk.importFrom ?? []) : []));
  return [
    ...made,
    // Name and system, the kind of controller, the order of boot: each creation says them.
    ...on(path, "VM.Config.Options", "VM.Config.HWType", "VM.Config.Disk"),
    ...changeNeeds(creation.vmid, { change }, NOTHING),
    ...(iso === undefined ? [] : on(path, "VM.Config.CDROM")),
    ...(sshKeys === undefined ? [] : on(path, "VM.Config.Cloudinit")),
    ...[...imports, ...(iso === undefined ? [] : [iso])].flatMap(sourceNeeds),
  ];
}

/** A file is read by who sees its storage; a disk of another machine by who may clone that. */
function sourceNeeds(volume: string): readonly Need[] {
  const owner = /(?:^|[-:/])(?:vm|base)-(\d+)-/.exec(volume)?.[1];
  return owner === undefined ? [seeing(volume.split(":")[0] ?? "")] : on(guestPath(Number(owner)), "VM.Clone");
}

function seeing(storage: string): Need {
  return { privilege: "Datastore.Audit", path: `/storage/${storage}`, or: ["Datastore.AllocateSpace"] };
}

/** Reaching the network from a node is a privilege of its own (contract 7.3). */
function downloadNeeds({ node, storage }: ImageDownload): readonly Need[] {
  return [
    ...on(`/storage/${storage}`, "Datastore.AllocateTemplate"),
    { privilege: "Sys.AccessNetwork", path: `/nodes/${node}`, unless: on("/", "Sys.Audit", "Sys.Modify") },
    seeing(storage),
  ];
}
