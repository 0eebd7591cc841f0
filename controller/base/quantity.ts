/**
 * Kubernetes quantities as exact numbers. Grammar: number, then a binary (Ki … Ei) or decimal (n, u, m, k … E) suffix or
 * a decimal exponent. See k8s.io/apimachinery, resource.Quantity.
 */
const GRAMMAR = /^([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?|[eE][+-]?[0-9]{1,3})$/;

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const MEBI = 1n << 20n;

/** A fraction, exact. The denominator is positive. */
interface Exact {
  readonly over: bigint;
  readonly under: bigint;
}

function exactOf(quantity: string): Exact | undefined {
  const found = GRAMMAR.exec(quantity);
  if (found === null) return undefined;
  const [, sign = "", digits = "", suffix = ""] = found;
  const [whole = "", fraction = ""] = digits.split(".");
  const { over, under } = scaleOf(suffix);
  return {
    over: BigInt(`${sign === "-" ? "-" : ""}0${whole}${fraction}`) * over,
    under: 10n ** BigInt(fraction.length) * under,
  };
}

function scaleOf(suffix: string): Exact {
  const binary = BINARY[suffix];
  if (binary !== undefined) return { over: binary, under: 1n };
  const power = DECIMAL[suffix] ?? Number(suffix.slice(1));
  return power >= 0 ? { over: 10n ** BigInt(power), under: 1n } : { over: 1n, under: 10n ** BigInt(-power) };
}

/** Whole bytes of a quantity; undefined when it is none, or not whole. */
export function bytesOf(quantity: string): bigint | undefined {
  const exact = exactOf(quantity);
  return exact !== undefined && exact.over % exact.under === 0n ? exact.over / exact.under : undefined;
}

/**
 * Whole MiB of a quantity, such as 8192 of "8Gi". Undefined when it is no quantity, negative, or not a whole number of
 * MiB: "8G" is not.
 */
export function mebibytesOf(quantity: string): number | undefined {
  const bytes = bytesOf(quantity);
  if (bytes === undefined || bytes < 0n || bytes % MEBI !== 0n) return undefined;
  const mebibytes = Number(bytes / MEBI);
  return Number.isSafeInteger(mebibytes) ? mebibytes : undefined;
}

/** The shortest binary quantity of whole MiB: 8192 is "8Gi", 1536 is "1536Mi", 0 is "0Mi". */
export function quantityOf(mebibytes: number): string {
  if (!Number.isSafeInteger(mebibytes) || mebibytes < 0)
    throw new RangeError(`${String(mebibytes)} is not a size in MiB`);
  const fits = (unit: number): boolean => mebibytes > 0 && mebibytes % unit === 0;
  if (fits(1_048_576)) return `${String(mebibytes / 1_048_576)}Ti`;
  return fits(1024) ? `${String(mebibytes / 1024)}Gi` : `${String(mebibytes)}Mi`;
}
