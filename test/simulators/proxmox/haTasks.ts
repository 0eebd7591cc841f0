import type { Call, Lab } from "./lab.ts";
import { taskSeconds, vmidOf } from "./lab.ts";
import { shutdownWorker, startWorker } from "./lxcPower.ts";
import { moveGuest } from "./migrateWorker.ts";
import { qemuShutdownWorker, qemuStartWorker } from "./qemuPower.ts";
import type { Guest, GuestType, HaResource } from "./world.ts";

/** Start or stop of a guest that HA manages is only a request to HA; undefined when HA does not manage it (contract §4.7). */
export function haTask(call: Call, type: GuestType, state: "started" | "stopped"): string | undefined {
  const { lab, node } = call;
  const sid = `${type === "lxc" ? "ct" : "vm"}:${String(vmidOf(call))}`;
  const resource = lab.world.ha.get(sid);
  if (resource === undefined || resource.state === "ignored") return undefined;
  const request = {
    node,
    type: state === "started" ? "hastart" : "hastop",
    id: String(vmidOf(call)),
    user: call.caller.user,
  };
  return lab.tasks.fork(request, async (task) => {
    await lab.pace.pause(taskSeconds(lab, request.type));
    resource.state = state;
    lab.world.ha.touch(sid);
    task.log(
      `Requesting HA ${state === "started" ? "start" : "stop"} for ${type === "lxc" ? "CT" : "VM"} ${request.id}`,
    );
  });
}

/** Moving a guest that HA manages is only a request to HA; undefined when HA does not manage it. */
export function haMigrate(call: Call, guest: Guest, target: string): string | undefined {
  const { lab, node } = call;
  const sid = `${guest.type === "lxc" ? "ct" : "vm"}:${String(guest.vmid)}`;
  const resource = lab.world.ha.get(sid);
  if (resource === undefined || resource.state === "ignored") return undefined;
  const request = { node, type: "hamigrate", id: String(guest.vmid), user: call.caller.user };
  return lab.tasks.fork(request, async (task) => {
    await lab.pace.pause(taskSeconds(lab, "hamigrate"));
    resource.moveTo = target;
    lab.world.ha.touch(sid);
    task.log(`Requesting HA migration for ${guest.type === "lxc" ? "CT" : "VM"} ${request.id} to node ${target}`);
  });
}

/** One turn of the HA manager: guests are brought to the state their resource asks for, as root@pam. */
export function manageHa(lab: Lab): void {
  for (const resource of lab.world.ha.values()) {
    const guest = lab.world.guest(resource.vmid);
    if (guest === undefined || lab.world.nodes.get(guest.node)?.online !== true) continue;
    if (lab.tasks.runningOf(guest.node, undefined, String(guest.vmid)).length === 0) act(lab, resource, guest);
  }
}

function moveAway(lab: Lab, resource: HaResource, guest: Guest, target: string): void {
  const lxc = guest.type === "lxc";
  delete resource.moveTo;
  lab.world.ha.touch(resource.sid);
  const migration = { target, live: !lxc, timeout: 180, withLocalDisks: false, storages: (name: string) => name };
  const type = lxc ? "vzmigrate" : "qmigrate";
  lab.tasks.fork({ node: guest.node, type, id: String(guest.vmid), user: "root@pam" }, (task) => {
    task.log("task started by HA resource agent");
    return moveGuest(lab, guest, migration, task);
  });
}

function act(lab: Lab, resource: HaResource, guest: Guest): void {
  const target = { node: guest.node, type: guest.type, vmid: guest.vmid };
  const lxc = guest.type === "lxc";
  const wanted = resource.state === "started" || resource.state === "enabled";
  const request = (type: string): { node: string; type: string; id: string; user: string } => ({
    node: guest.node,
    type,
    id: String(guest.vmid),
    user: "root@pam",
  });
  if (resource.moveTo !== undefined) {
    moveAway(lab, resource, guest, resource.moveTo);
  } else if (wanted && !guest.running) {
    const worker = lxc ? startWorker(lab, target, false) : qemuStartWorker(lab, target, false);
    lab.tasks.fork(request(lxc ? "vzstart" : "qmstart"), (task) => {
      task.log("task started by HA resource agent");
      return worker(task);
    });
  } else if ((resource.state === "stopped" || resource.state === "disabled") && guest.running) {
    const how = { timeout: 60, forceStop: true };
    const worker = lxc ? shutdownWorker(lab, target, how) : qemuShutdownWorker(lab, target, how);
    lab.tasks.fork(request(lxc ? "vzshutdown" : "qmshutdown"), (task) => {
      task.log("task started by HA resource agent");
      return worker(task);
    });
  }
}
