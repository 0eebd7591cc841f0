import {
  acls,
  archived,
  container,
  digestIs,
  knowsTokens,
  MACHINE,
  OPS,
  patch,
  quiet,
  removed,
  started,
  steps,
  stubbornShutdown,
  web1,
  WEB1,
  type Scene,
} from "./machine.ts";

const OTHERS = "lists what other recordings left on the machine";
const RACE = "three requests at once; proxmoxTasks.test.ts has that";
const BEYOND = "an endpoint this simulator does not have";

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

const lxcCreate: Scene = {
  options: { ...MACHINE, speed: 20, behaviours: { "107": { startFails: "" } } },
  leftOut: {
    "create-template-broken": "the text is that of tar",
    "create-bind-mount-rootfs": "the text is that of tar",
    "create-restore-missing-backup": "restoring is beyond this simulator",
    "list-all": OTHERS,
    "inflight-list": OTHERS,
    "inflight-resources": OTHERS,
    "inflight-cluster-tasks": OTHERS,
    "config-on-dir-storage": "recorded before the creation it belongs to was repeated",
    "race-create-0": RACE,
    "race-create-1": RACE,
    "race-create-2": RACE,
  },
  before: {
    "create-start-tasks": removed(107),
    "create-bad-ssh-key": removed(150),
    "status-after-create-start": quiet,
  },
};

const lxcPower: Scene = {
  options: {
    ...MACHINE,
    guests: [
      container(130, { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:88:E1:15,type=veth" }),
      container(131),
      container(132),
    ],
  },
  leftOut: {
    "rrddata-missing": BEYOND,
    "vncproxy-missing": BEYOND,
    "move-volume-running": BEYOND,
    "list-running": OTHERS,
    "template-resources": OTHERS,
    "race-start": RACE,
    "put-while-shutting-down": RACE,
  },
  before: {
    "shutdown-ignored": steps(started(130), patch(130, { behaviour: { ignoreShutdown: true } })),
    "shutdown-ignored-forcestop": quiet,
    "shutdown-long": started(130),
    "long-shutdown-result": quiet,
    "stop-overrule-shutdown": stubbornShutdown(130, "UPID:pve1:00001C2D:0009FD59:6B049958:vzshutdown:130:root@pam:"),
    "current-after-guest-poweroff": steps(started(130), archived, (simulator) =>
      simulator.admin("POST", "/guests/130/poweroff"),
    ),
    "task-abort": steps(
      started(130),
      stubbornShutdown(130, "UPID:pve1:00001CE5:000A03D0:6B049969:vzshutdown:130:root@pam:"),
    ),
    "stop-after-race": started(130),
    "start-no-init": patch(132, { behaviour: { startFails: "" } }),
    "template-config": quiet,
    "template-task": quiet,
  },
};

/** The container as it was put right again before the running part of lxc-config. */
const REPAIRED = {
  config: {
    lock: null,
    arch: "amd64",
    ostype: "debian",
    features: "nesting=1",
    cores: 1,
    tags: " ",
    description: "a\n",
    timezone: "host",
    cmode: null,
    console: null,
    tty: null,
    entrypoint: null,
    env: null,
    dev0: null,
    mp2: null,
    mp3: null,
    mp4: null,
    net31: null,
    unused0: null,
    onboot: null,
    startup: null,
  },
};

const lxcConfig: Scene = {
  options: {
    ...MACHINE,
    guests: [
      container(120, {
        features: "nesting=1",
        mp0: "local-zfs:subvol-120-disk-1,mp=/data,size=1G",
        tags: "k8s",
        description: "first line\nsecond\n",
        net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AB:86:97,ip=dhcp,type=veth",
      }),
      container(122),
    ],
  },
  leftOut: {
    "locked-move": BEYOND,
    "locked-resources": OTHERS,
    "types-null": "a null is stored as one blank there, and means no change here",
    "running-mp-add": "failed only for want of AppArmor on the recording machine",
  },
  before: {
    "types-array": patch(120, { config: { memory: " " } }),
    start: patch(120, REPAIRED),
    "digest-good": digestIs(120, "2e077615b66cdd3daed258edb2070df4abb417e2"),
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
};
