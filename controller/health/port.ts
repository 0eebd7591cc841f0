/** What the controller asks of the prober. Types only. */

/** A probe as declared; exactly one handler is set. Field names are those of Pod probes; absent numbers take the documented defaults. */
export interface Probe {
  readonly name: string;
  /** Overrides the guest's observed addresses. */
  readonly host?: string;
  /** `hosts`: tried in turn, any answer counts (preflight); else the target's addresses. */
  readonly tcpSocket?: { readonly port: number; readonly hosts?: readonly string[] };
  readonly httpGet?: {
    readonly port: number;
    readonly path?: string;
    readonly scheme?: "HTTP" | "HTTPS";
  };
  readonly dns?: { readonly port?: number; readonly name: string; readonly type?: string };
  readonly ntp?: { readonly port?: number; readonly maxOffsetMilliseconds?: number };
  readonly postgres?: { readonly port?: number };
  /** Default 0. */
  readonly initialDelaySeconds?: number;
  /** Default 5. */
  readonly periodSeconds?: number;
  /** Default 2. */
  readonly timeoutSeconds?: number;
  /** Default 1. */
  readonly successThreshold?: number;
  /** Default 3. */
  readonly failureThreshold?: number;
}

/** One running guest to probe. A new `startID` is a new start: health begins anew as Starting (H2). */
export interface Target {
  readonly probes: readonly Probe[];
  readonly startID: string;
  /** Asked before each attempt; empty: no address yet, which counts as a connect failure (H1). */
  readonly addresses: () => readonly string[];
  readonly startupTimeoutSeconds: number;
  /**
   * The state that stands until the first full verdict of this process, from the last written status (L10);
   * absent: Starting.
   */
  readonly resume?: "Healthy" | "Unhealthy";
}

export type HealthState = "Starting" | "Healthy" | "Unhealthy";

export interface ProbeSeen {
  readonly name: string;
  readonly state: "Succeeding" | "Failing" | "Unknown";
  /** "connection refused at 10.0.0.5:5432"; empty while succeeding. */
  readonly message: string;
  /** Wall milliseconds of the last change of state; absent while Unknown. */
  readonly transitionTime?: number;
}

export interface HealthSeen {
  readonly state: HealthState;
  /** Monotonic milliseconds since when `state` holds. */
  readonly since: number;
  readonly probes: readonly ProbeSeen[];
  /** True once each probe has given a verdict in this process (until then `resume` stands). */
  readonly judged: boolean;
  /** True once it was Healthy under the eyes of this process (H3). */
  readonly wasHealthy: boolean;
  /** Set when every failure so far was the lack of an address and the startup timeout is over. */
  readonly noAddress: boolean;
}

export interface HealthPort {
  /** Declares what to probe under this key; the same target again changes nothing; undefined ends it. */
  watch(key: string, target: Target | undefined): void;
  /** Undefined when not watched. */
  of(key: string): HealthSeen | undefined;
  /** On changes of state only (H1). */
  onChange(listener: (key: string) => void): () => void;
  /** A connection was refused or the host unreachable: worth a look at once. */
  onRefused(listener: (key: string) => void): () => void;
  close(): void;
}
