import type { HomelabStatus } from "../../../controller/api/index.ts";
import { FakeLab } from "../../fakes/lab.ts";

/** Guests of the lab of these stories, lowest layer first. */
export const guests = [
  { name: "db", vmid: 101, layer: "base" },
  { name: "cache", vmid: 102, layer: "base" },
  { name: "app", vmid: 201, layer: "apps" },
  { name: "web", vmid: 202, layer: "apps" },
  { name: "tv", vmid: 301, layer: "media" },
] as const;

type Spec = Readonly<Record<string, unknown>>;

export interface Wishes {
  /** Whether the guests run before the controller starts. */
  readonly running?: boolean;
  readonly onboot?: boolean;
  readonly homelab?: Spec;
  /** By name of layer or guest. */
  readonly layers?: Readonly<Record<string, Spec>>;
  readonly guests?: Readonly<Record<string, Spec>>;
}

/** Three layers on one host: base (db, cache), apps (app, web), media (tv). */
export function threeLayers(wishes: Wishes = {}): FakeLab {
  const lab = new FakeLab();
  for (const { vmid, name } of guests)
    lab.proxmox.add({
      vmid,
      name,
      power: wishes.running === true ? "Running" : "Stopped",
      onboot: wishes.onboot ?? false,
    });
  lab.cluster();
  lab.layer("base", [], wishes.layers?.["base"]);
  lab.layer("apps", ["base"], wishes.layers?.["apps"]);
  lab.layer("media", ["apps"], wishes.layers?.["media"]);
  for (const { name, vmid, layer } of guests) lab.guest(name, { vmid, layer, spec: wishes.guests?.[name] ?? {} });
  lab.homelab(wishes.homelab);
  return lab;
}

export async function settled(wishes: Wishes = {}): Promise<FakeLab> {
  const lab = threeLayers(wishes);
  lab.start();
  await untilSettled(lab);
  return lab;
}

export function untilSettled(lab: FakeLab, seconds?: number): Promise<void> {
  return lab.until("the lab is settled", () => lab.reason("Homelab", "home") === "Settled", seconds);
}

/** Until the last boot has this cause and is over. */
export function untilBooted(lab: FakeLab, cause: string, seconds?: number): Promise<void> {
  return lab.until(
    `a boot ${cause} is over`,
    () => bootOf(lab).cause === cause && bootOf(lab).finishTime !== undefined,
    seconds,
  );
}

export function bootOf(lab: FakeLab): Partial<NonNullable<HomelabStatus["lastBoot"]>> {
  const status: Partial<HomelabStatus> = lab.status("Homelab", "home");
  return status.lastBoot ?? {};
}

/** vmids in the order of their start calls. */
export function starts(lab: FakeLab): number[] {
  return vmidsOf(lab, "start");
}

export function stops(lab: FakeLab): number[] {
  return vmidsOf(lab, "shutdown");
}

function vmidsOf(lab: FakeLab, call: string): number[] {
  return lab.proxmox.mutations.filter((mutation) => mutation.call === call).map(({ vmid }) => vmid);
}

/** The layer numbers of these vmids must not fall: 1, 1, 2, 2, 3. */
export function inOrder(vmids: readonly number[]): boolean {
  const ranks = vmids.map((vmid) => Math.floor(vmid / 100));
  return ranks.every((rank, index) => index === 0 || rank >= (ranks[index - 1] ?? 0));
}

/** Reasons of the events about one object, in order. */
export function told(lab: FakeLab, kind: string, name: string): string[] {
  return lab.kube.events
    .filter((event) => event.about.endsWith(`${kind}/lab/${name}`) || event.about === `${kind}/lab/${name}`)
    .map(({ reason }) => reason);
}
