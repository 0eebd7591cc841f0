import type { Row } from "../shared/decode.ts";

/** As Omada writes it in bodies, answers and paths: upper case with dashes (contract 1.6). */
export function wireMac(mac: string): string {
  return mac.toUpperCase().replaceAll(":", "-");
}

/** As everybody else writes it: upper case with colons. */
export function ourMac(mac: string): string {
  return mac.toUpperCase().replaceAll("-", ":");
}

/** The texts of a list; anything else in it is left out. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** A truth that was told; undefined when it was not, which is not false (N3). */
export function told(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/**
 * What was read, as it is written back: without the keys that only tell, and without those that are null, which Omada takes
 * for a wrong value rather than for none. Every other key stays, known to us or not (N3).
 */
export function kept(read: Row, readOnly: ReadonlySet<string>): Row {
  return Object.fromEntries(
    Object.entries(read).filter(([key, value]) => value !== null && value !== undefined && !readOnly.has(key)),
  );
}
