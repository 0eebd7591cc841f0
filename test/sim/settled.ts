import { bootIn, guestsIn, homelabIn, layersIn, type Declared } from "./declared.ts";
import type { History } from "./history.ts";
import { marksOf, markOf } from "./truth.ts";

/** What still differs between the lab as it is and as its objects declare it, or between it and what the statuses say. */
export function unsettledIn(history: History): readonly string[] {
  const objects = guestsIn(history.lab);
  return [
    ...objects.flatMap((one) =>
      one.deleting ? leaving(history, one) : [...body(history, one), ...words(history, one)],
    ),
    ...layerWords(history),
    ...homelabWords(history),
  ];
}

const say = (one: Declared, text: string): string[] => [`${one.id} (${one.spec.vmid}) ${text}`];

/** An object being deleted is gone, unless something in the world stands in the way (I5). */
function leaving(history: History, one: Declared): string[] {
  const guest = history.truth.guest(one.spec.vmid);
  const reason = history.lab.reason(one.kind, one.name);
  if (guest === undefined) return say(one, "is being deleted and its guest is gone");
  const losses = [
    ...guest.unused,
    ...guest.snapshots,
    ...guest.backupJobs,
    ...guest.mounts.map((mount) => mount.volume),
    ...(guest.ha === undefined ? [] : [guest.ha]),
  ];
  const why: Readonly<Record<string, boolean>> = {
    ProtectionOn: guest.protection || history.truth.isProtected(guest.vmid),
    WouldLoseData: losses.length > 0,
    GuestNotOwned: !marksOf(guest).includes(markOf(one.name)),
    GuestTypeDiffers: guest.type !== (one.kind === "Container" ? "lxc" : "qemu"),
  };
  return why[reason] === true ? [] : say(one, `is still being deleted: ${reason}`);
}

/** The guest is as declared, as far as we may make it so. */
function body(history: History, one: Declared): string[] {
  const { truth } = history;
  if (truth.owner(one.spec.vmid)?.id !== one.id || truth.suspended(one)) return [];
  const identity = truth.identity(one);
  if (identity === "absent") return absent(history, one);
  // Protected guests are not even marked (I6).
  if (identity === "adoptable" && truth.isProtected(one.spec.vmid)) return [];
  if (identity === "adoptable") return say(one, "could be adopted and is not");
  if (identity !== "ours" || one.spec.management === "Observe") return [];
  return [...(truth.wanted(one) === "Stopped" ? stopped(history, one) : running(history, one)), ...place(history, one)];
}

/** Where a changed spec.node says, or why not (A10). What others have moved is nobody's word any more. */
function place({ truth, moves, lab }: History, one: Declared): string[] {
  const guest = truth.guest(one.spec.vmid);
  if (guest === undefined || !moves.isSure(one) || guest.node === one.spec.node) return [];
  const asDeclared = (guest.power === "Running") === (truth.wanted(one) === "Running");
  const ours = one.spec.management === "Full" && !truth.isProtected(guest.vmid) && asDeclared;
  if (!ours || moves.othersAt(guest.vmid) !== undefined) return [];
  const reason = lab.reason(one.kind, one.name);
  return reason === "NotMigrated" ? [] : say(one, `should be on ${one.spec.node}, is on ${guest.node}: ${reason}`);
}

function absent(history: History, one: Declared): string[] {
  const asked = one.object.metadata.annotations?.["homelab.neuralcodelab.com/recreate"] === String(one.spec.vmid);
  // A request is answered once: the same words again ask for nothing.
  const open = asked && one.status.lastHandledRecreate !== String(one.spec.vmid);
  const creates = one.spec.management === "Full" && (one.spec.template ?? one.spec.source) !== undefined;
  const vanished = history.sightings.everThere.has(one.object.metadata.uid);
  const { node } = one.spec;
  const isNowhere = !history.lab.proxmox.nodes.has(node);
  if (!creates || isNowhere || (vanished && !open)) return [];
  return say(one, `could be created and is not: ${history.lab.reason(one.kind, one.name)}`);
}

/** Down, or held up by what is above it and may not be stopped by us. */
function stopped({ truth, lab }: History, one: Declared): string[] {
  if (!truth.runs(one) || truth.isProtected(one.spec.vmid)) return [];
  return say(one, `is declared Stopped and runs: ${lab.reason(one.kind, one.name)}`);
}

