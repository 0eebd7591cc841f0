import { expect } from "chai";
import { annotation, FINALIZER } from "../../../controller/api/meta.ts";
import type { Outcome } from "../../../controller/base/outcome.ts";
import { judgeDeletion, type Remains } from "../../../controller/plan/network/deletion.ts";
import type { NetDecision } from "../../../controller/plan/network/judge.ts";
import type { NetInput } from "../../../controller/plan/network/netInput.ts";
import { declared, DELETE, line, netInput, site } from "./inputs.ts";

interface Wish {
  readonly spec?: object;
  readonly status?: object;
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly input?: Partial<NetInput>;
  readonly remains?: Partial<Remains>;
}

const what = "network servers (VLAN 20)";
const waiting: Outcome = { is: "waiting", reason: "Connecting", message: "the first look is awaited" };
const creating = { what, startTime: "2026-01-01T11:59:50Z" };

/** A segment that is being deleted with deletionPolicy: Delete, its network still there and nothing in the way. */
function judged(wish: Wish): NetDecision {
  const { spec, status, annotations = {}, finalizers = [FINALIZER], input, remains } = wish;
  const metadata = { deletionTimestamp: "2026-01-01T11:00:00Z", finalizers, annotations };
  const net = { vlan: 20, cidr: "192.168.20.0/24", omada: {}, deletionPolicy: "Delete", ...spec };
  const object = declared("NetworkSegment", "servers", net, { metadata, ...(status === undefined ? {} : { status }) });
  return judgeDeletion(object, netInput(input), () => ({ what, step: DELETE, ...remains }));
}

