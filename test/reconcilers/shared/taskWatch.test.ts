import { expect } from "chai";
import { ProviderError } from "../../../controller/base/outcome.ts";
import type { TaskState } from "../../../controller/providers/port.ts";
import { TaskWatch } from "../../../controller/reconcilers/shared/taskWatch.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { never } from "../scriptedPort.ts";

const ended: TaskState = { is: "ended", ok: true, exit: "OK" };

/** A port whose tasks are in this state, and how often it was asked. */
class Tasks {
  asked = 0;
  state: TaskState | ProviderError = { is: "running" };

  readonly taskState = (): Promise<TaskState> => {
    this.asked++;
    return this.state instanceof ProviderError ? Promise.reject(this.state) : Promise.resolve(this.state);
  };
}

function scene(): { clock: FakeClock; woken: string[]; watch: TaskWatch; port: Tasks } {
  const clock = new FakeClock();
  const woken: string[] = [];
  const watch = new TaskWatch(clock, (key) => {
    woken.push(key);
  });
  return { clock, woken, watch, port: new Tasks() };
}

describe("the watch over our tasks", () => {
  it("A3: a task that was just begun runs, without asking", async () => {
    const { watch, port } = scene();
    watch.begin("db", "UPID:1", port);
    expect(await watch.state("db", "UPID:1", port, never)).to.deep.equal({ is: "running" });
    expect(port.asked).to.equal(0);
  });

  it("A3: a task of an earlier process is asked for once, and followed from there", async () => {
    const { watch, port, clock, woken } = scene();
    expect(await watch.state("db", "UPID:1", port, never)).to.deep.equal({ is: "running" });
    expect(await watch.state("db", "UPID:1", port, never)).to.deep.equal({ is: "running" });
    expect(port.asked).to.equal(1);
    port.state = ended;
    await clock.advance(100);
    expect(woken).to.deep.equal(["db"]);
  });

  it("wakes the guest once, within 300 ms of the task's end, and then asks no more", async () => {
    const { watch, port, clock, woken } = scene();
    watch.begin("db", "UPID:1", port);
    await clock.advance(10_000);
    expect(woken).to.deep.equal([]);
    port.state = ended;
    await clock.advance(300);
    expect(woken).to.deep.equal(["db"]);
    expect(await watch.state("db", "UPID:1", port, never)).to.deep.equal(ended);
    const { asked } = port;
    await clock.advance(10_000);
    expect([port.asked, woken.length]).to.deep.equal([asked, 1]);
  });

  it("A6: looks more often while others wait for its end, though not for ever", async () => {
    const { clock, port } = scene();
    new TaskWatch(
      clock,
      () => undefined,
      () => true,
    ).begin("db", "UPID:1", port);
    await clock.advance(5_000);
    expect(port.asked).to.equal(50);
    await clock.advance(3_000);
    expect(port.asked).to.equal(60);
  });

  it("A7: what cannot be asked is left to the guest's own pass", async () => {
    const { watch, port, clock, woken } = scene();
    watch.begin("db", "UPID:1", port);
    port.state = new ProviderError("unreachable", "no route to host");
    await clock.advance(100);
    expect(woken).to.deep.equal(["db"]);
    const failing = await watch.state("db", "UPID:1", port, never).catch((error: unknown) => error);
    expect(failing).to.equal(port.state);
    await clock.advance(10_000);
    expect(port.asked).to.equal(2);
  });

  it("a newer task of the guest takes the place of the older one", async () => {
    const { watch, port, clock, woken } = scene();
    watch.begin("db", "UPID:1", port);
    const newer = new Tasks();
    watch.begin("db", "UPID:2", newer);
    port.state = ended;
    await clock.advance(1_000);
    expect([woken, port.asked]).to.deep.equal([[], 0]);
  });

  it("a new connection is asked anew", async () => {
    const { watch, port } = scene();
    watch.begin("db", "UPID:1", port);
    const other = new Tasks();
    other.state = ended;
    expect(await watch.state("db", "UPID:1", other, never)).to.deep.equal(ended);
  });

  it("is silent about what was forgotten, and after its end", async () => {
    const { watch, port, clock, woken } = scene();
    watch.begin("db", "UPID:1", port);
    watch.begin("mail", "UPID:2", port);
    watch.forget("db");
    watch.close();
    port.state = ended;
    await clock.advance(1_000);
    expect([woken, port.asked]).to.deep.equal([[], 0]);
  });
});
