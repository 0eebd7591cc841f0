import { expect } from "chai";
import { explainDown, succeeded, type Down, type Evidence } from "../../../controller/plan/guests/explain.ts";
import type { TaskSeen } from "../../../controller/providers/port.ts";

const NOW = 1_000_000_000;
const US = "controller@pve!lab";

function task(type: string, from: number, fields: Partial<TaskSeen> = {}): TaskSeen {
  const startTime = NOW - from * 1000;
  return {
    upid: `UPID:pve1:${type}:${String(from)}:${fields.user ?? "root@pam"}`,
    node: "pve1",
    type,
    id: type === "stopall" || type === "startall" ? "" : "101",
    user: "root@pam",
    startTime,
    endTime: startTime + 2000,
    exit: "OK",
    ...fields,
  };
}

function evidence(tasks: readonly TaskSeen[], fields: Partial<Evidence> = {}): Evidence {
  return {
    type: "lxc",
    vmid: 101,
    tasks: [...tasks].sort((a, b) => b.startTime - a.startTime),
    own: new Set(),
    identity: US,
    nodeBootTime: NOW - 86_400_000,
    now: NOW,
    lastRunning: NOW - 20_000,
    seesOthers: true,
    ha: undefined,
    ...fields,
  };
}

interface Case {
  readonly it: string;
  readonly have: Evidence;
  readonly cause: Down["cause"];
  readonly by?: string;
}

const ourStop = task("vzshutdown", 10, { user: US });
const running = { endTime: undefined, exit: undefined } as unknown as Partial<TaskSeen>;

const cases: readonly Case[] = [
  { it: "no task at all: crashed, or powered off from inside", have: evidence([]), cause: "Crashed" },
  {
    it: "a shutdown by a person is that person's",
    have: evidence([task("vzshutdown", 10)]),
    cause: "StoppedByHand",
    by: "root@pam",
  },
  {
    it: "a stop of a VM too",
    have: evidence([task("qmstop", 10)], { type: "qemu" }),
    cause: "StoppedByHand",
    by: "root@pam",
  },
  { it: "a stop through HA too", have: evidence([task("hastop", 10)]), cause: "StoppedByHand", by: "root@pam" },
  {
    it: "a stop that failed stopped nothing",
    have: evidence([task("vzshutdown", 10, { exit: "container did not stop" })]),
    cause: "Crashed",
  },
  {
    it: "a stop with warnings stopped it",
    have: evidence([task("vzstop", 10, { exit: "WARNINGS: 1" })]),
    cause: "StoppedByHand",
    by: "root@pam",
  },
  { it: "our own recorded stop is ours", have: evidence([ourStop], { own: new Set([ourStop.upid]) }), cause: "Own" },
  { it: "a stop with our token that an earlier process made is ours too", have: evidence([ourStop]), cause: "Own" },
  {
    it: "a stop that a later start undid explains nothing",
    have: evidence([task("vzshutdown", 15), task("vzstart", 12)]),
    cause: "Crashed",
  },
  {
    it: "a stop of another guest explains nothing",
    have: evidence([task("vzshutdown", 10, { id: "102" })]),
    cause: "Crashed",
  },
  {
    it: "a stop long before it was last seen running explains nothing",
    have: evidence([task("vzshutdown", 600)]),
    cause: "Crashed",
  },
  {
    it: "at first sight an old stop counts",
    have: evidence([task("vzshutdown", 600)], { lastRunning: undefined }),
    cause: "StoppedByHand",
    by: "root@pam",
  },
  { it: "the host has booted since: the host", have: evidence([], { nodeBootTime: NOW - 5_000 }), cause: "HostReboot" },
  {
    it: "a person's stop before a reboot stays a person's",
    have: evidence([task("vzshutdown", 10)], { nodeBootTime: NOW - 2_000 }),
    cause: "StoppedByHand",
    by: "root@pam",
  },
  {
    it: "a stop under a running stopall is the node's",
    have: evidence([task("stopall", 12, running), task("vzshutdown", 11)]),
    cause: "NodeStopping",
    by: "root@pam",
  },
  {
    it: "a stop under a stopall that ended a minute ago waits for the reboot",
    have: evidence([task("stopall", 70, { endTime: NOW - 60_000 }), task("vzshutdown", 65)], {
      lastRunning: NOW - 75_000,
    }),
    cause: "NodeStopping",
  },
  {
    it: "two minutes after a stopall without a reboot it was a bulk shutdown by a person",
    have: evidence([task("stopall", 140, { endTime: NOW - 130_000 }), task("vzshutdown", 135)], {
      lastRunning: NOW - 150_000,
    }),
    cause: "StoppedByHand",
    by: "root@pam",
  },
  {
    it: "a stopall followed by a boot is a clean reboot",
    have: evidence([task("stopall", 60), task("vzshutdown", 59)], {
      lastRunning: NOW - 62_000,
      nodeBootTime: NOW - 20_000,
    }),
    cause: "HostReboot",
  },
  {
    it: "another person's own stop during a stopall is that person's",
    have: evidence([task("stopall", 60, { user: "admin@pve" }), task("vzshutdown", 59)], { lastRunning: NOW - 62_000 }),
    cause: "StoppedByHand",
    by: "root@pam",
  },
  {
    it: "a running backup in stop mode will bring it back",
    have: evidence([task("vzdump", 15, running)]),
    cause: "Busy",
  },
  {
    it: "a migration that has just ended is waited for",
    have: evidence([task("vzmigrate", 30, { endTime: NOW - 5_000 })]),
    cause: "Busy",
  },
  { it: "a rollback an hour ago explains nothing", have: evidence([task("vzrollback", 3600)]), cause: "Crashed" },
  {
    it: "a person's reboot has a minute to come back",
    have: evidence([task("vzreboot", 15, { endTime: NOW - 10_000 })]),
    cause: "Busy",
  },
  {
    it: "a reboot that did not come back within a minute is a crash",
    have: evidence([task("vzreboot", 90, { endTime: NOW - 70_000 })], { lastRunning: NOW - 95_000 }),
    cause: "Crashed",
  },
  { it: "an HA guest is HA's to restart", have: evidence([], { ha: "started" }), cause: "HA" },
  { it: "HA that ignores it does not count", have: evidence([], { ha: "ignored" }), cause: "Crashed" },
  {
    it: "a token that cannot see others' tasks cannot say that it crashed",
    have: evidence([], { seesOthers: false }),
    cause: "Unknown",
  },
];

