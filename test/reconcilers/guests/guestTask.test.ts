import { expect } from "chai";
import type { Task } from "../../../controller/plan/guests/guestInput.ts";
import type { Guest } from "../../../controller/plan/lab.ts";
import type { ProxmoxPort, TaskSeen, TaskState } from "../../../controller/providers/port.ts";
import { GuestMemory, type GuestRecord } from "../../../controller/reconcilers/lab/guestMemory.ts";
import { followTask, noteFailure } from "../../../controller/reconcilers/guests/guestTask.ts";
import { TaskWatch } from "../../../controller/reconcilers/shared/taskWatch.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { inputOf } from "../../plan/inputs.ts";
import { never, scriptedPort, US } from "../scriptedPort.ts";

const clock = new FakeClock();
const SENT = new Date(clock.now()).toISOString();

function withTask(action: string, more: object = {}): Guest {
  return inputOf({ guest: { status: { task: { action, startTime: SENT, ...more } } } }).object;
}

function fresh(): GuestRecord {
  return new GuestMemory().of("Container/lab/db");
}

function task(type: string, change: Partial<TaskSeen> = {}): TaskSeen {
  return { upid: `UPID:${type}`, node: "pve1", type, id: "101", user: US, startTime: 0, ...change };
}

async function follow(
  object: Guest,
  port: ProxmoxPort,
  more: { readonly record?: GuestRecord; readonly clock?: FakeClock; readonly node?: string | undefined } = {},
): Promise<Task> {
  const watch = new TaskWatch(clock, () => undefined);
  return await followTask(
    object,
    { port, record: fresh(), clock, watch, node: "pve1", isAnothers: () => false, ...more },
    never,
  );
}

describe("what became of an intent", () => {
  it("A3: without an intent nothing is asked", async () => {
    const port = scriptedPort();
    expect(await follow(inputOf().object, port)).to.deep.equal({ is: "none" });
    expect(port.asked).to.deep.equal([]);
  });

  it("A3: with its UPID it is followed, and is ours", async () => {
    const record = fresh();
    const port = scriptedPort();
    const found = await follow(withTask("Start", { upid: "UPID:x" }), port, { record });
    expect(found).to.deep.equal({ is: "known", action: "Start", upid: "UPID:x", state: { is: "running" } });
    expect(port.asked).to.deep.equal(["taskState UPID:x"]);
    expect([...record.own]).to.deep.equal(["UPID:x"]);
    expect(record).to.include({ endedUpid: undefined, freshAfter: 0 });
  });

  it("A2: when the answer was lost it is looked for in the node's list, two minutes back, of this guest", async () => {
    let query: unknown;
    const port = scriptedPort({
      tasks: (node, asked) => {
        query = { node, ...asked };
        return Promise.resolve([task("vzstart")]);
      },
    });
    const found = await follow(withTask("Start"), port);
    expect(found).to.include({ is: "known", upid: "UPID:vzstart" });
    expect(query).to.deep.equal({ node: "pve1", since: clock.now() - 120_000, vmid: 101 });
  });

  it("A3: where the node's clock is on record, no task older than that second is this intent's", async () => {
    const nodeTime = new Date(clock.now() + 3_600_500).toISOString();
    let since: number | undefined;
    const port = scriptedPort({
      tasks: (_, asked) => {
        since = asked.since;
        return Promise.resolve([]);
      },
    });
    await follow(withTask("Create", { nodeTime }), port);
    expect(since).to.equal(Date.parse(nodeTime) - 1_000);
  });

  const carriedOut: Readonly<Record<string, readonly string[]>> = {
    Start: ["vzstart", "qmstart", "hastart"],
    Shutdown: ["vzshutdown", "qmshutdown", "vzstop", "qmstop", "hastop"],
    Create: ["vzcreate", "qmcreate"],
    Destroy: ["vzdestroy", "qmdestroy"],
    Mark: [],
  };
  const types = Object.values(carriedOut).flat();

  for (const [action, own] of Object.entries(carriedOut))
    it(`A3, A8: a ${action} is carried out by ${own.length === 0 ? "no task" : own.join(", ")}`, async () => {
      for (const type of [...types, ...types.map((one) => `x${one}`), ...types.map((one) => `${one}x`)]) {
        const found = await follow(withTask(action), scriptedPort({ tasks: () => Promise.resolve([task(type)]) }));
        expect(found.is, type).to.equal(own.includes(type) ? "known" : "sought");
      }
    });

  it("A3: another's task of that type is not ours", async () => {
    const tasks = [task("vzstart", { user: "root@pam" })];
    const port = scriptedPort({ tasks: () => Promise.resolve(tasks) });
    expect(await follow(withTask("Start"), port)).to.deep.equal({ is: "sought", action: "Start" });
  });

  it("A2: no task for 15 s: it was never carried out", async () => {
    const own = new FakeClock();
    const record = fresh();
    const after = async (ms: number, object = withTask("Create")): Promise<string> => {
      own.freeze(ms);
      return (await follow(object, scriptedPort(), { clock: own, record })).is;
    };
    expect(await after(0)).to.equal("sought");
    expect(await after(14_999)).to.equal("sought");
    expect(await after(1)).to.equal("none");
    const another = withTask("Create", { startTime: "2026-01-01T13:00:00Z" });
    expect(await after(0, another), "another intent has its own 15 s").to.equal("sought");
    expect(await after(15_000, another)).to.equal("none");
  });

  it("A2, P4: a wall clock that is set does not end the search", async () => {
    const own = new FakeClock();
    const record = fresh();
    for (const hours of [0, 1, -2]) {
      own.jump(hours * 3_600_000);
      expect(await follow(withTask("Create"), scriptedPort(), { clock: own, record })).to.include({ is: "sought" });
    }
  });

  it("A2: without a node there is no list to look in", async () => {
    const port = scriptedPort();
    expect((await follow(withTask("Create"), port, { node: undefined })).is).to.equal("sought");
    expect(port.asked).to.deep.equal([]);
  });
});

