import type { ContainerCreate, CreateObstacle, MachineCreate } from "../../controller/providers/port.ts";
import { wantsOf } from "../../controller/providers/proxmox/creationWants.ts";
import type { FakeImages } from "./proxmoxImages.ts";

/** What a cluster has to create with. */
interface Stock {
  readonly storages: Set<string> | undefined;
  readonly fullStorages: Set<string>;
  readonly templates: Set<string> | undefined;
  readonly images: FakeImages;
  readonly bridges: readonly { readonly name: string }[];
}

/** What reading tells beforehand of a create; `create` refuses or fails for the same causes. */
export function obstacles(world: Stock, create: ContainerCreate | MachineCreate): readonly CreateObstacle[] {
  const wanted = wantsOf(create);
  const at = ` on node ${wanted.node}`;
  const storages = [...new Set([...wanted.volumes, ...wanted.stores].map(({ storage }) => storage))];
  const found = (kind: CreateObstacle["kind"], texts: readonly string[]): readonly CreateObstacle[] =>
    texts.map((message) => ({ kind, message }));
  const missing = storages.filter((name) => world.storages?.has(name) === false);
  const full = storages.filter((name) => world.fullStorages.has(name));
  const bridges = wanted.wires
    .map((net) => net.bridge ?? "")
    .filter((name) => name !== "" && !world.bridges.some((bridge) => bridge.name === name));
  const files = wanted.files.filter(({ content, volume }) =>
    content === "vztmpl" ? world.templates?.has(volume) === false : !world.images.has(volume),
  );
  return [
    ...found(
      "spec",
      missing.map((name) => `storage '${name}' does not exist${at}`),
    ),
    ...found(
      "space",
      full.map((name) => `storage '${name}'${at} is full`),
    ),
    ...found(
      "bridge",
      bridges.map((name) => `bridge '${name}' does not exist${at}`),
    ),
    ...found(
      "spec",
      files.map(({ what, volume }) => `${what} '${volume}' does not exist${at}`),
    ),
  ];
}

/** Text of a create task that fails although the call was taken; undefined when it goes well. */
export function createFault(world: Stock, { vmid, template, rootfs, mounts }: ContainerCreate): string | undefined {
  const failed = `unable to create CT ${String(vmid)}`;
  if (world.templates?.has(template) === false) return `${failed} - volume '${template}' does not exist`;
  if (![rootfs, ...mounts].some(({ storage }) => world.fullStorages.has(storage))) return undefined;
  return `${failed} - zfs error: cannot create 'rpool/data/subvol-${String(vmid)}-disk-0': out of space`;
}
