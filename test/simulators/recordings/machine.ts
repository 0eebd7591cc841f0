import type { GuestOptions, SimulatorOptions } from "../proxmox/options.ts";
import type { RunningSimulator } from "../proxmox/startProxmoxSimulator.ts";
import type { Replayer } from "./replay.ts";

/** Something done on the machine beside the recorded requests. */
export type Step = (simulator: RunningSimulator, replayer: Replayer) => Promise<unknown>;

/** What stood on the recording machine when a file began, and what happened beside the recorded requests. */
export interface Scene {
  readonly options: SimulatorOptions;
  /** Exchanges that are not compared, each with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** Headers the recordings do not show, by exchange. */
  readonly headers?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Before the first exchange. */
  readonly setup?: Step;
  /** Before an exchange of that name. */
  readonly before?: Readonly<Record<string, Step>>;
}

const GiB = 1024 ** 3;

/** Reasons to leave an exchange out. */
export const OTHERS = "lists what other recordings left on the machine";
export const RACE = "three requests at once; proxmoxTasks.test.ts has that";
export const BEYOND = "an endpoint this simulator does not have";

/** The machine of the recordings. */
export const MACHINE: SimulatorOptions = {
  speed: 50,
  unauthorizedDelayMs: 0,
  users: [{ userid: "root@pam", password: "rootpass123" }],
  tokens: [],
  acls: [],
  roles: {},
  pools: ["lab"],
  bridges: [{ iface: "vmbr0", cidr: "10.0.0.11/24", gateway: "10.0.0.1", ports: "eno1", vlanAware: true }],
  templates: [
    "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
    "local:vztmpl/broken_1_amd64.tar.zst",
    "local:vztmpl/big_1_amd64.tar.zst",
  ],
  storages: [
    { storage: "local", type: "dir", content: "vztmpl,import,iso,backup,snippets", totalBytes: 270553174016 },
    { storage: "local-zfs", type: "zfspool", content: "rootdir,images", totalBytes: 210 * GiB },
    { storage: "dirstore", type: "dir", content: "images,rootdir", totalBytes: 270553174016 },
    { storage: "othernode", type: "dir", content: "images,rootdir", nodes: ["pve2"] },
    { storage: "disabledstore", type: "dir", content: "images,rootdir", disabled: true },
  ],
};

/** The user and tokens that exist once `auth` was recorded. */
export const OPS: Pick<SimulatorOptions, "users" | "tokens"> = {
  users: [
    { userid: "root@pam", password: "rootpass123" },
    { userid: "ops@pve", password: "opspass1234" },
  ],
  tokens: [
    { tokenid: "ops@pve!ctl", secret: "ctl-secret" },
    { tokenid: "ops@pve!full", secret: "full-secret", privsep: false },
    { tokenid: "root@pam!rt", secret: "rt-secret", privsep: false },
  ],
};

export const knowsTokens: Step = (_, replayer) => {
  for (const token of OPS.tokens ?? []) replayer.addSecret(token.tokenid, token.secret ?? "");
  return Promise.resolve();
};

type Config = Readonly<Record<string, string | number | null>>;

/** A container as the recorder made them: no cores, no network but what is said. */
export function container(vmid: number, config: Config = {}): GuestOptions {
  const name = String(vmid);
  return {
    vmid,
    config: {
      cores: null,
      net0: null,
      hostname: `c${name}`,
      rootfs: `local-zfs:subvol-${name}-disk-0,size=1G`,
      ...config,
    },
  };
}

/** The container `lxc-create` leaves behind as 101. */
export const WEB1 = web1({});

export function web1(more: Config): GuestOptions {
  return container(101, {
    cores: 2,
    features: "nesting=1",
    hostname: "web1",
    memory: 1024,
    onboot: 1,
    startup: "order=2,up=10,down=30",
    tags: "k8s;managed",
    net0: "name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:B5:BE:2C,ip=dhcp,type=veth",
    rootfs: "local-zfs:subvol-101-disk-0,size=8G",
    ...more,
  });
}

/** Changes a guest at the admin port. */
export const patch =
  (vmid: number, body: unknown): Step =>
  (simulator) =>
    simulator.admin("PATCH", `/guests/${String(vmid)}`, body);

/** Starts a guest as root and waits. */
export const started =
  (vmid: number): Step =>
  async (simulator, replayer) => {
    await simulator.admin("POST", `/guests/${String(vmid)}/start`, { user: "root@pam" });
    await replayer.quiet();
  };

/** Tasks of these types stand still; with none, they go on. */
export const held =
  (...types: readonly string[]): Step =>
  (simulator) =>
    simulator.admin("PUT", "/tasks/hold", { types });

export const quiet: Step = (_, replayer) => replayer.quiet();

/** Waits until nothing runs and every finished task is in the archive. */
export const archived: Step = async (simulator, replayer) => {
  await replayer.quiet();
  await simulator.admin("POST", "/broadcast");
};

/** Gone, as the recorder destroyed it without recording that. */
export const removed =
  (vmid: number): Step =>
  (simulator) =>
    simulator.admin("DELETE", `/guests/${String(vmid)}`);

/** The digest the guest has now stands for the recorded one. */
export const digestIs =
  (vmid: number, theirs: string): Step =>
  async (simulator, replayer) => {
    const guest = (await simulator.admin("GET", `/guests/${String(vmid)}`)) as { digest: string };
    replayer.knows(theirs, guest.digest);
  };

/** One step after the other. */
export const steps =
  (...all: readonly Step[]): Step =>
  async (simulator, replayer) => {
    for (const step of all) await step(simulator, replayer);
  };

/** A shutdown the guest will not follow, known under the UPID it had. */
export const stubbornShutdown =
  (vmid: number, upid: string): Step =>
  async (simulator, replayer) => {
    const answer = (await simulator.admin("POST", `/guests/${String(vmid)}/shutdown`, { user: "root@pam" })) as {
      upid: string;
    };
    replayer.knows(upid, answer.upid);
  };

export const acls =
  (...entries: readonly (readonly [path: string, ugid: string, role: string])[]): Step =>
  (simulator) =>
    simulator.admin("PUT", "/acls", { acls: entries.map(([path, ugid, role]) => ({ path, ugid, role })) });