describe("explainDown", () => {
  for (const { it: name, have, cause, by } of cases)
    it(`O6: ${name}`, () => {
      const down = explainDown(have);
      expect(down.cause, down.message).to.equal(cause);
      if (by !== undefined) expect(down.by).to.equal(by);
    });

  it("A4: says when to look again where time decides", () => {
    const down = explainDown(
      evidence([task("stopall", 70, { endTime: NOW - 60_000 }), task("vzshutdown", 65)], { lastRunning: NOW - 75_000 }),
    );
    expect(down.retryMs).to.equal(60_000);
  });

  it("O6: each cause that passes says when to look again", () => {
    const retry = (tasks: readonly TaskSeen[], fields: Partial<Evidence> = {}): number | undefined =>
      explainDown(evidence(tasks, fields)).retryMs;
    expect(retry([task("stopall", 12, running), task("vzshutdown", 11)])).to.equal(1000);
    expect(retry([task("vzdump", 15, running)])).to.equal(2000);
    expect(retry([task("vzreboot", 15, running)])).to.equal(1000);
    expect(retry([], { ha: "started" })).to.equal(60_000);
    expect(retry([task("vzshutdown", 10)]), "a person's stop waits for that person").to.equal(undefined);
  });

  it("O6: a start that failed undoes no stop", () => {
    const have = evidence([task("vzshutdown", 15), task("vzstart", 12, { exit: "command failed" })]);
    expect(explainDown(have).cause).to.equal("StoppedByHand");
  });

  it("O7: a stop that has no end yet is a person's already", () => {
    expect(explainDown(evidence([task("vzshutdown", 10, running)])).cause).to.equal("StoppedByHand");
    const late = evidence([task("vzshutdown", 600, running)], { lastRunning: NOW });
    expect(explainDown(late).cause, "however long it takes").to.equal("StoppedByHand");
  });

  it("O6: at first sight, a reboot after our own token's stop is the host's", () => {
    const have = evidence([task("vzshutdown", 600, { user: US })], { lastRunning: undefined });
    expect(explainDown({ ...have, nodeBootTime: NOW - 100_000 }).cause).to.equal("HostReboot");
    expect(explainDown({ ...have, nodeBootTime: undefined }).cause).to.equal("Own");
  });

  it("O6: after a reboot of the host, our own token's stop before it is no reason to leave it down", () => {
    const have = evidence([task("vzshutdown", 15, { user: US })], { nodeBootTime: NOW - 5_000 });
    expect(explainDown(have).cause).to.equal("HostReboot");
  });
});

