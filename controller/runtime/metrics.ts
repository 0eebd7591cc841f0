import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Key } from "../api/meta.ts";
import type { PassReport } from "./passReport.ts";
import type { Queue, QueueObserver } from "./queue.ts";

type Labels = Readonly<Record<string, string>>;

export interface SeriesGauge {
  set(labels: Labels, value: number): void;
  /** Removes one series, as of an object that is gone. */
  remove(labels: Labels): void;
}
export interface SeriesCounter {
  /** By 1 unless told otherwise; 0 makes the series appear. */
  add(labels: Labels, by?: number): void;
}
export interface SeriesHistogram {
  /** Seconds, or what the name's unit says. */
  observe(labels: Labels, value: number): void;
}

export interface Series {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

const RESULTS = ["success", "error", "requeue", "requeue_after"] as const;
/** controller-runtime's: 5 ms to 60 s. */
const PASS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const QUEUE_SECONDS = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

export interface MetricsOptions {
  readonly kinds: readonly string[];
  readonly workers: number;
  readonly build: { readonly version: string; readonly revision: string };
  /** Process and Node.js series; default true. */
  readonly defaults?: boolean;
}

/**
 * All series of the process. Those of the machine carry controller-runtime's names (v0.2x) so that known dashboards
 * work, and exist with 0 from the start (S4); those of the lab are made through `gauge`, `counter` and `histogram`.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #passes = this.counter({
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller",
    labels: ["controller", "result"],
  });
  readonly #errors = this.counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Total number of reconciliation errors per controller",
    labels: ["controller"],
  });
  readonly #terminal = this.counter({
    name: "controller_runtime_terminal_reconcile_errors_total",
    help: "Total number of reconciliations that only a person can help, per controller",
    labels: ["controller"],
  });
  readonly #panics = this.counter({
    name: "controller_runtime_reconcile_panics_total",
    help: "Total number of reconciliations that threw, per controller",
    labels: ["controller"],
  });
  readonly #seconds = this.histogram(
    {
      name: "controller_runtime_reconcile_time_seconds",
      help: "Length of time per reconciliation per controller",
      labels: ["controller"],
    },
    PASS_SECONDS,
  );
  readonly #active = this.gauge({
    name: "controller_runtime_active_workers",
    help: "Number of currently used workers per controller",
    labels: ["controller"],
  });
  readonly #rest = this.counter({
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, partitioned by status code, method, and host",
    labels: ["code", "method", "host"],
  });
  readonly #leads = this.gauge({
    name: "leader_election_master_status",
    help: "Whether this process holds the lease: 1 it does, 0 it does not",
    labels: ["name"],
  });
  readonly #relists = this.counter({
    name: "homelab_watch_restarts_total",
    help: "Lists made again because a watch broke",
    labels: ["kind"],
  });
  readonly #working = new Map<string, number>();

  constructor(options: MetricsOptions) {
    if (options.defaults !== false) collectDefaultMetrics({ register: this.#registry });
    const { version, revision } = options.build;
    this.gauge({
      name: "homelab_build_info",
      help: "Constant 1, with what is running",
      labels: ["version", "revision", "nodeversion"],
    }).set({ version, revision, nodeversion: process.version }, 1);
    const most = this.gauge({
      name: "controller_runtime_max_concurrent_reconciles",
      help: "Maximum number of concurrent reconciles per controller",
      labels: ["controller"],
    });
    for (const kind of options.kinds) {
      const controller = nameOf(kind);
      most.set({ controller }, options.workers);
      this.#active.set({ controller }, 0);
      this.#relists.add({ kind }, 0);
      for (const result of RESULTS) this.#passes.add({ controller, result }, 0);
      for (const counter of [this.#errors, this.#terminal, this.#panics]) counter.add({ controller }, 0);
    }
  }

  gauge(series: Series): SeriesGauge {
    const gauge = new Gauge(this.#config(series));
    return {
      set: (labels, value) => {
        gauge.set(labels, value);
      },
      remove: (labels) => {
        gauge.remove(labels);
      },
    };
  }

  counter(series: Series): SeriesCounter {
    const counter = new Counter(this.#config(series));
    return {
      add: (labels, by = 1) => {
        counter.inc(labels, by);
      },
    };
  }

  histogram(series: Series, buckets: readonly number[]): SeriesHistogram {
    const histogram = new Histogram({ ...this.#config(series), buckets: [...buckets] });
    return {
      observe: (labels, value) => {
        histogram.observe(labels, value);
      },
    };
  }

  /** A gauge that is asked for its value at each scrape. */
  gaugeOf(series: Series, read: () => number): void {
    new Gauge({
      ...this.#config(series),
      collect() {
        this.set(read());
      },
    });
  }

