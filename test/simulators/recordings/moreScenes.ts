import type { GuestOptions } from "../proxmox/options.ts";
import { BEYOND, container, MACHINE, OTHERS, patch, quiet, started, steps, type Scene } from "./machine.ts";

const ORDER = "the order of a list inside a text is that of a Perl hash";

export const lxcSnapshot: Scene = {
  options: {
    ...MACHINE,
    guests: [
      container(140, { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:EA:CE:EB,type=veth" }),
      container(141, { rootfs: "dirstore:141/vm-141-disk-0.raw,size=1G" }),
    ],
  },
  leftOut: {
    "clone-from-snapshot-full-running": "the text is that of mount",
    "status-after-rollback-start": "how far the start has come is a matter of milliseconds",
  },
  before: {
    "create-s2-running": steps(patch(140, { config: { memory: 1024 } }), started(140)),
    "resize-with-snapshots": quiet,
  },
};

const COPIED = {
  memory: 256,
  mp0: "local-zfs:subvol-143-disk-1,mp=/data,size=1G",
  net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:23:2B:33,ip=10.0.0.9/24,type=veth",
  onboot: 1,
  tags: "a",
};

export const lxcDisks: Scene = {
  options: { ...MACHINE, guests: [container(101), container(143, COPIED)] },
  leftOut: {
    "storage-content-templates": "sizes of the recording machine",
    "storage-content-rootdir": OTHERS,
    "storage-list-node": ORDER,
    "storage-status": ORDER,
    "storage-cfg": BEYOND,
    "storage-cfg-one": BEYOND,
    "storage-cfg-missing": BEYOND,
    "content-alloc": BEYOND,
    "content-get-volume": BEYOND,
    "pool-add": "the recorder had put it into the pool",
    "acl-after-destroy": OTHERS,
  },
  before: { "clone-full": (simulator) => simulator.admin("POST", "/guests", container(143, COPIED)) },
};

/** A VM as the recorder made it: with nothing but a vmid. */
const bare = (vmid: number, config: Readonly<Record<string, string>> = {}): GuestOptions => ({
  vmid,
  type: "qemu",
  config: {
    name: null,
    memory: null,
    cores: null,
    sockets: null,
    ostype: null,
    agent: null,
    net0: null,
    boot: " ",
    meta: "m",
    ...config,
  },
});

export const qemuConfig: Scene = {
  options: { ...MACHINE, taskSeconds: { qmconfig: 0 }, guests: [container(101), bare(200)] },
  leftOut: {
    "list-empty": "VM 200 stands here from the beginning",
    "put-cloudinit-second": "the text is that of genisoimage",
    "clone-full": "the text is that of qemu-img",
  },
  before: { list: quiet },
};
