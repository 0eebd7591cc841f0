import { ApiError, failure, invalid } from "./apiError.ts";
import { configKeys, digestOf, type Config } from "./guestSettings.ts";
import { int, on, requireGuest, requireUnlocked, taskSeconds, vmidOf, type Call } from "./lab.ts";
import { changeQemu, memoryOf, type Edit } from "./qemuChange.ts";
import { requireQemuRights } from "./qemuRights.ts";
import { requireSshKeys } from "./qemuValues.ts";
import { items } from "./validate.ts";
import type { Guest } from "./world.ts";
import { fork, skiplock } from "./endpoints/lxcPower.ts";

const NOT_CONFIG = new Set(
  ["node", "vmid", "digest", "delete", "revert", "force", "skiplock", "background_delay"].concat([
    "import-working-storage",
  ]),
);

/** PUT of a VM's configuration: everything happens before the answer (contract §5.2). */
export async function updateQemu(call: Call): Promise<null> {
  const edit = editOf(call);
  const { lab } = call;
  const guest = requireGuest(lab.world, call.node, "qemu", vmidOf(call));
  await lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => {
    requireAllowed(call, guest, edit);
    changeQemu(call, guest, edit, () => undefined);
  });
  return null;
}

/** PUT that takes disks off, as a change of the configuration does. */
export async function unlinkQemu(call: Call): Promise<null> {
  const { idlist = "", force = "0" } = call.values;
  const values = { node: call.node, vmid: String(vmidOf(call)), delete: idlist, force };
  return updateQemu({ ...call, values });
}

/** POST of a VM's configuration: checks first, then a task; null when it ended within `background_delay`. */
export async function updateQemuLater(call: Call): Promise<string | null> {
  const edit = editOf(call);
  const { lab } = call;
  const guest = requireGuest(lab.world, call.node, "qemu", vmidOf(call));
  const upid = await lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => {
    requireAllowed(call, guest, edit);
    return forkChange(call, guest, edit);
  });
  const delay = int(call.values, "background_delay", 0);
  if (delay === 0) return upid;
  const ended = await Promise.race([lab.tasks.ended(upid), lab.pace.pause(delay)]);
  if (ended === undefined) return upid;
  if (ended.exit !== "OK") throw failure(`failed to update VM ${String(guest.vmid)}: ${ended.exit ?? ""}`);
  return null;
}

function forkChange(call: Call, guest: Guest, edit: Edit): string {
  const { lab } = call;
  const words = Object.entries(edit.set).map(([key, value]) => `-${key} ${key === "cipassword" ? "<hidden>" : value}`);
  const removed = edit.remove.length === 0 ? [] : [`-delete ${edit.remove.join(",")}`];
  return fork(call, "qmconfig", (task) =>
    lab.locks.holding(
      guest,
      lab.settings.lockWaitSeconds,
      async () => {
        task.log(`update VM ${String(guest.vmid)}: ${[...words, ...removed].join(" ")}`);
        await lab.pace.pause(taskSeconds(lab, "qmconfig"), task.signal);
        changeQemuInTask(call, guest, edit, task.log);
      },
      task.log,
    ),
  );
}

/** In a task the complaints about single keys become its exit text. */
function changeQemuInTask(call: Call, guest: Guest, edit: Edit, log: (line: string) => void): void {
  try {
    changeQemu(call, guest, edit, log);
  } catch (error) {
    if (!(error instanceof ApiError) || error.errors === undefined) throw error;
    const complaints = Object.entries(error.errors).map(([key, text]) => `${key}: ${text.trim()}`);
    throw failure(`400 Parameter verification failed. ${complaints.join(" ")}`);
  }
}

function editOf(call: Call): Edit {
  const { values } = call;
  const set = Object.fromEntries(Object.entries(values).filter(([key]) => !NOT_CONFIG.has(key)));
  skiplock(call);
  const edit = {
    set,
    remove: items(values["delete"]),
    revert: items(values["revert"]),
    force: on(values, "force"),
  };
  if (Object.keys(set).length + edit.remove.length + edit.revert.length === 0) throw failure("no options specified");
  requireKnown(edit);
  requireSshKeys(set);
  return edit;
}

function requireKnown({ set, remove, revert }: Edit): void {
  const known = configKeys("qemu");
  for (const [word, keys] of [
    ["revert", revert],
    ["delete", remove],
  ] as const) {
    for (const key of keys) {
      if (set[key] !== undefined)
        throw invalid({ [word]: `you can't use '-${key}' and -${word} ${key}' at the same time` });
      if (known[key] === undefined) throw invalid({ [word]: `unknown option '${key}'` });
    }
  }
}

/** Digest, lock, memory, rights: HTTP errors also where the change itself is a task. */
function requireAllowed(call: Call, guest: Guest, edit: Edit): void {
  const { digest } = call.values;
  if (digest !== undefined && digest !== digestOf(guest))
    throw failure("checksum mismatch (file change by other user?)");
  if (!on(call.values, "skiplock")) requireUnlocked(guest);
  requireBalloon(guest, edit.set);
  const request = { call, vmid: guest.vmid, storage: undefined };
  requireQemuRights(request, guest.config, edit.set, [...edit.remove, ...edit.revert]);
}

function requireBalloon(guest: Guest, set: Config): void {
  if (set["memory"] === undefined && set["balloon"] === undefined) return;
  const merged = { ...guest.config, ...guest.pending, ...set };
  if (Number(merged["balloon"] ?? 0) > memoryOf(merged))
    throw failure("balloon value too large (must be smaller than assigned memory)");
}
