/** One request as it was answered: the witness of the tests. */
export interface Answered {
  /** Milliseconds since the epoch, when it came in. */
  readonly time: number;
  readonly ms: number;
  /** Id of the application, name of the user, or nothing. */
  readonly caller: string;
  readonly method: string;
  /** With the ids as they were sent, without the query. */
  readonly path: string;
  readonly query: string;
  /** Secrets are left out. */
  readonly body: Readonly<Record<string, unknown>>;
  /** 0 when the connection was cut instead. */
  readonly status: number;
  /** Absent where the answer was no envelope. */
  readonly errorCode?: number;
  /** True for what may change something. */
  readonly write: boolean;
  /** What it did, in words; absent when it changed nothing. */
  readonly effect?: string;
  /** The fault that met it. */
  readonly fault?: string;
}

const SECRET = /^(password|client_secret|securityKey|token)$/i;

/** A body without what must not be written down. */
export function withoutSecrets(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(body, (key: string, value: unknown) => (SECRET.test(key) ? "…" : value))) as Record<
    string,
    unknown
  >;
}
