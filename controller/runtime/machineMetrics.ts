import type { Key } from "../api/meta.ts";
import type { Metrics, Series, SeriesCounter, SeriesGauge, SeriesHistogram } from "./metrics.ts";
import type { PassReport } from "./passReport.ts";
import type { Queue, QueueObserver } from "./queue.ts";

const RESULTS = ["success", "error", "requeue", "requeue_after"] as const;
/** controller-runtime's: 5 ms to 60 s. */
const PASS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const QUEUE_SECONDS = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

export interface MachineOptions {
  readonly kinds: readonly string[];
  readonly workers: number;
  readonly build: { readonly version: string; readonly revision: string };
}

/**
 * The machine's own series, under controller-runtime's and client-go's names so that known dashboards work; all label
 * sets exist with 0 from the start (S4).
 */
export class MachineMetrics {
  readonly #metrics: Metrics;
  readonly #passes: SeriesCounter;
  readonly #errors: SeriesCounter;
  readonly #terminal: SeriesCounter;
  readonly #panics: SeriesCounter;
  readonly #seconds: SeriesHistogram;
  readonly #active: SeriesGauge;
  readonly #rest: SeriesCounter;
  readonly #leads: SeriesGauge;
  readonly #relists: SeriesCounter;
  readonly #working = new Map<string, number>();

  constructor(metrics: Metrics, options: MachineOptions) {
    this.#metrics = metrics;
    const total = (name: string, help: string): SeriesCounter => metrics.counter(perController(name, help));
    this.#passes = metrics.counter({
      name: "controller_runtime_reconcile_total",
      help: "Total number of reconciliations per controller",
      labels: ["controller", "result"],
    });
    this.#errors = total("reconcile_errors_total", "Total number of reconciliation errors per controller");
    this.#terminal = total(
      "terminal_reconcile_errors_total",
      "Total number of reconciliations that only a person can help, per controller",
    );
    this.#panics = total("reconcile_panics_total", "Total number of reconciliations that threw, per controller");
    this.#seconds = metrics.histogram(
      perController("reconcile_time_seconds", "Length of time per reconciliation per controller"),
      PASS_SECONDS,
    );
    this.#active = metrics.gauge(perController("active_workers", "Number of currently used workers per controller"));
    this.#rest = metrics.counter({
      name: "rest_client_requests_total",
      help: "Number of HTTP requests, partitioned by status code, method, and host",
      labels: ["code", "method", "host"],
    });
    this.#leads = metrics.gauge({
      name: "leader_election_master_status",
      help: "Whether this process holds the lease: 1 it does, 0 it does not",
      labels: ["name"],
    });
    this.#relists = metrics.counter({
      name: "homelab_watch_restarts_total",
      help: "Lists made again because a watch broke",
      labels: ["kind"],
    });
    this.#begin(options);
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
    const metrics = this.#metrics;
    const labels = { name, controller: name };
    const series = perQueue;
    const depth = metrics.gauge(series("depth", "Current depth of workqueue"));
    const adds = metrics.counter(series("adds_total", "Total number of adds handled by workqueue"));
    const retries = metrics.counter(series("retries_total", "Total number of retries handled by workqueue"));
    const waited = metrics.histogram(
      series("queue_duration_seconds", "How long in seconds an item was due before a worker took it"),
      QUEUE_SECONDS,
    );
    const worked = metrics.histogram(
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
    this.#metrics.gaugeOf(
      perQueue(
        "longest_running_processor_seconds",
        "How many seconds has the longest running processor for workqueue been running",
      ),
      labels,
      () => queue.longestWorkMs / 1_000,
    );
    this.#metrics.gaugeOf(
      perQueue(
        "unfinished_work_seconds",
        "How many seconds of work are in progress and not yet observed by work_duration",
      ),
      labels,
      () => queue.unfinishedWorkMs / 1_000,
    );
  }

  #begin(options: MachineOptions): void {
    const build = { name: "homelab_build_info", help: "Constant 1, with what is running" };
    const info = this.#metrics.gauge({ ...build, labels: ["version", "revision", "nodeversion"] });
    info.set({ ...options.build, nodeversion: process.version }, 1);
    const most = this.#metrics.gauge(
      perController("max_concurrent_reconciles", "Maximum number of concurrent reconciles per controller"),
    );
    for (const kind of options.kinds) {
      const controller = nameOf(kind);
      most.set({ controller }, options.workers);
      this.#active.set({ controller }, 0);
      this.#relists.add({ kind }, 0);
      for (const result of RESULTS) this.#passes.add({ controller, result }, 0);
      for (const counter of [this.#errors, this.#terminal, this.#panics]) counter.add({ controller }, 0);
    }
  }

  #work(key: Key, by: number): void {
    const controller = nameOf(key.kind);
    const working = (this.#working.get(controller) ?? 0) + by;
    this.#working.set(controller, working);
    this.#active.set({ controller }, working);
  }
}

function perController(part: string, help: string): Series {
  return { name: `controller_runtime_${part}`, help, labels: ["controller"] };
}

function perQueue(part: string, help: string): Series {
  return { name: `workqueue_${part}`, help, labels: ["name", "controller"] };
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