  readonly onPass = (report: PassReport): void => {
    const controller = nameOf(report.key.kind);
    const result = resultOf(report);
    this.#passes.add({ controller, result });
    this.#seconds.observe({ controller }, report.ms / 1_000);
    if (result === "error") this.#errors.add({ controller });
    if (report.ending.is === "concluded" && report.ending.outcome.is === "stalled") this.#terminal.add({ controller });
  };

  readonly onPanic = (key: Key): void => {
    const controller = nameOf(key.kind);
    this.#panics.add({ controller });
    this.#errors.add({ controller });
    this.#passes.add({ controller, result: "error" });
  };

  readonly onRequest = (code: string, method: string, host: string): void => {
    this.#rest.add({ code, method, host });
  };

  onLeading(name: string, leads: boolean): void {
    this.#leads.set({ name }, leads ? 1 : 0);
  }

  onRelist(kind: string): void {
    this.#relists.add({ kind });
  }

  /** The series of the work queue, under client-go's names. There is one queue for all kinds. */
  queueObserver(name: string): QueueObserver {
    const labels = { name, controller: name };
    const series = (part: string, help: string): Series => ({
      name: `workqueue_${part}`,
      help,
      labels: ["name", "controller"],
    });
    const depth = this.gauge(series("depth", "Current depth of workqueue"));
    const adds = this.counter(series("adds_total", "Total number of adds handled by workqueue"));
    const retries = this.counter(series("retries_total", "Total number of retries handled by workqueue"));
    const waited = this.histogram(
      series("queue_duration_seconds", "How long in seconds an item was due before a worker took it"),
      QUEUE_SECONDS,
    );
    const worked = this.histogram(
      series("work_duration_seconds", "How long in seconds processing an item takes"),
      QUEUE_SECONDS,
    );
    depth.set(labels, 0);
    adds.add(labels, 0);
    retries.add(labels, 0);
    return {
      added: () => {
        adds.add(labels);
      },
      retried: () => {
        retries.add(labels);
      },
      taken: (key, waitedMs) => {
        waited.observe(labels, waitedMs / 1_000);
        this.#work(key, 1);
      },
      done: (key, workedMs) => {
        worked.observe(labels, workedMs / 1_000);
        this.#work(key, -1);
      },
      depth: (due) => {
        depth.set(labels, due);
      },
    };
  }

  /** The queue's own view of its workers, read at each scrape. */
  watchQueue(name: string, queue: Queue): void {
    const labels = { name, controller: name };
    const watch = (part: string, help: string, read: () => number): void => {
      const config = this.#config({ name: `workqueue_${part}`, help, labels: ["name", "controller"] });
      new Gauge({
        ...config,
        collect() {
          this.set(labels, read());
        },
      });
    };
    watch(
      "longest_running_processor_seconds",
      "How many seconds has the longest running processor for workqueue been running",
      () => queue.longestWorkMs / 1_000,
    );
    watch(
      "unfinished_work_seconds",
      "How many seconds of work are in progress and not yet observed by work_duration",
      () => queue.unfinishedWorkMs / 1_000,
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #work(key: Key, by: number): void {
    const controller = nameOf(key.kind);
    const working = (this.#working.get(controller) ?? 0) + by;
    this.#working.set(controller, working);
    this.#active.set({ controller }, working);
  }

  #config(series: Series): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    const { name, help, labels = [] } = series;
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}

/** controller-runtime calls a controller after its kind in lower case. */
function nameOf(kind: string): string {
  return kind.toLowerCase();
}

function resultOf(report: PassReport): (typeof RESULTS)[number] {
  switch (report.next.is) {
    case "retry":
      return "error";
    case "after":
      return report.ending.is === "conflict" ? "requeue" : "requeue_after";
    case "rest":
      return "success";
  }
}
