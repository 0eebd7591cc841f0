import type { WriteStream } from "node:tty";

export interface Progress {
  readonly say: (line: string) => void;
  readonly progress: (line: string) => void;
  /** Takes the last progress away. */
  readonly end: () => void;
}

const CLEAR_LINE = "\r\u001b[2K";

/** Lines that stay, and on a terminal one last line that is replaced. */
export function terminal(stream: Pick<WriteStream, "isTTY" | "write">): Progress {
  let shown = "";
  const clear = (): void => {
    if (shown !== "") stream.write(CLEAR_LINE);
    shown = "";
  };
  return {
    say: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
    progress: (line) => {
      if (!stream.isTTY || line === shown) return;
      stream.write(`${CLEAR_LINE}  ${line}`);
      shown = line;
    },
    end: clear,
  };
}
