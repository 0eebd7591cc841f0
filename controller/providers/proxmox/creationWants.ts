import type { ContainerCreate, MachineCreate } from "../port.ts";
import { parseProperties } from "./wire.ts";

/** What a storage may hold, in Proxmox's word. */
export type Content = "rootdir" | "images" | "vztmpl" | "iso" | "import" | "snippets";

/** A file that must be on a storage before the call. */
export interface WantedFile {
  /** template, ISO image, … */
  readonly what: string;
  readonly volume: string;
  readonly content: Content;
  /** How a person gets it. */
  readonly cure: string;
}

/** What a create call takes of its node. */
export interface Wants {
  readonly node: string;
  readonly volumes: readonly { readonly storage: string; readonly sizeMiB: number; readonly content: Content }[];
  /** Storages that must take files of this content. */
  readonly stores: readonly { readonly storage: string; readonly content: Content }[];
  readonly wires: readonly { readonly bridge?: string; readonly mtu?: number }[];
  readonly files: readonly WantedFile[];
}

export function wantsOf(create: ContainerCreate | MachineCreate): Wants {
  if (!("is" in create)) return containerWants(create);
  return create.is === "machine" ? machineWants(create) : cloneWants(create);
}

function containerWants({ node, rootfs, mounts, networks, template }: ContainerCreate): Wants {
  const [storage = "", file = ""] = template.split(":");
  return {
    node,
    volumes: [rootfs, ...mounts].map(({ storage: on, sizeMiB }) => ({ storage: on, sizeMiB, content: "rootdir" })),
    stores: [],
    wires: networks,
    files: [
      {
        what: "template",
        volume: template,
        content: "vztmpl",
        cure: `on the node: pveam download ${storage} ${file.replace(/^vztmpl\//, "")}`,
      },
    ],
  };
}

type Made = Extract<MachineCreate, { readonly is: "machine" }>;

/** Volumes whose size Proxmox chooses; none is larger. */
const SMALL_MIB = 4;

function machineWants({ node, change, iso, image }: Made): Wants {
  const { disks = [], efiDisk, tpm, cloudInitDrive, networks = [] } = change;
  const userData = userDataOf(change.ciCustom);
  const made = disks.flatMap((disk) => ("storage" in disk ? [disk] : []));
  const small = [efiDisk, tpm, cloudInitDrive].flatMap((one) => (one === undefined ? [] : [one.storage]));
  const imports = made.flatMap(({ importFrom = "" }) =>
    importFrom.includes(":import/") && importFrom !== image?.volume ? [importFrom] : [],
  );
  return {
    node,
    volumes: [
      ...made.map(({ storage, sizeMiB }) => ({ storage, sizeMiB, content: "images" as const })),
      ...small.map((storage) => ({ storage, sizeMiB: SMALL_MIB, content: "images" as const })),
    ],
    stores: image === undefined ? [] : [{ storage: image.storage, content: "import" }],
    wires: networks,
    files: [
      ...(iso === undefined
        ? []
        : [
            fileOf(
              "ISO image",
              iso,
              "iso",
              "upload it there, or let the node fetch it (storage, ISO Images, Download from URL)",
            ),
          ]),
      ...imports.map((volume) => fileOf("disk image", volume, "import", "upload it there (storage, Import)")),
      ...(userData === undefined
        ? []
        : [
            fileOf(
              "user data",
              userData,
              "snippets",
              "no API call writes it: put the file into the folder snippets of that storage on the node, /var/lib/vz/snippets for local",
            ),
          ]),
    ],
  };
}

/** The file that holds the user's part of cloud-init's data. */
function userDataOf(ciCustom: string | undefined): string | undefined {
  return parseProperties(ciCustom ?? "", "user").get("user");
}

function fileOf(what: string, volume: string, content: Content, cure: string): WantedFile {
  return { what, volume, content, cure };
}

/** Where the disks of a clone go is the source's matter, unless a storage is named. */
function cloneWants({ node, storage }: Extract<MachineCreate, { readonly is: "clone" }>): Wants {
  const volumes = storage === undefined ? [] : [{ storage, sizeMiB: 0, content: "images" as const }];
  return { node, volumes, stores: [], wires: [], files: [] };
}
