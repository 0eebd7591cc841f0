import { expect } from "chai";
import { request } from "undici";
import { serve, type Listening } from "../../controller/runtime/http.ts";
import { MachineMetrics } from "../../controller/runtime/machineMetrics.ts";
import { Metrics } from "../../controller/runtime/metrics.ts";
import { Queue } from "../../controller/runtime/queue.ts";
import { FakeClock } from "../fakes/clock.ts";
import { LampLab, key } from "./lab.ts";

const build = { version: "1.2.3", revision: "abc" };

describe("the pages of the process", () => {
  let sick: string | undefined;
  let unready: string | undefined;
  let page: Listening;
  beforeEach(async () => {
    sick = undefined;
    unready = undefined;
    page = await serve(
      { host: "127.0.0.1", port: 0 },
      {
        metrics: () => Promise.resolve({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
        sick: () => sick,
        unready: () => unready,
      },
    );
  });
  afterEach(() => page.close());

  async function get(path: string, method: "GET" | "POST" = "GET"): Promise<string> {
    const answer = await request(`http://127.0.0.1:${String(page.port)}${path}`, { method });
    return `${String(answer.statusCode)} ${await answer.body.text()}`;
  }

  it("S4: /healthz is ok while the loop moves and says why it is not", async () => {
    expect(await get("/healthz")).to.equal("200 ok\n");
    sick = "no worker moved for 120 s";
    expect(await get("/healthz?verbose")).to.equal("503 no worker moved for 120 s\n");
    expect(await get("/readyz")).to.equal("200 ok\n");
  });

  it("S4: /readyz is ok once caches are synced", async () => {
    unready = "HomelabLayer is not synced";
    expect(await get("/readyz")).to.equal("503 HomelabLayer is not synced\n");
    expect(await get("/livez")).to.equal("200 ok\n");
  });

  it("serves metrics, and nothing else", async () => {
    expect(await get("/metrics")).to.equal("200 up 1\n");
    expect(await get("/secrets")).to.match(/^404/);
    expect(await get("/metrics", "POST")).to.match(/^405/);
  });

  it("rejects when its address is taken", async () => {
    const pages = { metrics: () => Promise.reject(new Error("no")), sick: () => undefined, unready: () => undefined };
    const error = await serve({ host: "127.0.0.1", port: page.port }, pages).catch((reason: unknown) => reason);
    expect(String(error)).to.contain("EADDRINUSE");
  });
});

describe("the machine's metrics", () => {
  it("S4: all label sets are there with 0 from the start, under the names dashboards know", async () => {
    const metrics = new Metrics(false);
    const machine = new MachineMetrics(metrics, { kinds: ["Container"], workers: 4, build });
    const clock = new FakeClock();
    machine.watchQueue("homelab", new Queue({ clock, observer: machine.queueObserver("homelab") }));
    const text = await metrics.text();
    for (const line of [
      'controller_runtime_reconcile_total{controller="container",result="success"} 0',
      'controller_runtime_reconcile_total{controller="container",result="error"} 0',
      'controller_runtime_reconcile_total{controller="container",result="requeue"} 0',
      'controller_runtime_reconcile_total{controller="container",result="requeue_after"} 0',
      'controller_runtime_reconcile_errors_total{controller="container"} 0',
      'controller_runtime_terminal_reconcile_errors_total{controller="container"} 0',
      'controller_runtime_reconcile_panics_total{controller="container"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="container"} 4',
      'controller_runtime_active_workers{controller="container"} 0',
      'workqueue_depth{name="homelab",controller="homelab"} 0',
      'workqueue_adds_total{name="homelab",controller="homelab"} 0',
      'workqueue_retries_total{name="homelab",controller="homelab"} 0',
      'workqueue_unfinished_work_seconds{name="homelab",controller="homelab"} 0',
      'workqueue_longest_running_processor_seconds{name="homelab",controller="homelab"} 0',
      'homelab_watch_restarts_total{kind="Container"} 0',
    ])
      expect(text.split("\n")).to.include(line);
    expect(text).to.contain('homelab_build_info{version="1.2.3",revision="abc",');
  });

  it("counts passes by their result, the queue's work, requests and the lead", async () => {
    const metrics = new Metrics(false);
    const machine = new MachineMetrics(metrics, { kinds: ["Lamp"], workers: 1, build });
    const lab = new LampLab();
    lab.reconciler.onPass(machine.onPass);
    lab.apply();
    lab.sync();
    const never = new AbortController().signal;
    await lab.reconciler.reconcile(key(), never);
    await lab.reconciler.reconcile(key(), never);
    lab.driver.observing = () => Promise.reject(new Error("broken"));
    await lab.reconciler.reconcile(key(), never);
    const queue = new Queue({ clock: lab.clock, observer: machine.queueObserver("homelab") });
    queue.add(key());
    queue.done(await queue.take(never));
    machine.onPanic(key());
    machine.onRequest("200", "GET", "127.0.0.1:6443");
    machine.onLeading("lead", true);
    const lines = (await metrics.text()).split("\n");
    for (const line of [
      'controller_runtime_reconcile_total{controller="lamp",result="requeue_after"} 1',
      'controller_runtime_reconcile_total{controller="lamp",result="success"} 1',
      'controller_runtime_reconcile_total{controller="lamp",result="error"} 2',
      'controller_runtime_reconcile_panics_total{controller="lamp"} 1',
      'workqueue_adds_total{name="homelab",controller="homelab"} 1',
      'workqueue_work_duration_seconds_count{name="homelab",controller="homelab"} 1',
      'controller_runtime_active_workers{controller="lamp"} 0',
      'rest_client_requests_total{code="200",method="GET",host="127.0.0.1:6443"} 1',
      'leader_election_master_status{name="lead"} 1',
    ])
      expect(lines).to.include(line);
  });

  it("a series of the lab can be set, removed and read at scrape", async () => {
    const metrics = new Metrics(false);
    const up = metrics.gauge({ name: "homelab_guest_up", help: "h", labels: ["name"] });
    up.set({ name: "a" }, 1);
    up.set({ name: "b" }, 1);
    up.remove({ name: "a" });
    let value = 3;
    metrics.gaugeOf({ name: "homelab_now", help: "h" }, {}, () => value);
    value = 4;
    metrics.counter({ name: "homelab_total", help: "h" }).add({}, 2);
    metrics.histogram({ name: "homelab_seconds", help: "h" }, [1]).observe({}, 0.5);
    const text = await metrics.text();
    expect(text).to.contain('homelab_guest_up{name="b"} 1').and.not.to.contain('name="a"');
    expect(text)
      .to.contain("homelab_now 4")
      .and.to.contain("homelab_total 2")
      .and.to.contain("homelab_seconds_count 1");
  });
});