function running(history: History, one: Declared): string[] {
  const { truth, lab } = history;
  if (truth.runs(one)) return [];
  const reason = lab.reason(one.kind, one.name);
  if (history.hands.byHand.has(one.spec.vmid) && one.spec.recovery.respectManualStop) return [];
  if (reason === "StoppedByHand" && history.hands.everStopped.has(one.spec.vmid)) return [];
  if (reason === "RestartLimit" && one.spec.recovery.onStopped === "None") return [];
  if (reason === "DependencyCycle" && guestsIn(lab).some((other) => isMisplaced(history, other))) return [];
  if (
    holdsFirst(history, one) &&
    ["LayerNotReady", "DependencyNotReady", "DependencyMissing", "DependencyCycle"].includes(reason)
  )
    return [];
  return say(one, `should run and does not: ${reason}: ${lab.message(one.kind, one.name)}`);
}

/** It depends on a guest of a layer that is neither its own nor below (L4). */
function isMisplaced({ truth, lab }: History, { spec }: Declared): boolean {
  const places = new Set([spec.layerRef.name, ...truth.below(spec.layerRef.name)]);
  const targets = guestsIn(lab).filter((other) =>
    spec.dependsOn.some(({ kind, name }) => other.id === `${kind}/${name}`),
  );
  return targets.some((target) => !places.has(target.spec.layerRef.name));
}

/** It may be kept from its first start: a gate below is closed, or what it depends on is not healthy (L1, L4). */
function holdsFirst({ truth, lab }: History, one: Declared): boolean {
  const closed = [...truth.below(one.spec.layerRef.name)].some((layer) => !truth.isPassable(layer));
  const sick = one.spec.dependsOn.some((target) => {
    const other = guestsIn(lab).find((each) => each.id === `${target.kind}/${target.name}`);
    return other === undefined || !truth.isHealthy(other);
  });
  return closed || sick;
}

/** The status says what is. */
function words(history: History, one: Declared): string[] {
  const { truth, lab } = history;
  const reason = lab.reason(one.kind, one.name);
  if (truth.owner(one.spec.vmid)?.id !== one.id)
    return reason === "VmidTaken" ? [] : say(one, `has a rival and says ${reason}`);
  const guest = truth.guest(one.spec.vmid);
  const power = guest?.power;
  if (one.status.powerState !== power)
    return say(one, `is ${String(power)}, its status says ${String(one.status.powerState)}`);
  const stays = reason === "NotMigrated" && guest?.node !== one.spec.node;
  return stays || (reason === "DependencyCycle" && isMisplaced(history, one)) ? [] : readyWords(history, one, reason);
}

/** Ready agrees with what is and what should be. */
function readyWords({ truth }: History, one: Declared, reason: string): string[] {
  const ready = one.status.conditions?.find((condition) => condition.type === "Ready")?.status;
  if (truth.wanted(one) === "Stopped") return [];
  if (truth.isHealthy(one) && truth.identity(one) === "ours" && ready !== "True")
    return say(one, `runs and is healthy, its status says ${reason}`);
  const left = truth.suspended(one) || one.spec.management === "Observe";
  return !truth.runs(one) && !left && ready === "True"
    ? say(one, `should run and does not, its status says it is ready (${reason})`)
    : [];
}

function layerWords({ truth, lab }: History): string[] {
  return [...layersIn(lab)].flatMap(([name]) => {
    const gate =
      (lab.status("HomelabLayer", name) as { readonly gate?: { readonly open?: boolean } }).gate?.open === true;
    const proceeds = layersIn(lab).get(name)?.healthGate.onTimeout === "Proceed";
    return gate === truth.isOpen(name) || (gate && proceeds)
      ? []
      : [`gate of ${name} is ${truth.isOpen(name) ? "open" : "closed"}, its status says ${String(gate)}`];
  });
}

/** A settled lab with everybody healthy says so, and its boot is over. */
function homelabWords({ truth, lab }: History): string[] {
  const homelab = homelabIn(lab);
  if (homelab === undefined) return ["no Homelab"];
  const reason = lab.reason("Homelab", "home");
  if (reason === "AnotherControllerActs")
    return [`nobody else acts, and the Homelab says ${lab.message("Homelab", "home")}`];
  const all = guestsIn(lab).every(
    (one) => truth.isHealthy(one) && truth.wanted(one) === "Running" && !one.deleting && !truth.suspended(one),
  );
  const open = [...layersIn(lab).keys()].every((layer) => truth.isOpen(layer));
  if (
    !all ||
    !open ||
    homelab.spec.powerState === "Stopped" ||
    layersIn(lab).size === 0 ||
    [...layersIn(lab).values()].some((layer) => layer.suspend)
  )
    return [];
  return ["Settled", "Suspended"].includes(reason)
    ? []
    : [`all is well, and the Homelab says ${reason} (${JSON.stringify(bootIn(lab))})`];
}
