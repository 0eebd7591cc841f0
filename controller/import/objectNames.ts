import type { FoundGuest } from "./inventory.ts";

/** Longest name of an object here: it is also part of the mark, which is a Proxmox tag. */
const LONGEST = 63;

/** A name for the object of each guest, by vmid: its own in the letters Kubernetes takes; a number where two are alike. */
export function objectNames(guests: readonly FoundGuest[]): ReadonlyMap<number, string> {
  const wished = guests.map((guest) => [guest.seen.vmid, wish(guest)] as const);
  const count = (name: string): number => wished.filter(([, other]) => other === name).length;
  return new Map(wished.map(([vmid, name]) => [vmid, count(name) > 1 ? `${name}-${String(vmid)}` : name]));
}

function wish({ seen, config }: FoundGuest): string {
  const name = (config.name ?? seen.name)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, LONGEST - 10)
    .replace(/^-+|-+$/g, "");
  return name === "" ? `${seen.type === "lxc" ? "ct" : "vm"}-${String(seen.vmid)}` : name;
}
