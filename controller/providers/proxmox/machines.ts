import type { ImageDownload, MachineCreate } from "../port.ts";
import { present } from "../shared/decode.ts";
import { configParams } from "./configParams.ts";
import type { Engine } from "./engine.ts";
import { upidOf } from "./tasks.ts";

/** UPID of the task that makes a VM, or clones one. */
export async function createMachine(engine: Engine, wanted: MachineCreate, signal: AbortSignal): Promise<string> {
  const api = engine.api({ signal });
  if (wanted.is === "clone") {
    const { source, node, vmid, name, full, storage } = wanted;
    const clone = api.nodes.$(source.node).qemu.$(source.vmid).clone;
    const target = node === source.node ? undefined : node;
    const params = present({ newid: vmid, name, full, storage: full ? storage : undefined, target });
    return upidOf(await clone.$post(params));
  }
  const { qemu } = api.nodes.$(wanted.node);
  return upidOf(await qemu.$post(createParams(wanted) as Parameters<typeof qemu.$post>[0]));
}

type Made = Extract<MachineCreate, { readonly is: "machine" }>;

/** Parameters of `POST /nodes/{n}/qemu` (contract 5.1). What is not said is as Proxmox's own form proposes. */
function createParams({ vmid, name, change, iso, image, sshKeys }: Made): object {
  const { digest: _, delete: __, ...config } = configParams("qemu", { ...change, name }, "");
  const disks = (change.disks ?? []).map(({ key }) => key);
  const drive = iso === undefined ? {} : { ide2: `${iso},media=cdrom` };
  const order = [...disks, ...(iso === undefined ? [] : ["ide2"])];
  return {
    vmid,
    ostype: "l26",
    scsihw: "virtio-scsi-single",
    ...config,
    // Cloud images write to a serial console, and some do not boot without one.
    ...(image === undefined ? {} : { serial0: "socket" }),
    ...drive,
    ...(order.length === 0 ? {} : { boot: `order=${order.join(";")}` }),
    // Encoded once more inside the value (contract 1.5).
    ...(sshKeys === undefined ? {} : { sshkeys: encodeURIComponent(sshKeys) }),
  };
}

/** UPID of the task that fetches a disk image, or checks the one that is there (contract 7.3). */
export async function downloadImage(
  engine: Engine,
  { node, storage, file, url, algorithm, checksum }: ImageDownload,
  signal: AbortSignal,
): Promise<string> {
  const download = engine.api({ signal }).nodes.$(node).storage.$(storage)["download-url"];
  const params = { content: "import", filename: file, url, checksum, "checksum-algorithm": algorithm };
  return upidOf(await download.$post(params as Parameters<typeof download.$post>[0]));
}
