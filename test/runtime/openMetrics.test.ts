import { expect } from "chai";
import { Metrics } from "../../controller/runtime/metrics.ts";
import { wantsOpenMetrics } from "../../controller/runtime/openMetrics.ts";

/** As Prometheus 3 asks. */
const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

describe("S4: OpenMetrics", () => {
  for (const [accept, wanted] of [
    [undefined, false],
    ["*/*", false],
    ["text/plain;version=0.0.4", false],
    ["text/html, */*;q=0.8", false],
    ["application/openmetrics-text", true],
    ["Application/OpenMetrics-Text; Version=1.0.0, text/plain;q=0.5", true],
    ["application/openmetrics-text;version=0.0.1", false],
    ["application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.3", false],
    ["application/openmetrics-text;q=0", false],
    [PROMETHEUS, true],
  ] as const)
    it(`is ${wanted ? "" : "not "}given to who accepts ${accept ?? "whatever"}`, () => {
      expect(wantsOpenMetrics(accept)).to.equal(wanted);
    });

  it("names a counter's family without _total, leaves everything else as it is, and ends with # EOF", async () => {
    const metrics = new Metrics(false);
    metrics.counter({ name: "calls_total", help: "Calls", labels: ["code"] }).add({ code: "a b # TYPE" });
    metrics.gauge({ name: "handles_total", help: "A gauge called so" }).set({}, 2);
    metrics.histogram({ name: "took_seconds", help: "Time" }, [1]).observe({}, 0.5);
    const { contentType, body } = await metrics.page(PROMETHEUS);
    expect(contentType).to.equal("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(body.split("\n")).to.deep.equal([
      "# HELP calls Calls",
      "# TYPE calls counter",
      'calls_total{code="a b # TYPE"} 1',
      "# HELP handles_total A gauge called so",
      "# TYPE handles_total gauge",
      "handles_total 2",
      "# HELP took_seconds Time",
      "# TYPE took_seconds histogram",
      'took_seconds_bucket{le="1"} 1',
      'took_seconds_bucket{le="+Inf"} 1',
      "took_seconds_sum 0.5",
      "took_seconds_count 1",
      "# EOF",
      "",
    ]);
  });

  it("is asked for or not, and the older format keeps its names", async () => {
    const metrics = new Metrics(false);
    metrics.counter({ name: "calls_total", help: "Calls" }).add({});
    await metrics.page(PROMETHEUS);
    const { contentType, body } = await metrics.page(undefined);
    expect(contentType).to.match(/^text\/plain; version=0\.0\.4/);
    expect(body).to.include("# TYPE calls_total counter\ncalls_total 1\n");
  });

  it("every counter of ours is called _total, as OpenMetrics wants it", async () => {
    const text = await new Metrics().text();
    const counters = [...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name ?? "");
    expect(counters.filter((name) => !name.endsWith("_total"))).to.deep.equal([]);
  });
});
