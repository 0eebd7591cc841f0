/** The configuration of a guest in our own words; part of `port.ts`, through which everybody sees it. */

export interface NetworkInterface {
  /** net0, net1, … */
  readonly key: string;
  readonly name: string;
  /** VM: virtio, e1000, … */
  readonly model?: string;
  readonly bridge?: string;
  readonly vlan?: number;
  readonly mtu?: number;
  /** Upper case, colons. */
  readonly mac?: string;
  readonly firewall?: boolean;
  /** CIDR, "dhcp", "manual"; absent: none. */
  readonly ipv4?: string;
  readonly gateway4?: string;
  readonly ipv6?: string;
  readonly gateway6?: string;
  /** Options as stored that no field above holds; a write carries them on. */
  readonly other?: Readonly<Record<string, string>>;
}

export interface Mount {
  /** rootfs, mp0, … */
  readonly key: string;
  /** Volume id or host path. */
  readonly volume: string;
  /** Of the volume as it is, also where a change of the mount waits. */
  readonly sizeMiB?: number;
  /** A change that waits says an older size than the volume has by now; it would be stored with the next start. */
  readonly staleSize?: true;
  readonly path?: string;
  readonly backup?: boolean;
  readonly readOnly?: boolean;
  /** Options as stored that no field above holds; a write carries them on. */
  readonly other?: Readonly<Record<string, string>>;
}

/** A volume that is made and mounted; its size is whole MiB. */
export interface NewMount {
  readonly key: string;
  readonly path: string;
  readonly storage: string;
  readonly sizeMiB: number;
  readonly backup?: boolean;
  readonly readOnly?: boolean;
}

/** Configuration of a guest as stored, pending values merged in. Fields that are not set are absent. */
export interface GuestConfig {
  readonly digest: string;
  /** Keys whose value is not in effect yet: Proxmox applies them when it starts the guest next. Sorted. */
  readonly pending: readonly string[];
  readonly name?: string;
  readonly description?: string;
  readonly cores?: number;
  /** Text, as Proxmox keeps it ("1.5"). */
  readonly cpuLimit?: string;
  readonly cpuWeight?: number;
  readonly memoryMiB?: number;
  readonly swapMiB?: number;
  readonly unprivileged?: boolean;
  readonly features?: Readonly<Record<string, string>>;
  readonly rootfs?: Mount;
  readonly mounts: readonly Mount[];
  /** Volume ids of unusedN. */
  readonly unused: readonly string[];
  readonly networks: readonly NetworkInterface[];
  readonly nameservers: readonly string[];
  readonly searchDomain?: string;
  readonly onboot: boolean;
  readonly startup: Startup;
  readonly protection: boolean;
  readonly tags: readonly string[];
  readonly template: boolean;
  readonly lock?: string;
  /** Keys of the stored configuration that no field above holds. */
  readonly otherKeys: readonly string[];
  /** VM: SMBIOS uuid, lower case; to find out whether a Kubernetes node is this VM (I6). */
  readonly smbiosUuid?: string;
  /** VM: is the guest agent enabled. */
  readonly agent?: boolean;
  /** VM: what a container has not. */
  readonly vm?: VmHardware;
}

/** What a VM is made of, as stored. Texts are Proxmox's own where a write must carry options that we do not manage. */
export interface VmHardware {
  /** "pc-q35-9.2+pve1,viommu=intel". */
  readonly machine?: string;
  readonly bios?: string;
  /** "host,flags=+aes". */
  readonly cpu?: string;
  readonly sockets?: number;
  /** 0: switched off. */
  readonly balloonMiB?: number;
  readonly disks: readonly Disk[];
  /** Keys it tries to boot from, in order. */
  readonly bootOrder?: readonly string[];
  /** Volume ids. */
  readonly efiDisk?: string;
  readonly tpm?: string;
  /** Volume of the cloud-init drive. */
  readonly cloudInitDrive?: string;
  readonly ciUser?: string;
  /** Files in place of cloud-init's own data: "user=local:snippets/web.yaml,vendor=…". */
  readonly ciCustom?: string;
  /** "enabled=1,fstrim_cloned_disks=1". */
  readonly agent?: string;
  /** Host devices by key, as text: "mapping=gpu,pcie=1". */
  readonly hostDevices: Readonly<Record<string, string>>;
}

