import {
  archived,
  container,
  digestIs,
  held,
  MACHINE,
  patch,
  quiet,
  removed,
  started,
  steps,
  stubbornShutdown,
  BEYOND,
  OTHERS,
  RACE,
  type Scene,
} from "./machine.ts";

export const lxcCreate: Scene = {
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
    "create-big-inflight": held("vzcreate"),
    "inflight-put": held(),
  },
};

export const lxcPower: Scene = {
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

export const lxcConfig: Scene = {
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
