import type { Writable } from "node:stream";
import { createLogger, format, transports, type Logger } from "winston";
import { rfc3339Millis, type Clock } from "./clock.ts";
import type { Fields, Log } from "./log.ts";
import { textOf } from "./outcome.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface LogOptions {
  readonly clock: Pick<Clock, "now">;
  readonly level: LogLevel;
  /** JSON, one object a line, or for a person at a terminal. */
  readonly format: "json" | "pretty";
  /** Where to; default standard error. */
  readonly to?: Writable;
}

/** A field so called is never written, whatever is in it (S3). */
const SECRET = /token|secret|password|passwd|authorization|cookie|credential|private/i;
const HIDDEN = "(hidden)";
/** Beyond this a field is cut off: an error body can be megabytes. */
const DEPTH = 6;

/** The one owner of winston. Fields are copied without secrets before winston sees them. */
export function winstonLog(options: LogOptions): Log {
  const shown = options.format === "json" ? json(options.clock) : pretty(options.clock);
  const to = new transports.Stream({ stream: options.to ?? process.stderr });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types its transports as interfaces
  return wrapped(createLogger({ level: options.level, format: shown, transports: [to] }), {});
}

function wrapped(logger: Logger, always: Fields): Log {
  const write = (level: LogLevel, message: string, fields: Fields): void => {
    if (logger.isLevelEnabled(level))
      logger.log(level, message, { fields: withoutSecrets({ ...always, ...fields }, 0) });
  };
  return {
    debug: (message, fields = {}) => {
      write("debug", message, fields);
    },
    info: (message, fields = {}) => {
      write("info", message, fields);
    },
    warn: (message, fields = {}) => {
      write("warn", message, fields);
    },
    error: (message, error, fields = {}) => {
      write("error", message, { ...fields, ...errorFields(error) });
    },
    with: (fields) => wrapped(logger, { ...always, ...fields }),
  };
}

function errorFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: textOf(error) };
  return { error: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
}

function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return value.message;
  if (depth >= DEPTH) return "(deeper)";
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const entries = Object.entries(value).map(([name, item]) => [name, hide(name, item, depth)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function hide(name: string, value: unknown, depth: number): unknown {
  return SECRET.test(name) ? HIDDEN : withoutSecrets(value, depth + 1);
}

function json(clock: Pick<Clock, "now">): Logger["format"] {
  return format.printf(({ level, message, ["fields"]: fields }) =>
    JSON.stringify({ time: rfc3339Millis(clock.now()), level, message, ...(fields as Fields) }),
  );
}

function pretty(clock: Pick<Clock, "now">): Logger["format"] {
  return format.printf(({ level, message, ["fields"]: fields }) => {
    const { stack, ...rest } = fields as Fields;
    const said = Object.entries(rest).map(([name, value]) => ` ${name}=${shortly(value)}`);
    const time = rfc3339Millis(clock.now()).slice(11, 23);
    const trace = typeof stack === "string" ? `\n${stack}` : "";
    return `${time} ${level.toUpperCase().padEnd(5)} ${String(message)}${said.join("")}${trace}`;
  });
}

function shortly(value: unknown): string {
  if (typeof value === "string" && !/[\s="]/.test(value)) return value;
  return value === undefined ? "undefined" : JSON.stringify(value);
}
