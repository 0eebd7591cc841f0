const MARK = /\s*\[hl:[^/\]]*\/([^\]]*)\]/;

/** A description in Omada without our mark; of one that is nothing else, the name of the object in the mark. */
export function withoutMark(description: string): string {
  const text = description.replace(MARK, "").trim();
  return text === "" ? (MARK.exec(description)?.[1] ?? "") : text;
}