describe("a network object that is being deleted", () => {
  const young = { is: "seen", controller: "omada", seen: site({ young: ["networks"] }) } as const;
  const rows: readonly (readonly [string, Wish, string])[] = [
    ["I7: is destroyed in Omada first", {}, "progressing Deleting in 1000, does Delete: delete network servers"],
    [
      "I7: without our finalizer leaves Omada as it is",
      { finalizers: ["someone/else"] },
      "settled Settled: being deleted; what is in Omada stays as it is",
    ],
    [
      "I7: that kept its default policy leaves Omada as it is",
      { spec: { deletionPolicy: "Retain" } },
      "settled Settled, finalizer remove, Normal Released: deletionPolicy is Retain: what is in Omada stays",
    ],
    [
      "I7: without any policy leaves Omada as it is",
      { spec: { deletionPolicy: undefined } },
      "settled Settled, finalizer remove, Normal Released: deletionPolicy is Retain",
    ],
    [
      "I7: is let go by force-delete, and nothing is deleted",
      { annotations: { [annotation.forceDelete]: "true" } },
      "settled Settled, finalizer remove, Normal Released: force-delete is set: what is in Omada stays",
    ],
    [
      "I7: is not let go by another value of force-delete",
      { annotations: { [annotation.forceDelete]: "false" } },
      "progressing Deleting in 1000, does Delete",
    ],
    [
      "I7: goes with its namespace, and nothing is deleted",
      { input: { namespaceTerminating: true } },
      "settled Settled, finalizer remove, Normal Released: the namespace is being deleted",
    ],
    [
      "I7: that is suspended is let go, and nothing is deleted",
      { input: { suspended: true } },
      "settled Settled, finalizer remove, Normal Released: suspended: what is in Omada stays",
    ],
    [
      "I7: waits for a Homelab, and names both ways out",
      { input: { forbidden: { reason: "HomelabMissing", message: "no Homelab" } } },
      "waiting HomelabMissing: no Homelab is in charge. The deletion waits: apply it again, or set the annotation",
    ],
    [
      "A3: waits while another controller acts",
      { input: { forbidden: { reason: "AnotherControllerActs", message: "another acts" } } },
      "stalled AnotherControllerActs: another acts. The deletion waits: clear that, or set the annotation",
    ],
    [
      "I7: waits for a site that is not seen",
      { input: { link: { is: "unseen", outcome: waiting } } },
      "waiting Connecting: the first look is awaited. The deletion waits: apply or mend it, or set the annotation",
    ],
    [
      "L8: waits while nothing may be sent to the site",
      { input: { link: { is: "seen", controller: "omada", seen: site(), hold: waiting } } },
      "waiting Connecting: the first look is awaited. The deletion waits: it goes on by itself, or set the annotation",
    ],
    [
      "I5: leaves it to another object that declares the same",
      { remains: { heir: "NetworkSegment lab" } },
      "settled Settled, finalizer remove, Normal HandedOver: NetworkSegment lab declares network servers",
    ],
    [
      "I9: leaves what is not its own, with a warning",
      { remains: { stays: "it is another's by now" } },
      "settled Settled, finalizer remove, Warning Released: network servers (VLAN 20) stays: it is another's by now",
    ],
    [
      "I7: whose network is gone is let go",
      { remains: { step: undefined } },
      "settled Settled, finalizer remove, Normal Deleted: network servers (VLAN 20) is gone from Omada",
    ],
    [
      "I5: waits the rest of a minute for another object that declares the same",
      { input: { memory: { disproved: false, leavingMs: 20_000 } } },
      "waiting DeletionPending in 40000: network servers (VLAN 20) will be deleted",
    ],
    [
      "I5: goes when the minute is over",
      { input: { memory: { disproved: false, leavingMs: 60_000 } } },
      "progressing Deleting in 1000, does Delete",
    ],
    [
      "N2: waits while something uses it",
      { remains: { inUse: "port 3 of Cerebro" } },
      "waiting NetworkInUse in 15000: network servers (VLAN 20) is still used by port 3 of Cerebro. The deletion waits",
    ],
    [
      "N4: waits for a create that nobody knows the end of",
      { status: { creating }, remains: { step: undefined } },
      "waiting Creating in 1000: network servers (VLAN 20) was sent; waits to see what became of it",
    ],
    [
      "N4: goes when the create is disproved",
      {
        status: { creating },
        input: { memory: { disproved: true, leavingMs: 0 } },
        remains: { step: undefined },
      },
      "settled Settled, finalizer remove, Normal Deleted",
    ],
    ["N4: deletes what the create has made", { status: { creating } }, "progressing Deleting in 1000, does Delete"],
    [
      "N1: is not believed to be gone by lists that were read once",
      { input: { link: young }, remains: { step: undefined } },
      "waiting Connecting in 2000: would delete network servers (VLAN 20); waits until",
    ],
    [
      "I8: waits for the brake",
      { input: { brakeFor: () => ({ recent: 3, max: 3, confirmed: false, hash: "abc", held: [] }) } },
      "stalled HeldByBrake in 30000, holds Delete: spec.brake.maxDestroys is 3",
    ],
    [
      "N2: stays where it would cut off the controller",
      { remains: { step: { ...DELETE, locksOut: "it carries the Omada controller" } } },
      "stalled WouldLockOut in 300000, holds Delete: would delete network servers (VLAN 20), but it carries",
    ],
  ];
  for (const [title, wish, expected] of rows)
    it(title, () => {
      const decision = judged(wish);
      expect(line(decision)).to.satisfy((text: string) => text.startsWith(expected), line(decision));
    });

  it("S2: tells how it was let go", () => {
    const message = "deletionPolicy is Retain: what is in Omada stays as it is";
    const note = { type: "Normal", reason: "Released", action: "Release", message };
    expect(judged({ spec: { deletionPolicy: "Retain" } }).events).to.deep.equal([note]);
  });

  it("keeps on record what it had, and its conditions", () => {
    const condition = { type: "ConfigInSync", status: "True", reason: "InSync", message: "m" };
    const status = { omada: { networkId: "n20", name: "servers" }, conditions: [condition] };
    const { report, conditions } = judged({ status });
    expect(report).to.deep.equal({ omada: { networkId: "n20", name: "servers" } });
    expect(conditions).to.deep.equal([condition]);
    expect(judged({}).conditions).to.deep.equal([]);
    expect(judged({}).report).to.deep.equal({});
  });

  it("H4: says nothing of its own where another object tells why it waits", () => {
    expect(judged({ input: { link: { is: "unseen", outcome: waiting } } }).quiet).to.equal(true);
    expect(judged({ finalizers: [] }).quiet).to.equal(true);
    expect(judged({}).quiet).to.equal(undefined);
  });
});
