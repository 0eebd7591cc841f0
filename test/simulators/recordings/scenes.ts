import {
  acls,
  archived,
  container,
  knowsTokens,
  MACHINE,
  OPS,
  patch,
  quiet,
  steps,
  web1,
  WEB1,
  BEYOND,
  OTHERS,
  type Scene,
} from "./machine.ts";
import { lxcDisks, lxcSnapshot, qemuConfig } from "./moreScenes.ts";
import { lxcConfig, lxcCreate, lxcPower } from "./lxcScenes.ts";

const both = (path: string, role: string): readonly [string, string, string][] => [
  [path, "ops@pve", role],
  [path, "ops@pve!ctl", role],
];

const auth: Scene = {
  options: MACHINE,
  leftOut: {},
  headers: {
    "ticket-garbage": { Cookie: "PVEAuthCookie=garbage" },
    "ticket-tampered-user": { Cookie: "PVEAuthCookie=PVE:root@pam:6B0494AA::AAAA" },
    "ticket-old": { Cookie: "PVEAuthCookie=PVE:root@pam:5B0494AA::AAAA" },
    "token-wrong-secret": { Authorization: "PVEAPIToken=ops@pve!ctl=00000000-0000-0000-0000-000000000000" },
    "token-and-bad-cookie": { Cookie: "PVEAuthCookie=garbage" },
  },
};

const server: Scene = {
  options: { ...MACHINE, guests: [WEB1] },
  leftOut: {
    "nodes-index": "the index names endpoints this simulator does not have",
    "post-json-with-charset": BEYOND,
    "body-too-large": "the recorder sent a length without a body",
    gzip: "the recording shows no body",
    "raw-http2-preface": "raw",
    "raw-http10": "raw",
    "raw-keepalive-idle": "raw",
    "raw-keepalive-idle-protected": "raw",
    "raw-two-pipelined": "raw",
    "raw-bad-header": "raw",
    "raw-plain-http-skipped": "raw",
  },
};

const permissions: Scene = {
  options: { ...MACHINE, ...OPS, guests: [web1({ description: "managed by x\n" })] },
  leftOut: {
    "network-no-acl": "eno1 did not exist on the recording machine",
    "network-denied": BEYOND,
    "skiplock-denied": "the recorder had unlocked and locked the guest in between",
  },
  setup: steps(knowsTokens, acls(["/vms/144", "ops@pve", "PVEVMUser"]), async (simulator, replayer) => {
    const other = (await simulator.admin("POST", "/guests/101/stop", { user: "root@pam" })) as { upid: string };
    replayer.knows("UPID:pve1:00002818:000B5363:6B049CC4:imgdel:101@local-zfs:root@pam:", other.upid);
    await replayer.quiet();
  }),
  before: {
    "create-no-storage-priv": acls(...both("/vms", "Reconciler")),
    "create-no-sdn-use": acls(...both("/storage", "Reconciler")),
    "create-privileged-denied": acls(...both("/sdn", "PVESDNUser")),
    "put-features-denied": steps(quiet, patch(160, { config: { features: "nesting=1" } })),
    "tags-not-allowed": steps(patch(160, { lock: null }), (simulator) =>
      simulator.admin("PUT", "/datacenter", {
        "user-tag-access": "user-allow=list,user-allow-list=k8s",
        "registered-tags": "infra",
      }),
    ),
    "own-task-list": archived,
  },
};

const tasks: Scene = {
  options: { ...MACHINE, ...OPS, guests: [{ ...container(160), running: false }] },
  leftOut: {
    list: OTHERS,
    "list-start": OTHERS,
    "list-vmid": OTHERS,
    "list-type": OTHERS,
    "list-errors": OTHERS,
    "list-status-error": OTHERS,
    "cluster-tasks": OTHERS,
  },
  setup: steps(
    knowsTokens,
    acls(["/", "ops@pve", "Administrator"], ["/", "ops@pve!ctl", "Administrator"]),
    async (_, replayer) => {
      await replayer.act("ops@pve!ctl", "DELETE", "/nodes/pve1/lxc/160");
    },
    archived,
  ),
};

const cluster: Scene = {
  options: { ...MACHINE, guests: [WEB1, container(102, { tags: "alpha;zeta" })] },
  leftOut: {
    resources: OTHERS,
    "resources-vm": OTHERS,
    "resources-with-pool": OTHERS,
    "resources-node": "sizes of the recording machine",
    "resources-storage": "sizes of the recording machine",
    nodes: "sizes of the recording machine",
    "node-status": "numbers of the recording machine",
    "config-nodes": BEYOND,
    "config-join": BEYOND,
    log: BEYOND,
    "node-config": BEYOND,
    "cpu-flags": BEYOND,
    "metrics-export": BEYOND,
    "rrddata-node": BEYOND,
    sdn: BEYOND,
    "sdn-zones": BEYOND,
    "sdn-vnets": BEYOND,
    "fw-options": BEYOND,
    "fw-guest-options": BEYOND,
    "fw-guest-rules": BEYOND,
    "fw-rule-create": BEYOND,
    "fw-rule-get": BEYOND,
    "fw-rule-missing": BEYOND,
    "fw-options-put": BEYOND,
    "fw-options-after": BEYOND,
    "fw-rule-delete": BEYOND,
    "net-create": BEYOND,
    "net-pending": BEYOND,
    "net-create-again": BEYOND,
    "net-put-missing": BEYOND,
    "net-delete-missing": BEYOND,
    "net-revert": BEYOND,
    "net-after-revert": "eno1 did not exist on the recording machine",
    "node-network": "eno1 did not exist on the recording machine",
    "node-time": "the time of the recording",
    "ha-status-101": "no HA manager ran there; here one does, and knows the state",
  },
};

/** The recordings that are replayed. */
export const SCENES: Readonly<Record<string, Scene>> = {
  auth,
  server,
  permissions,
  tasks,
  cluster,
  "lxc-create": lxcCreate,
  "lxc-power": lxcPower,
  "lxc-config": lxcConfig,
  "lxc-snapshot": lxcSnapshot,
  "lxc-disk-clone-destroy": lxcDisks,
  "qemu-config": qemuConfig,
};
