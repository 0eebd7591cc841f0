/** A flag that cannot be used; the message is one line and begins with its name. */
export class BadFlag extends Error {}

/** One line for standard error about the flag that cannot be used. */
export interface FlagError {
  readonly is: "error";
  readonly line: string;
}

/** What the parsing gives; a BadFlag, or what `parseArgs` of node:util refuses, as one line. */
export function parsedFlags<T>(parse: () => T): T | FlagError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof BadFlag || isParseError(error)) return { is: "error", line: firstSentence(error.message) };
    throw error;
  }
}

function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

/** parseArgs adds advice on further lines and sentences. */
function firstSentence(message: string): string {
  return message.split(/\n|\. /)[0] ?? message;
}
