import { apply, remove, type Manifest } from "./deletionSteps.ts";
import type { History } from "./history.ts";
import { someObject, type StepRun, type StepTable } from "./stepTable.ts";

/** Courses of events that dice alone would hardly ever throw. */
export const courseSteps: StepTable = new Map<string, StepRun>([
  ["short life", shortLife],
  ["restart between two ends", restartBetween],
]);

/** A Container that is destroyed with its object. */
function shortLived(history: History, a: number, vmid: number): Manifest | undefined {
  const like = someObject(history, a);
  if (like?.kind !== "Container" || history.lab.proxmox.guests.has(vmid)) return undefined;
  const own = { vmid, dependsOn: [], management: "Full", deletionPolicy: "Delete", adoption: "Refuse" };
  return { kind: "Container", name: `s${vmid}`, spec: { ...like.spec, ...own } };
}

/** Made, deleted with its guest, and made again, with the process killed before a call that it had written down. */
async function shortLife(history: History, a: number, b: number): Promise<string | undefined> {
  const manifest = shortLived(history, a, 700 + (b % 100));
  if (manifest === undefined || apply(history, manifest) === undefined) return undefined;
  const { name } = manifest;
  await history.pass(10_000 + a * 500);
  remove(history, "Container", name);
  await history.pass(80_000);
  if (history.lab.read("Container", name) !== undefined) return `${name} does not go`;
  apply(history, manifest);
  history.diesWhen = history.alive ? "sent" : undefined;
  await history.pass(6_000);
  history.diesWhen = undefined;
  history.start();
  return name;
}

/** Two are deleted, and the controller is another one by the time the second may go: the brake must not forget (I8). */
async function restartBetween(history: History, a: number, b: number): Promise<string | undefined> {
  const both = [800, 900].flatMap((from) => shortLived(history, a, from + (b % 100)) ?? []);
  if (both.length < 2 || both.some((one) => apply(history, one) === undefined)) return undefined;
  await history.pass(15_000);
  for (const { name } of both) remove(history, "Container", name);
  await history.pass(75_000);
  history.kill();
  history.start();
  await history.pass(60_000);
  return both.map(({ name }) => name).join(", ");
}