/** A disk of a VM; CD and cloud-init drives are none. */
export interface Disk {
  /** scsi0, virtio1, … */
  readonly key: string;
  readonly volume: string;
  /** Of the volume as it is, also where a change of the disk waits. */
  readonly sizeMiB?: number;
  /** As of a mount. */
  readonly staleSize?: true;
  readonly ssd?: boolean;
  readonly discard?: boolean;
  readonly ioThread?: boolean;
  /** Absent: in backups. */
  readonly backup?: boolean;
  readonly other?: Readonly<Record<string, string>>;
}

/** A disk that is made; with `importFrom` out of that volume, and as large. */
export interface NewDisk extends Omit<Disk, "volume" | "sizeMiB" | "staleSize" | "other"> {
  readonly storage: string;
  readonly sizeMiB: number;
  readonly importFrom?: string;
}

/** The address that cloud-init gives to an interface of a VM. */
export type CloudAddress = Pick<NetworkInterface, "key" | "ipv4" | "gateway4" | "ipv6" | "gateway6">;

export interface Startup {
  readonly order?: number;
  readonly upSeconds?: number;
  readonly downSeconds?: number;
}

/**
 * Only the keys that shall change. What is empty (`startup: {}`, no name servers, a description "") is cleared. Tags,
 * features and each interface and mount replace what is stored under their key as a whole.
 */
export interface ConfigChange {
  readonly tags?: readonly string[];
  readonly onboot?: boolean;
  readonly startup?: Startup;
  readonly name?: string;
  readonly description?: string;
  readonly cores?: number;
  readonly cpuLimit?: string;
  readonly cpuWeight?: number;
  readonly memoryMiB?: number;
  readonly swapMiB?: number;
  readonly nameservers?: readonly string[];
  readonly searchDomain?: string;
  readonly features?: Readonly<Record<string, string>>;
  readonly networks?: readonly NetworkInterface[];
  readonly mounts?: readonly (Mount | NewMount)[];
  readonly machine?: string;
  readonly bios?: string;
  readonly cpu?: string;
  readonly sockets?: number;
  readonly balloonMiB?: number;
  readonly agent?: string;
  readonly ciUser?: string;
  readonly ciCustom?: string;
  readonly disks?: readonly (Disk | NewDisk)[];
  /** Made new, on this storage. */
  readonly efiDisk?: { readonly storage: string; readonly preEnrolledKeys: boolean };
  readonly tpm?: { readonly storage: string; readonly version: string };
  readonly cloudInitDrive?: { readonly storage: string };
  /** Whole, by the key of the interface (net0). */
  readonly addresses?: readonly CloudAddress[];
  readonly hostDevices?: Readonly<Record<string, string>>;
}

/** A disk image that a node is to fetch and keep, as a volume of content type import. */
export interface ImageDownload {
  readonly node: string;
  readonly storage: string;
  readonly file: string;
  /** storage:import/file */
  readonly volume: string;
  readonly url: string;
  /** sha256, sha384, sha512. */
  readonly algorithm: string;
  readonly checksum: string;
}

/** What makes a VM: its configuration from the first, or another machine of the cluster that it is a copy of. */
export type MachineCreate =
  | {
      readonly is: "machine";
      readonly vmid: number;
      readonly node: string;
      readonly name: string;
      readonly change: ConfigChange;
      /** CD image to install from. */
      readonly iso?: string;
      /** What its first disk is made out of; it must be there before the call. */
      readonly image?: ImageDownload;
      readonly sshKeys?: string;
    }
  | {
      readonly is: "clone";
      readonly vmid: number;
      /** Where it is to be. */
      readonly node: string;
      readonly name: string;
      readonly source: { readonly vmid: number; readonly node: string };
      readonly full: boolean;
      readonly storage?: string;
    };

/** A volume of the guest that shall have this size, whole MiB; never less than it has. */
export interface Growth {
  /** rootfs, mp0, scsi0, … */
  readonly disk: string;
  readonly sizeMiB: number;
}
