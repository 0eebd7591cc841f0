import { mebibytesOf, quantityOf } from "../../../base/quantity.ts";

/** One spelling for each value, so that values are compared and not how they are written (O5). */
export function sizeText(quantity: string | undefined): string | undefined {
  return quantity === undefined ? undefined : mebibytes(mebibytesOf(quantity));
}

export function mebibytes(value: number | undefined): string | undefined {
  return value === undefined ? undefined : quantityOf(Math.floor(value));
}

export function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** "1.50" is "1.5". */
export function decimalText(value: string | undefined): string | undefined {
  return value === undefined ? undefined : String(Number(value));
}

export function flagText(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** A list whose order means nothing. */
export function sortedText(values: readonly string[] | undefined): string | undefined {
  return values === undefined ? undefined : [...values].sort().join(";");
}
