/** Our mark in a description in Omada: `[hl:<namespace>/<name>]` (I9). It holds no uid, so a rebuild finds it again. */
export interface OmadaMark {
  readonly namespace: string;
  readonly name: string;
}

export function omadaMarkText({ namespace, name }: OmadaMark): string {
  return `[hl:${namespace}/${name}]`;
}

const MARK = /\[hl:([a-z0-9-]+)\/([a-z0-9.-]+)\]/;

/** The first mark in a text. */
export function omadaMarkIn(text: string): OmadaMark | undefined {
  const [, namespace, name] = MARK.exec(text) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

export function isMarkedBy(text: string, mark: OmadaMark): boolean {
  return text.includes(omadaMarkText(mark));
}

/** A person's text with our mark behind it, at most `most` characters long; the mark is never what is cut off. */
export function withMark(text: string, mark: OmadaMark, most: number): string {
  if (isMarkedBy(text, mark)) return text;
  const ours = omadaMarkText(mark);
  return `${text.slice(0, Math.max(0, most - ours.length - 1))} ${ours}`.trim();
}

/**
 * Whose mark is on a text instead of this one's: "lab/phones"; undefined: nobody's. A mark of an object of the own
 * namespace that is gone holds nothing; of other namespaces nothing is known, so theirs always does. `living`: names.
 */
export function heldBy(text: string, own: OmadaMark, living: ReadonlySet<string>): string | undefined {
  const other = omadaMarkIn(text);
  if (other === undefined || isMarkedBy(text, own)) return undefined;
  if (other.namespace === own.namespace && !living.has(other.name)) return undefined;
  return `${other.namespace}/${other.name}`;
}

/** As withMark, in place of the mark of one that is gone. */
export function remarked(text: string, mark: OmadaMark, most: number): string {
  return isMarkedBy(text, mark) ? text : withMark(text.replace(MARK, "").trim(), mark, most);
}
