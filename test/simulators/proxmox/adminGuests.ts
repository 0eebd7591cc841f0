import { AdminError } from "../shared/adminCall.ts";
import type { AdminCall, AdminRoute } from "./inside.ts";
import { digestOf } from "./guestSettings.ts";
import { shutdownWorker, startWorker, stopWorker } from "./lxcPower.ts";
import { qemuShutdownWorker, qemuStartWorker, qemuStopWorker } from "./qemuPower.ts";
import type { Behaviour, GuestOptions } from "./options.ts";
import { makeGuest } from "./seed.ts";
import type { Worker } from "./tasks.ts";
import type { Guest, Snapshot } from "./world.ts";

function guestOf(call: AdminCall): Guest {
  const guest = call.inside.lab.world.guest(Number(call.path["vmid"]));
  if (guest === undefined) throw new AdminError(`no guest ${call.path["vmid"] ?? ""}`);
  return guest;
}

function view(call: AdminCall, guest: Guest): unknown {
  const { runtime, locks } = call.inside.lab;
  return {
    ...guest,
    digest: digestOf(guest),
    address: runtime.address(guest),
    booted: runtime.hasBooted(guest),
    serving: runtime.serving(guest),
    fileLocked: locks.isHeld(guest.vmid),
  };
}

function add(call: AdminCall): unknown {
  const { lab } = call.inside;
  const options = call.body as unknown as GuestOptions;
  if (typeof options.vmid !== "number") throw new AdminError("vmid is needed");
  if (lab.world.guest(options.vmid) !== undefined) throw new AdminError(`guest ${String(options.vmid)} exists`);
  const guest = makeGuest(lab.world, lab.settings, options, lab.pace.now());
  lab.world.guests.set(String(guest.vmid), guest);
  if (guest.running) lab.runtime.resume(guest);
  return view(call, guest);
}

/** JSON has no undefined: null takes a part of a behaviour away. */
function withoutNulls(behaviour: Behaviour): Behaviour {
  return Object.fromEntries(Object.entries(behaviour).filter(([, value]) => value !== null));
}

/** What a person or the world does to a guest from outside the API of Proxmox VE. */
function change(call: AdminCall): unknown {
  const guest = guestOf(call);
  const {
    config = {},
    behaviour,
    node,
    lock,
    snapshots,
  } = call.body as {
    config?: Record<string, string | number | null>;
    behaviour?: Behaviour;
    node?: string;
    lock?: string | null;
    snapshots?: Snapshot[];
  };
  for (const [key, value] of Object.entries(lock === undefined ? config : { ...config, lock })) {
    if (value === null) Reflect.deleteProperty(guest.config, key);
    else guest.config[key] = String(value);
  }
  if (behaviour !== undefined) guest.behaviour = withoutNulls({ ...guest.behaviour, ...behaviour });
  if (node !== undefined) guest.node = node;
  if (snapshots !== undefined) guest.snapshots = snapshots;
  call.inside.lab.world.saveGuest(guest);
  return view(call, guest);
}

/** Gone without a task, as if its files were deleted by hand. */
function remove(call: AdminCall): null {
  const guest = guestOf(call);
  if (guest.running) call.inside.lab.runtime.end(guest, "removed by hand");
  call.inside.lab.world.guests.delete(String(guest.vmid));
  return null;
}

function inside(what: "crash" | "oom" | "poweroff" | "hang" | "reboot") {
  return (call: AdminCall): unknown => {
    const guest = guestOf(call);
    const { runtime, tasks } = call.inside.lab;
    if (!guest.running) throw new AdminError(`guest ${String(guest.vmid)} does not run`);
    if (what === "hang") runtime.hang(guest);
    else {
      runtime.end(
        guest,
        {
          crash: "crashed",
          oom: "killed: out of memory",
          poweroff: "powered off from inside",
          reboot: "rebooted from inside",
        }[what],
      );
      if (what === "reboot") runtime.begin(guest, tasks.nextPid());
    }
    return view(call, guest);
  };
}

/** A task of somebody at the user interface. */
function person(verb: "start" | "stop" | "shutdown") {
  return (call: AdminCall): unknown => {
    const guest = guestOf(call);
    const { lab } = call.inside;
    const target = { node: guest.node, type: guest.type, vmid: guest.vmid };
    const lxc = guest.type === "lxc";
    const how = { timeout: 60, forceStop: false };
    const stop = { skiplock: false, overrule: false };
    const workers: Record<typeof verb, () => Worker> = {
      start: () => (lxc ? startWorker(lab, target, false) : qemuStartWorker(lab, target, false)),
      stop: () => (lxc ? stopWorker(lab, target, stop) : qemuStopWorker(lab, target, stop)),
      shutdown: () => (lxc ? shutdownWorker(lab, target, how) : qemuShutdownWorker(lab, target, how)),
    };
    const user = typeof call.body["user"] === "string" ? call.body["user"] : "root@pam";
    const request = { node: guest.node, type: `${lxc ? "vz" : "qm"}${verb}`, id: String(guest.vmid), user };
    return { upid: lab.tasks.fork(request, workers[verb]()) };
  };
}

const ONE = "/guests/:vmid";

/** Guests at the admin port. */
export const ADMIN_GUEST_ROUTES: readonly AdminRoute[] = [
  {
    method: "GET",
    path: "/guests",
    about: "all guests",
    handle: (call) => [...call.inside.lab.world.guests.values()].map((guest) => view(call, guest)),
  },
  { method: "POST", path: "/guests", about: "adds a guest, as in the configuration file", handle: add },
  { method: "GET", path: ONE, about: "one guest, inside and outside", handle: (call) => view(call, guestOf(call)) },
  {
    method: "PATCH",
    path: ONE,
    about:
      '{"config":{"tags":"a","lock":null},"behaviour":{"bootSeconds":3},"node":"pve2","lock":"backup","snapshots":[]}',
    handle: change,
  },
  { method: "DELETE", path: ONE, about: "gone without a task", handle: remove },
  { method: "POST", path: `${ONE}/crash`, about: "stops without a task", handle: inside("crash") },
  { method: "POST", path: `${ONE}/oom`, about: "stops without a task: out of memory", handle: inside("oom") },
  { method: "POST", path: `${ONE}/poweroff`, about: "powers itself off: no task", handle: inside("poweroff") },
  { method: "POST", path: `${ONE}/reboot-inside`, about: "reboots itself: no task", handle: inside("reboot") },
  { method: "POST", path: `${ONE}/hang`, about: "goes on running, serves nothing", handle: inside("hang") },
  { method: "POST", path: `${ONE}/start`, about: '{"user":"ana@pam"}: a person starts it', handle: person("start") },
  { method: "POST", path: `${ONE}/stop`, about: '{"user":"ana@pam"}: a person stops it', handle: person("stop") },
  {
    method: "POST",
    path: `${ONE}/shutdown`,
    about: '{"user":"ana@pam"}: a person shuts it down',
    handle: person("shutdown"),
  },
];
