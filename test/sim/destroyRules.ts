import { NAMESPACE } from "../fakes/lab.ts";
import { homelabIn } from "./declared.ts";
import type { Rule, Scene } from "./scene.ts";

const WINDOW_MS = 600_000;
/** A minute, as whole seconds measure it. */
const PENDING_MS = 58_900;
const PREFIX = "homelab.neuralcodelab.com/";

export const destroyRules: readonly Rule[] = [
  ["I5", notItsOwn],
  ["I5", inTheWay],
  ["I5", losses],
  ["I5", tooSoon],
  ["I6", isProtected],
  ["I7", unwanted],
  ["I8", brake],
];

function isProtected({ history, vmid }: Scene): string | undefined {
  return history.truth.isProtected(vmid) ? "it is protected" : undefined;
}

function notItsOwn({ leaving, owner }: Scene): string | undefined {
  if (leaving === undefined) return "no deleted object has its mark";
  return owner === undefined ? undefined : `${owner.id} declares it`;
}

function inTheWay({ guest }: Scene): string | undefined {
  if (guest?.power === "Running") return "it runs";
  if (guest?.protection === true) return "its protection is on";
  return guest?.lock === undefined ? undefined : `it is locked (${guest.lock})`;
}

function unwanted({ history, leaving }: Scene): string | undefined {
  if (leaving === undefined) return undefined;
  const { spec, object } = leaving;
  if (history.lab.kube.isTerminating(NAMESPACE)) return "its namespace is being deleted";
  if (spec.deletionPolicy !== "Delete" || spec.management !== "Full") return "deletionPolicy is not Delete";
  return object.metadata.annotations?.[`${PREFIX}force-delete`] === "true" ? "force-delete is set" : undefined;
}

function losses({ guest, leaving }: Scene): string | undefined {
  if (guest === undefined) return undefined;
  const confirmed = leaving?.object.metadata.annotations?.[`${PREFIX}delete-data`] === String(guest.vmid);
  const mounts = confirmed ? [] : guest.mounts.map((mount) => mount.volume);
  const ha = guest.ha === undefined ? [] : ["its HA resource"];
  const lost = [...guest.unused, ...guest.snapshots, ...guest.backupJobs, ...mounts, ...ha];
  return lost.length === 0 ? undefined : `it would lose ${lost.join(", ")}`;
}

function tooSoon({ history, leaving }: Scene): string | undefined {
  if (leaving === undefined) return undefined;
  const waited = history.leavingMs(leaving.object.metadata.uid);
  return waited < PENDING_MS ? `${(waited / 1000).toFixed(1)} s after its deletion` : undefined;
}

/** Beyond the limit only what a person has seen in the list and confirmed. */
function brake({ history, leaving, now }: Scene): string | undefined {
  const homelab = homelabIn(history.lab);
  if (homelab === undefined || leaving === undefined || history.deaf) return undefined;
  const recent = history.destroyed.filter(({ at, vmid }) => vmid !== leaving.spec.vmid && now - at < WINDOW_MS - 2000);
  const others = new Set(recent.map(({ vmid }) => vmid)).size;
  if (others < homelab.spec.brake.maxDestroys || history.confirmed.has(leaving.object.metadata.uid)) return undefined;
  return `${others} were destroyed in the last ten minutes, and ${leaving.id} is on no confirmed list`;
}
