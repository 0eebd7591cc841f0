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
  return plainName(config.name ?? seen.name) ?? `${seen.type === "lxc" ? "ct" : "vm"}-${String(seen.vmid)}`;
}

/** A text in the letters that Kubernetes takes for a name; undefined when none of them is left. */
export function plainName(text: string): string | undefined {
  const name = text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, LONGEST - 10)
    .replace(/-+$/, "");
  return name === "" ? undefined : name;
}

/** Gives each text a name that none before it has. `otherwise`: where no letter of it is left. */
export class NamesInUse {
  readonly #used = new Set<string>();

  take(text: string, otherwise: string): string {
    const wished = plainName(text) ?? otherwise;
    let name = wished;
    for (let count = 2; this.#used.has(name); count += 1) name = `${wished}-${String(count)}`;
    this.#used.add(name);
    return name;
  }
}
