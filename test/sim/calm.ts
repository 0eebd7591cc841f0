import { everyPrivilege } from "../fakes/privileges.ts";
import { hostUp } from "../fakes/proxmox.ts";
import { applyAll, confirm } from "./deletionSteps.ts";
import type { History } from "./history.ts";
import { namespaceAgain, takeOver } from "./kubernetesSteps.ts";
import { unsettledIn } from "./settled.ts";
import { putSecret } from "./proxmoxSecret.ts";

const LONGEST_MS = 4 * 3_600_000;
const LOOK_MS = 10_000;
const STATUS_MS = 26_000;
const SILENCE_MS = 600_000;

/** Everything that was broken is mended; what people decided stays. */
export function heal(history: History): void {
  const { proxmox, kube, hung } = history.lab;
  history.tell("--- calm");
  proxmox.reachable = true;
  history.unreachableSince = undefined;
  if (proxmox.unauthorized) putSecret(history);
  proxmox.unauthorized = false;
  proxmox.quorate = true;
  proxmox.latencyMs = 0;
  proxmox.faults.length = 0;
  proxmox.permissions = everyPrivilege;
  proxmox.fullStorages.clear();
  history.fullSince = undefined;
  history.diesWhen = undefined;
  history.lab.wan = true;
  history.wanFailsSince = undefined;
  hung.clear();
  for (const [name, node] of proxmox.nodes) if (!node.online) hostUp(proxmox, name);
  mendGuests(history);
  kube.back();
  kube.forgive();
  history.kubeWell();
  applyAll(history);
  history.start();
  if (history.lab.led) return;
  history.lab.takeLease();
  history.leads();
}

/** What a person does about left-over locks and half-made guests, and about guests that ignore a shutdown. */
function mendGuests(history: History): void {
  const { proxmox } = history.lab;
  for (const guest of proxmox.guests.values()) {
    guest.hidden = false;
    guest.stopMs = 3_000;
    const running = proxmox.tasks.running(guest.node).some((task) => task.id === String(guest.vmid));
    if (running || guest.lock === undefined) continue;
    if (guest.lock === "create") proxmox.guests.delete(guest.vmid);
    else guest.lock = undefined;
  }
}

/** What else of the world comes to rest, besides guests. */
export interface Beside {
  heal(): void;
  /** What only a person can say; told by itself. */
  decide(): void;
  unsettled(): readonly string[];
  /** What reached the other provider so far, in order. */
  mutations(): readonly unknown[];
}

export const GUESTS_ONLY: Beside = { heal: nothing, decide: nothing, unsettled: () => [], mutations: () => [] };

function nothing(): void {
  // Nothing but guests.
}

/** After calm the lab converges, says what is, and then is silent (S1). */
export async function calmDown(history: History, beside: Beside): Promise<void> {
  beside.heal();
  heal(history);
  const begun = history.now;
  let settledFor = 0;
  let left: readonly string[] = [];
  while (settledFor < STATUS_MS) {
    if (history.now - begun > LONGEST_MS) {
      history.blame("converges", left.join("; "));
      return;
    }
    await history.pass(LOOK_MS);
    if (history.violations.length > 0) return;
    mendGuests(history);
    decide(history);
    beside.decide();
    left = [...unsettledIn(history), ...beside.unsettled()];
    settledFor = left.length === 0 ? settledFor + LOOK_MS : 0;
  }
  history.tell("--- settled");
  await beSilent(history, beside);
}

/** What only a person can say, and says when it is asked for. */
function decide(history: History): void {
  if (confirm(history) !== undefined) history.tell("the brake is confirmed");
  if (namespaceAgain(history, 0) !== undefined) history.tell(`the namespace is there again, and ${applyAll(history)}`);
  if (history.sightings.anotherSince !== undefined && history.rivals.size > 0 && takeOver(history) !== undefined)
    history.tell("taken over");
}

async function beSilent(history: History, beside: Beside): Promise<void> {
  const { kube, proxmox } = history.lab;
  // The last gates time out, the last windows end.
  await history.pass(SILENCE_MS);
  const writes = kube.writes.length;
  const mutations = proxmox.mutations.length;
  const others = beside.mutations().length;
  await history.pass(SILENCE_MS);
  const written = kube.writes.slice(writes);
  const texts = written.map((write) => `${write.key} ${JSON.stringify(write.operations)}`);
  if (written.length > 0)
    history.blame("S1", `${written.length} writes in a settled lab: ${texts.slice(0, 3).join("; ")}`);
  if (proxmox.mutations.length > mutations)
    history.blame("S1", `mutations in a settled lab: ${JSON.stringify(proxmox.mutations.slice(mutations))}`);
  if (beside.mutations().length > others)
    history.blame("S1", `writes to a settled site: ${JSON.stringify(beside.mutations().slice(others))}`);
}
