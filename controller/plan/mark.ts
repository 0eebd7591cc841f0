/**
 * Our mark on a guest: a Proxmox tag `hl.<namespace>.<object>` (I2). It holds no uid, so that a Kubernetes rebuilt from
 * Git finds its guests again. Namespaces have no dots, object names may.
 */
export interface Mark {
  readonly namespace: string;
  readonly name: string;
}

const PREFIX = "hl.";

export function markText(mark: Mark): string {
  return `${PREFIX}${mark.namespace}.${mark.name}`;
}

/** All marks among a guest's tags, of any namespace. */
export function marksIn(tags: readonly string[]): readonly Mark[] {
  return tags.flatMap((tag) => {
    if (!tag.startsWith(PREFIX)) return [];
    const rest = tag.slice(PREFIX.length);
    const dot = rest.indexOf(".");
    if (dot <= 0 || dot === rest.length - 1) return [];
    return [{ namespace: rest.slice(0, dot), name: rest.slice(dot + 1) }];
  });
}

/** The tags with this mark as the only one; the person's own tags stay. */
export function withMark(tags: readonly string[], mark: Mark): readonly string[] {
  const marks = new Set(marksIn(tags).map(markText));
  return [...tags.filter((tag) => !marks.has(tag)), markText(mark)].sort();
}

/** Whose a guest is, seen from one object. */
export type Ownership =
  /** The mark names this object. */
  | { readonly is: "ours" }
  /** A mark of this namespace names an object that does not exist (any more): rewritten to the claimant (I2). */
  | { readonly is: "renamed"; readonly from: string }
  /** No mark, or a copy of one that a living object with another vmid has (I3). */
  | { readonly is: "unmarked" }
  /** Another namespace's, or another living object's of this namespace with this very vmid. */
  | { readonly is: "foreign"; readonly mark: Mark };

/** The vmids that living objects of this name declare: none when there is no such object, two when two kinds share it. */
export type VmidsOf = (name: string) => readonly number[];

/** Reads the tags of the guest with this vmid as one object sees them (I2, I3). */
export function ownershipOf(tags: readonly string[], self: Mark, vmid: number, vmidsOf: VmidsOf): Ownership {
  const marks = marksIn(tags);
  const here = marks.filter((mark) => mark.namespace === self.namespace);
  if (here.some((mark) => mark.name === self.name)) return { is: "ours" };
  const stranger = marks.find((mark) => mark.namespace !== self.namespace);
  if (stranger !== undefined) return { is: "foreign", mark: stranger };
  const rival = here.find((mark) => vmidsOf(mark.name).includes(vmid));
  if (rival !== undefined) return { is: "foreign", mark: rival };
  const gone = here.find((mark) => vmidsOf(mark.name).length === 0);
  return gone === undefined ? { is: "unmarked" } : { is: "renamed", from: gone.name };
}