describe("the edges of the times that explainDown goes by", () => {
  const cause = (tasks: readonly TaskSeen[], fields: Partial<Evidence> = {}): Down["cause"] =>
    explainDown(evidence(tasks, fields)).cause;
  const ended = (type: string, endTime: number): TaskSeen => task(type, 600, { endTime });

  it("O6: a stop explains up to 30 s before it was last seen running", () => {
    const lastRunning = NOW - 20_000;
    expect(cause([ended("vzshutdown", lastRunning - 30_000)], { lastRunning })).to.equal("StoppedByHand");
    expect(cause([ended("vzshutdown", lastRunning - 30_001)], { lastRunning })).to.equal("Crashed");
  });

  it("O6: a boot counts that came after it was last seen running", () => {
    expect(cause([], { nodeBootTime: NOW - 20_000 })).to.equal("Crashed");
    expect(cause([], { nodeBootTime: NOW - 19_999 })).to.equal("HostReboot");
  });

  it("A4: a boot counts that came after the stopall began", () => {
    const tasks = [task("stopall", 60), task("vzshutdown", 59)];
    const fields = { lastRunning: NOW - 62_000 };
    expect(cause(tasks, { ...fields, nodeBootTime: NOW - 60_000 })).to.equal("NodeStopping");
    expect(cause(tasks, { ...fields, nodeBootTime: NOW - 59_999 })).to.equal("HostReboot");
  });

  it("A4: a stopall waits 120 s for the reboot, then it was a person's", () => {
    const after = (ms: number): Down => {
      const stopall = task("stopall", 200, { endTime: NOW - ms });
      const last = NOW - 200_000;
      return explainDown(evidence([stopall, task("vzshutdown", 199)], { lastRunning: last }));
    };
    expect(after(119_999)).to.include({ cause: "NodeStopping", retryMs: 1 });
    expect(after(120_000)).to.include({ cause: "StoppedByHand", by: "root@pam" });
  });

  it("A4: a stopall covers stops of its user from a second before it to a second after it", () => {
    const under = (startTime: number): Down["cause"] => {
      const stopall = task("stopall", 50, { endTime: NOW - 40_000 });
      const stop = task("vzshutdown", 1, { startTime, endTime: startTime });
      return cause([stopall, stop], { lastRunning: NOW - 52_000 });
    };
    expect(under(NOW - 51_000)).to.equal("NodeStopping");
    expect(under(NOW - 51_001)).to.equal("StoppedByHand");
    expect(under(NOW - 39_000)).to.equal("NodeStopping");
    expect(under(NOW - 38_999)).to.equal("StoppedByHand");
  });

  it("A4: a guest that vanished without a stop task went down with a stopall no older than 30 s", () => {
    const lastRunning = NOW - 50_000;
    expect(cause([ended("stopall", lastRunning - 30_000)], { lastRunning })).to.equal("NodeStopping");
    expect(cause([ended("stopall", lastRunning - 30_001)], { lastRunning })).to.equal("Crashed");
    expect(cause([ended("stopall", NOW - 60_000)], { lastRunning: undefined }), "at first sight").to.equal("Crashed");
  });

  it("A8: what HA stops as root is the word of who asked it within the last minute", () => {
    const by = (...tasks: TaskSeen[]): string | undefined => explainDown(evidence(tasks)).by;
    const asked = task("hastop", 70, { user: "ann@pve" });
    expect(by(asked, task("vzshutdown", 10))).to.equal("ann@pve");
    expect(by(asked, task("vzshutdown", 9))).to.equal("root@pam");
    expect(by(asked, task("vzshutdown", 10, { user: "bob@pve" }))).to.equal("bob@pve");
    expect(by(asked, task("hastart", 40, { exit: "failed" }), task("vzshutdown", 10))).to.equal("root@pam");
    expect(by(task("vzshutdown", 10))).to.equal("root@pam");
    expect(by(asked, task("vzshutdown", 10), task("hastart", 5, { exit: "failed" }))).to.equal("ann@pve");
    const ours = task("hastop", 30, { user: US });
    const own = { own: new Set([ours.upid]) };
    expect(explainDown(evidence([ours, task("vzshutdown", 10)], own)).cause).to.equal("Own");
  });

  it("A4: a stopall of another node took nothing down here", () => {
    const stop = task("vzshutdown", 50);
    const all = (node: string): Down => explainDown(evidence([stop, task("stopall", 50, { node })]));
    expect(all("pve1").cause).to.equal("NodeStopping");
    expect(all("pve2").cause).to.equal("StoppedByHand");
  });

  it("A8: a start with warnings has undone a stop", () => {
    const stop = task("vzshutdown", 50);
    for (const [exit, expected] of [
      ["WARNINGS: 1", "Crashed"],
      ["no such device", "StoppedByHand"],
    ] as const)
      expect(explainDown(evidence([stop, task("vzstart", 40, { exit })])).cause, exit).to.equal(expected);
    expect(explainDown(evidence([stop, task("vzstart", 40, running)])).cause).to.equal("StoppedByHand");
  });

  it("A4: what another carried away or rebooted has 60 s to come back", () => {
    for (const type of ["vzdump", "vzreboot"]) {
      expect(cause([ended(type, NOW - 59_999)]), type).to.equal("Busy");
      expect(cause([ended(type, NOW - 60_000)]), type).to.equal("Crashed");
    }
  });
});

describe("the exit of a task", () => {
  it("success is OK or WARNINGS, nothing else", () => {
    expect(["OK", "WARNINGS: 2", "unexpected status", "ok", ""].map(succeeded)).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
