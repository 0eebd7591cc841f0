import { annotation } from "../../controller/api/meta.ts";
import { NAMESPACE } from "../fakes/lab.ts";
import { guestsIn, homelabIn } from "./declared.ts";
import { apply, type Manifest } from "./deletionSteps.ts";
import { IDENTITY, type History } from "./history.ts";
import { byPerson, pick, someGuest, type StepRun, type StepTable } from "./stepTable.ts";
import { marksOf, markOf } from "./truth.ts";
import { putSecret } from "./proxmoxSecret.ts";

/** What happens to the Kubernetes around the objects: rebuilt, its namespace deleted, another one with the same Git. */
export const kubernetesSteps: StepTable = new Map<string, StepRun>([
  ["rebuilt from Git", (history, a) => rebuild(history, a)],
  ["namespace deleted", (history) => deleteNamespace(history)],
  ["namespace again", (history, a) => namespaceAgain(history, a)],
  ["rival acts", rivalActs],
  ["rival acts again", rivalActs],
  ["take over", (history) => takeOver(history)],
]);

function manifests(history: History): readonly Manifest[] {
  return history.lab.kube
    .all()
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ kind, metadata: { name }, spec }) => ({ kind, name, spec }));
}

/** Applied in any order; annotations and statuses are in no Git. */
function applyEach(history: History, all: readonly Manifest[], from: number): void {
  for (let n = 0; n < all.length; n++) {
    const one = pick(all, from + n);
    if (one !== undefined) apply(history, one);
  }
  // Without a mark applying a guest is the newest word; with one its stop is explained by the log (O7).
  const { proxmox } = history.lab;
  history.hands.pruned((vmid) => {
    const marks = marksOf(history.truth.guest(vmid) ?? { tags: [] });
    const upid = history.hands.byHand.get(vmid)?.upid;
    return marks.some((mark) => mark.startsWith(markOf(""))) && proxmox.tasks.all.some((task) => task.upid === upid);
  });
}

function rebuild(history: History, a: number): string | undefined {
  if (history.lab.kube.isTerminating(NAMESPACE)) return undefined;
  const all = manifests(history);
  history.kill();
  history.lab.rebuildKubernetes();
  history.kubeNew();
  applyEach(history, all, a);
  history.start();
  return `${all.length} objects`;
}

function deleteNamespace(history: History): string | undefined {
  const { kube } = history.lab;
  if (kube.isTerminating(NAMESPACE)) return undefined;
  history.buried = manifests(history);
  for (const one of guestsIn(history.lab))
    if (!one.deleting) history.deletedAt.set(one.object.metadata.uid, history.now);
  kube.terminateNamespace(NAMESPACE);
  kube.dropSecret(NAMESPACE, "proxmox-token");
  history.editedAt = history.now;
  return "";
}

/** Only when everything in it is gone. */
export function namespaceAgain(history: History, a: number): string | undefined {
  const { kube } = history.lab;
  if (!kube.isTerminating(NAMESPACE) || kube.all().length > 0) return undefined;
  kube.createNamespace(NAMESPACE);
  putSecret(history);
  applyEach(history, history.buried, a);
  return `${history.buried.length} objects`;
}

/** Another Kubernetes with the same Git and the same token. */
function rivalActs(history: History, a: number, b: number): string | undefined {
  const { proxmox } = history.lab;
  const guest = someGuest(history, a, (one) => proxmox.nodes.get(one.node)?.online === true && one.ha === undefined);
  if (guest === undefined) return undefined;
  return byPerson(history, guest.vmid, () => {
    const how = { timeoutSeconds: 60, force: false };
    const task = b % 2 === 0 ? proxmox.start(guest.vmid, IDENTITY) : proxmox.shutdown(guest.vmid, how, IDENTITY);
    history.rivals.add(task.upid);
  });
}

/** Also what a person does when all is over. */
export function takeOver(history: History): string | undefined {
  if (homelabIn(history.lab) === undefined) return undefined;
  history.lab.kube.annotate(history.lab.key("Homelab", "home"), { [annotation.takeOver]: String(history.now) });
  history.tookOverAt = history.now;
  history.editedAt = history.now;
  return "";
}
