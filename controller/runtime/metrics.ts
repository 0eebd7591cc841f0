import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { asOpenMetrics, OPEN_METRICS, wantsOpenMetrics } from "./openMetrics.ts";

export type Labels = Readonly<Record<string, string>>;

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

/** The one owner of prom-client: a registry, and the means to fill it. */
export class Metrics {
  readonly #registry = new Registry();

  /** `defaults`: also the series of the process and of Node.js. */
  constructor(defaults = true) {
    if (defaults) collectDefaultMetrics({ register: this.#registry });
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
  gaugeOf(series: Series, labels: Labels, read: () => number): void {
    new Gauge({
      ...this.#config(series),
      collect() {
        this.set(labels, read());
      },
    });
  }

  /** Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** All series, as OpenMetrics for who asks for that. */
  async page(accept: string | undefined): Promise<{ readonly contentType: string; readonly body: string }> {
    const text = await this.text();
    return wantsOpenMetrics(accept)
      ? { contentType: OPEN_METRICS, body: asOpenMetrics(text) }
      : { contentType: this.#registry.contentType, body: text };
  }

  #config(series: Series): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    const { name, help, labels = [] } = series;
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}
