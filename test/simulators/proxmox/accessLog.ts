/** One request as it was answered. */
export interface Answered {
  /** Milliseconds since the epoch, when it came in. */
  readonly time: number;
  readonly ms: number;
  readonly user: string;
  readonly method: string;
  /** Without /api2/json and query. */
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** 0 when the connection was cut instead. */
  readonly status: number;
  readonly reason: string;
  readonly upid?: string;
  /** The fault that met it. */
  readonly fault?: string;
}

/** The same as the access log has it. */
export type LogEntry = Answered & { readonly sequence: number };
