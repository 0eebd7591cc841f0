/** Eight hex digits that name a text (FNV-1a, 32 bit): to confirm a list by, not to keep a secret. */
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const unit of text) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
