import { expect } from "chai";
import fc from "fast-check";
import { Boots } from "../../../controller/providers/proxmox/nodes.ts";
import { Starts } from "../../../controller/providers/proxmox/starts.ts";

const epoch = Date.UTC(2026, 0, 1);

describe("start times of guests", () => {
  it("stay the same however `Date` and `uptime` are rounded", () => {
    const jitter = fc.record({ after: fc.nat(100_000), date: fc.nat(1500), uptime: fc.nat(1) });
    fc.assert(
      fc.property(fc.array(jitter, { minLength: 2 }), (looks) => {
        const starts = new Starts();
        let monotonic = 0;
        const seen = looks.map((look) => {
          monotonic += look.after;
          const uptime = Math.max(0, Math.floor((monotonic + 60_000) / 1000) - look.uptime);
          return starts.seen("601", { uptime, time: epoch + monotonic - look.date, monotonic });
        });
        expect(new Set(seen).size).to.equal(1);
      }),
    );
  });

  it("move when the guest started anew", () => {
    const starts = new Starts();
    expect(starts.seen("601", { uptime: 100, time: epoch, monotonic: 0 })).to.equal(epoch - 100_000);
    expect(starts.seen("601", { uptime: 2, time: epoch + 60_000, monotonic: 60_000 })).to.equal(epoch + 58_000);
  });

  it("move after it was seen down, also within seconds", () => {
    const starts = new Starts();
    starts.seen("601", { uptime: 1, time: epoch, monotonic: 0 });
    starts.ended("601");
    expect(starts.seen("601", { uptime: 0, time: epoch + 3_000, monotonic: 3_000 })).to.equal(epoch + 3_000);
  });

  it("P4: stay when the node's clock is set, and when our own process slept", () => {
    const starts = new Starts();
    const first = starts.seen("601", { uptime: 100, time: epoch, monotonic: 0 });
    expect(starts.seen("601", { uptime: 110, time: epoch + 7_200_000, monotonic: 10_000 })).to.equal(first);
    // Asleep for an hour: the monotonic clock stood still, the node's went on.
    const woke = { uptime: 3_710, time: epoch + 3_610_000, monotonic: 10_000 };
    expect(starts.seen("601", woke)).to.equal(first);
  });
});

describe("boots of nodes", () => {
  const online = (boots: Boots, uptime: number, monotonic: number): ReturnType<Boots["online"]> =>
    boots.online(
      "pve1",
      "9.1.6",
      { uptime, time: epoch + monotonic, monotonic },
      { time: epoch + monotonic, clockOffsetMs: epoch },
    );

  it("L7: the boot time does not move while it is the same boot", () => {
    const boots = new Boots();
    const first = online(boots, 1000, 0).bootTime;
    expect(first).to.equal(epoch - 1_000_000);
    expect(online(boots, 1009, 10_000)).to.include({ bootTime: first, rebooted: false });
    expect(boots.offline("pve1")).to.include({ bootTime: first, rebooted: false, online: false });
    expect(online(boots, 1060, 60_000)).to.include({ bootTime: first, rebooted: false });
  });

  it("L7: an uptime that fell is a reboot", () => {
    const boots = new Boots();
    online(boots, 20, 0);
    expect(online(boots, 5, 15_000)).to.include({ bootTime: epoch + 10_000, rebooted: true });
  });

  it("L7: an uptime shorter than the time since the last look by over 30 s is a reboot, by less is none", () => {
    const boots = new Boots();
    online(boots, 10, 0);
    expect(online(boots, 580, 600_000).rebooted).to.equal(false);
    expect(online(boots, 600, 1_300_000)).to.include({ bootTime: epoch + 700_000, rebooted: true });
  });

  it("a node whose uptime may not be seen has no boot time and never rebooted", () => {
    const seen = new Boots().online("pve1", undefined, undefined, { time: epoch, clockOffsetMs: epoch });
    expect(seen).to.deep.equal({ name: "pve1", online: true, rebooted: false, time: epoch, clockOffsetMs: epoch });
  });
});
