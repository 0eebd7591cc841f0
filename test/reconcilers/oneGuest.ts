import { annotation } from "../../controller/api/meta.ts";
import { FakeLab, NAMESPACE, type GuestWish } from "../fakes/lab.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";

export const MARK = `hl.${NAMESPACE}.db`;

/** What a Container needs to be created. */
export const CREATABLE = {
  template: "local:vztmpl/debian-12.tar.zst",
  rootfs: { storage: "local-zfs", size: "8Gi" },
} as const;

interface OneGuest {
  /** vmid 101 in Proxmox; undefined: it does not exist. */
  readonly is?: Partial<FakeGuest> | undefined;
  readonly wish?: Partial<GuestWish>;
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** False: without a Homelab. */
  readonly go?: boolean;
}

/** A layer with one Container "db", vmid 101; the controller is not started. */
export function oneGuest({ is, wish = {}, cluster = {}, go = true }: OneGuest = {}): FakeLab {
  const lab = new FakeLab();
  if (is !== undefined) lab.proxmox.add({ vmid: 101, name: "db", ...is });
  lab.cluster(cluster);
  lab.layer("base");
  lab.guest("db", { vmid: 101, layer: "base", ...wish });
  if (go) lab.homelab();
  return lab;
}

/** Runs the controller until "db" has this reason of Ready. */
export async function until(lab: FakeLab, reason: string, seconds = 60, name = "db"): Promise<void> {
  await lab.until(`${name} ${reason}`, () => lab.reason("Container", name) === reason, seconds);
}

/** As a person: kubectl delete. */
export function remove(lab: FakeLab, name = "db", kind = "Container"): void {
  lab.kube.delete(lab.key(kind, name));
}

export function annotate(lab: FakeLab, what: keyof typeof annotation, value: string | null, name = "db"): void {
  const kind = name === "home" ? "Homelab" : "Container";
  lab.kube.annotate(lab.key(kind, name), { [annotation[what]]: value });
}

/** Reasons of the events about one object, in order. */
export function told(lab: FakeLab, name = "db"): string[] {
  return lab.kube.events.filter((event) => event.about.endsWith(`/${name}`)).map((event) => event.reason);
}
