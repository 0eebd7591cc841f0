import type { Ink } from "../demo/ink.ts";

/** A table to print; cells of numbers are given as text. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Aligned text: the first column to the left, the others to the right. */
export function tableText({ title, columns, rows }: Table, ink: Ink): string {
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map((_, at) => {
        const cell = cells[at] ?? "";
        const width = widths[at] ?? 0;
        return at === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [ink("bold", title), ink("dim", line(columns)), ...rows.map(line)].map((text) => `${text}\n`).join("");
}

/** "1.234"; "–" for what was not measured. */
export function decimals(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);
}