describe("the end of a task", () => {
  async function ended(state: TaskState, record = fresh(), upid = "UPID:x", action = "Start"): Promise<GuestRecord> {
    await follow(withTask(action, { upid }), scriptedPort({ taskState: () => Promise.resolve(state) }), { record });
    return record;
  }
  const failed = { is: "ended", ok: false, exit: "no space" } as const;

  it("O2: makes what was seen before old", async () => {
    for (const state of [{ is: "ended", ok: true, exit: "OK" }, failed, { is: "lost" }] as const)
      expect(await ended(state)).to.include({ freshAfter: 100, endedUpid: "UPID:x" });
  });

  it("A7: a success, or an end that nobody knows, ends the failures in a row", async () => {
    for (const state of [{ is: "ended", ok: true, exit: "OK" }, { is: "lost" }] as const) {
      const record = await ended(failed);
      expect(record.failures).to.equal(1);
      await ended(state, record, "UPID:y");
      expect(record).to.include({ failures: 0, lastFailure: undefined });
    }
  });

  it("A7: a failure counts once, with its text and the spec it was for", async () => {
    const record = await ended(failed);
    const { generation } = inputOf().object.metadata;
    expect(record.failures).to.equal(1);
    expect(record.lastFailure).to.include({ op: "Start", text: "no space", at: clock.monotonic() });
    expect(record.lastFailure?.generation).to.be.at.most(generation);
    await ended(failed, record);
    expect(record.failures, "the same task").to.equal(1);
    await ended(failed, record, "UPID:y");
    expect(record.failures).to.equal(2);
    await ended(failed, record, "UPID:z", "Shutdown");
    expect(record, "of another kind").to.include({ failures: 1 });
  });

  it("A7: failures in a row are counted by what failed", () => {
    const record = fresh();
    const failure = { op: "Start", text: "t", at: 0, generation: 1 };
    for (const expected of [1, 2, 3]) {
      noteFailure(record, failure);
      expect(record.failures).to.equal(expected);
    }
    noteFailure(record, { ...failure, op: "Mark" });
    expect(record).to.include({ failures: 1 });
    expect(record.lastFailure?.op).to.equal("Mark");
  });
});
