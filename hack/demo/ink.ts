export type Colour = "green" | "red" | "yellow" | "cyan" | "dim" | "bold";

/** Colours a text where there may be colours. */
export type Ink = (colour: Colour, text: string) => string;

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};

const colours: Ink = (colour, text) => {
  const [on, off] = codes[colour];
  return text === "" ? "" : `\u001b[${String(on)}m${text}\u001b[${String(off)}m`;
};

export const plain: Ink = (_colour, text) => text;

/** Colour only on a terminal, and not where NO_COLOR is set (no-color.org). */
export function inkFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Ink {
  return isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb" ? colours : plain;
}

/** The escape sequences that `colours` writes. */
const escapes = /\u001b\[\d+m/g;

/** Cuts to `width` columns; colours take none. */
export function fitted(line: string, width: number): string {
  if (line.replaceAll(escapes, "").length <= width) return line;
  let room = width - 1;
  let cut = "";
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith("\u001b")) cut += part;
    else {
      cut += part.slice(0, Math.max(0, room));
      room -= part.length;
    }
  }
  return `${cut}…`;
}
