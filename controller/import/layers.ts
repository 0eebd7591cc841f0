import type { FoundGuest } from "./inventory.ts";
import { knownService, type Rank } from "./knownServices.ts";

/** A layer nobody declared, read from what the lab shows. */
export interface GuessedLayer {
  readonly name: string;
  readonly displayName?: string;
  /** Why these guests are together. */
  readonly because: string;
  readonly members: readonly FoundGuest[];
}

const RANKS: Readonly<Record<Rank, string>> = {
  foundation: "Foundation: network, names, access, monitoring",
  data: "Data: databases and storage",
  apps: "Applications",
  media: "What people use: media, home automation, cameras",
};

/**
 * Layers in boot order, none empty. What the owner has said goes first: a tag `layer-2`, then Proxmox's own startup order
 * where at least half of the guests have one; else what the guests are known to be.
 */
export function guessLayers(guests: readonly FoundGuest[]): readonly GuessedLayer[] {
  const tagged = guests.filter((guest) => tagOf(guest) !== undefined);
  if (tagged.length * 2 >= guests.length && tagged.length > 0) return numbered(guests, tagOf, "tag layer-");
  const ordered = guests.filter((guest) => orderOf(guest) !== undefined);
  if (ordered.length * 2 >= guests.length && ordered.length > 0) return numbered(guests, orderOf, "startup order ");
  return ranked(guests);
}

function tagOf({ seen }: FoundGuest): number | undefined {
  const found = seen.tags.flatMap((tag) => /^(?:layer|tier|stage)[-_.]?(\d{1,3})$/.exec(tag)?.[1] ?? []);
  return found[0] === undefined ? undefined : Number(found[0]);
}

function orderOf({ config }: FoundGuest): number | undefined {
  return config.startup.order;
}

/** Guests without a number come last, as Proxmox does it. */
function numbered(
  guests: readonly FoundGuest[],
  numberOf: (guest: FoundGuest) => number | undefined,
  what: string,
): readonly GuessedLayer[] {
  const numbers = [...new Set(guests.flatMap((guest) => numberOf(guest) ?? []))].sort((a, b) => a - b);
  const layers = numbers.map((number, index) => ({
    name: `layer-${String(index + 1)}`,
    because: `guests with ${what}${String(number)}`,
    members: guests.filter((guest) => numberOf(guest) === number),
  }));
  const others = guests.filter((guest) => numberOf(guest) === undefined);
  if (others.length === 0) return layers;
  const last = {
    name: `layer-${String(layers.length + 1)}`,
    because: `guests without a ${what.trim().replace(/-$/, "")}; last`,
    members: others,
  };
  return [...layers, last];
}

function ranked(guests: readonly FoundGuest[]): readonly GuessedLayer[] {
  const rankOf = (guest: FoundGuest): Rank => serviceOf(guest)?.rank ?? "apps";
  return (Object.keys(RANKS) as Rank[]).flatMap((rank) => {
    const members = guests.filter((guest) => rankOf(guest) === rank);
    if (members.length === 0) return [];
    const displayName = RANKS[rank];
    return [{ name: rank, displayName, because: "names and descriptions of the guests", members }];
  });
}

/** What the guest's name, description or tags say it is. */
export function serviceOf({ seen, config }: FoundGuest): ReturnType<typeof knownService> {
  return knownService(config.name ?? seen.name, config.description, ...seen.tags);
}
