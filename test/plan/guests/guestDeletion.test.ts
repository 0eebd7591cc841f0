import { expect } from "chai";
import { annotation, FINALIZER } from "../../../controller/api/meta.ts";
import { deletionStep, hasFinalizer, wantsFinalizer } from "../../../controller/plan/guests/guestDeletion.ts";
import type { GuestInput, Sight } from "../../../controller/plan/guests/guestInput.ts";
import type { GuestConfig, VmHardware } from "../../../controller/providers/port.ts";
import { afterFailure, asVm, config, inputOf, present } from "../inputs.ts";
import { NOW } from "../labs.ts";

const WAITED = { deletion: { firstSeenTime: new Date(NOW - 60_000).toISOString() } };
const STOPPED = present({ power: "Stopped" }, { losses: [] });

/** The object is being deleted and asks for Delete; 60 s are over. */
function leaving(
  change: Partial<GuestInput> = {},
  annotations: Readonly<Record<string, string>> = {},
  status: { readonly deletion?: { readonly firstSeenTime: string } } = WAITED,
): GuestInput {
  const since = status.deletion?.firstSeenTime;
  return inputOf({
    leaving: true,
    memory: { ...inputOf().memory, leavingMs: since === undefined ? 0 : NOW - Date.parse(since) },
    annotations,
    guest: { spec: { deletionPolicy: "Delete" }, status },
    sight: STOPPED,
    ...change,
  });
}

/** "op", or "release", or the reason it waits for. */
function decided(input: GuestInput): string {
  const step = deletionStep(input);
  if (step.finalizer === "remove") return `release ${step.events?.[0]?.reason ?? ""}`;
  return step.action?.op ?? step.outcome.reason;
}

const unseen = (reason: Extract<Sight, { is: "unseen" }>["reason"]): Partial<GuestInput> => ({
  sight: { is: "unseen", reason, message: "m" },
});
const rules = leaving().rules;

describe("what becomes of a guest whose object is deleted", () => {
  const rows: readonly (readonly [string, GuestInput, string])[] = [
    ["I5: stopped, ours and 60 s later it is destroyed", leaving(), "Destroy"],
    ["I5: running it is shut down first", leaving({ sight: present() }), "Shutdown"],
    [
      "I5: before 60 s it is pending",
      leaving({}, {}, { deletion: { firstSeenTime: new Date(NOW - 59_000).toISOString() } }),
      "DeletionPending",
    ],
    ["I7: force-delete lets it go", leaving({}, { [annotation.forceDelete]: "true" }), "release Released"],
    ["I7: force-delete is the word true alone", leaving({}, { [annotation.forceDelete]: "1" }), "Destroy"],
    ["I7: in a namespace that goes it stays", leaving({ namespaceTerminating: true }), "release Released"],
    ["I5: declared elsewhere it is handed over", leaving({ rival: "Container x" }), "release HandedOver"],
    [
      "I3: without this object's mark it is not ours",
      leaving({ ownership: { is: "unmarked" } }),
      "release GuestNotOwned",
    ],
    [
      "I3: with an old name's mark it is not ours to destroy",
      leaving({ ownership: { is: "renamed", from: "x" } }),
      "release GuestNotOwned",
    ],
    [
      "I3: of the other type it is not ours",
      leaving({ sight: present({ type: "qemu", power: "Stopped" }) }),
      "release GuestNotOwned",
    ],
    [
      "I5: the protection flag keeps it",
      leaving({ sight: present({ power: "Stopped" }, { config: config({ protection: true }), losses: [] }) }),
      "ProtectionOn",
    ],
    [
      "I6: protectedVmids keep it",
      leaving({ rules: rules && { ...rules, protectedVmids: new Set([101]) } }),
      "ProtectionOn",
    ],
    [
      "I5: losses keep it",
      leaving({ sight: present({ power: "Stopped" }, { losses: ["snapshot s1"] }) }),
      "WouldLoseData",
    ],
    ["I5: what it would lose must be known", leaving({ sight: present({ power: "Stopped" }) }), "Deleting"],
    ["I7: no Homelab", leaving({ forbidden: { reason: "HomelabMissing", message: "m" } }), "HomelabMissing"],
    [
      "A3: another controller",
      leaving({ forbidden: { reason: "AnotherControllerActs", message: "m" } }),
      "AnotherControllerActs",
    ],
    ["I7: no cluster", leaving({ sight: { is: "noCluster", message: "m" } }), "ClusterMissing"],
    ["I7: no Secret", leaving(unseen("SecretMissing")), "SecretMissing"],
    ["O3: no host", leaving(unseen("HostUnreachable")), "HostUnreachable"],
    ["O4: hidden is not gone", leaving({ sight: { is: "hidden", message: "m" } }), "PermissionMissing"],
    ["I5: proven absent the object may go", leaving({ sight: { is: "absent" } }), "release Deleted"],
    ["O3: a node that does not tell decides nothing", leaving({ sight: present({ power: "Unknown" }) }), "NodeOffline"],
    [
      "A3: our shutdown that runs is waited for",
      leaving({ sight: present(), task: { is: "known", action: "Shutdown", upid: "u", state: { is: "running" } } }),
      "Stopping",
    ],
    [
      "A3: a destroy that is looked for is not sent again",
      leaving({ task: { is: "sought", action: "Destroy" } }),
      "Deleting",
    ],
  ];
  for (const [what, input, expected] of rows)
    it(what, () => {
      expect(decided(input)).to.equal(expected);
    });

  it("I7: every message of a deletion that waits names the way out", () => {
    for (const [, input, expected] of rows) {
      const { outcome, finalizer, action } = deletionStep(input);
      const works = finalizer !== undefined || action !== undefined || ["Deleting", "Stopping"].includes(expected);
      if (!works) expect(outcome.message, expected).to.include("force-delete");
    }
  });

  it("S1: the message of a pending deletion has no number that moves", () => {
    const at = (seconds: number): string =>
      deletionStep(leaving({}, {}, { deletion: { firstSeenTime: new Date(NOW - seconds * 1000).toISOString() } }))
        .outcome.message;
    expect(at(10)).to.equal(at(50));
  });

  it("I7: without our finalizer nothing is done", () => {
    const input = leaving();
    const { finalizers: _, ...metadata } = input.object.metadata;
    const step = deletionStep({ ...input, object: { ...input.object, metadata } });
    expect(step).to.include({ quiet: true }).and.not.to.have.any.keys("action", "finalizer");
  });

  it("I7: an object that no longer asks for Delete is let go and nothing is touched", () => {
    for (const spec of [{ deletionPolicy: "Retain" }, { deletionPolicy: "Delete", management: "Power" }]) {
      const step = deletionStep(inputOf({ leaving: true, guest: { spec, status: WAITED }, sight: STOPPED }));
      expect(step.finalizer, JSON.stringify(spec)).to.equal("remove");
      expect(step.events).to.have.length(1);
      expect(step.events?.[0]).to.include({ type: "Normal", reason: "Released", action: "Release" });
      expect(step.outcome).to.include({ is: "settled", reason: "Settled" });
      expect(step).to.not.have.property("action");
    }
  });

  it("I7: suspended, it is let go as it is", () => {
    const input = leaving();
    expect(decided({ ...input, member: { ...input.member, suspended: true } })).to.equal("release Released");
  });

  it("I7: only guests in full management with deletionPolicy Delete carry the finalizer", () => {
    const wants = (spec: Readonly<Record<string, unknown>>): boolean => wantsFinalizer(inputOf({ guest: { spec } }));
    expect(wants({ deletionPolicy: "Delete" })).to.equal(true);
    expect(wants({})).to.equal(false);
    expect(wants({ deletionPolicy: "Retain" })).to.equal(false);
    expect(wants({ deletionPolicy: "Delete", management: "Power" })).to.equal(false);
    expect(wants({ deletionPolicy: "Delete", management: "Observe" })).to.equal(false);
    const vm = (spec: Readonly<Record<string, unknown>>): boolean => wantsFinalizer(asVm(inputOf(), spec));
    expect(vm({ deletionPolicy: "Delete", management: "Full" })).to.equal(true);
    expect(vm({ deletionPolicy: "Delete" }), "under management Power").to.equal(false);
    expect(vm({ management: "Full" })).to.equal(false);
  });

  it("I7: an object without finalizers, or with those of others, has not ours", () => {
    const { object } = leaving();
    const having = (...finalizers: string[]): boolean =>
      hasFinalizer({ object: { ...object, metadata: { ...object.metadata, finalizers } } });
    const { finalizers: _, ...metadata } = object.metadata;
    expect(hasFinalizer({ object: { ...object, metadata } })).to.equal(false);
    expect(having("somebody/else")).to.equal(false);
    expect(having("somebody/else", FINALIZER)).to.equal(true);
  });

  it("I7: whose turn it is to mend what holds the deletion is said", () => {
    const outcome = (change: Partial<GuestInput>): object => deletionStep(leaving(change)).outcome;
    const said = (change: Partial<GuestInput>): string => deletionStep(leaving(change)).outcome.message;
    expect(outcome({ forbidden: { reason: "HomelabMissing", message: "m" } })).to.include({ is: "waiting" });
    expect(outcome({ forbidden: { reason: "AnotherControllerActs", message: "m" } })).to.include({ is: "stalled" });
    expect(said(unseen("SecretMissing"))).to.include("apply it again");
    for (const [reason, is, cure] of [
      ["SecretMissing", "stalled", "apply it again"],
      ["Unauthorized", "stalled", "mend that"],
      ["CertificateMismatch", "stalled", "mend that"],
      ["HostUnreachable", "unknown", "bring it back"],
      ["NodeOffline", "unknown", "bring it back"],
      ["Connecting", "waiting", "it goes on when Proxmox answers"],
    ] as const) {
      expect(outcome(unseen(reason))).to.include({ is, reason });
      expect(said(unseen(reason)), reason).to.include(`${cure}, or set the annotation`);
    }
  });

  it("I3: what is not ours to destroy is told as a warning", () => {
    const step = deletionStep(leaving({ ownership: { is: "foreign", mark: { namespace: "o", name: "x" } } }));
    expect(step.events?.[0]).to.include({ type: "Warning", reason: "GuestNotOwned" });
    expect(step).to.not.have.property("action");
    expect(decided(leaving({ ownership: undefined }))).to.equal("release GuestNotOwned");
  });

  it("I5: the 60 s begin when the deletion is first seen, and that is written down", () => {
    const first = deletionStep(leaving({}, {}, {}));
    expect(first.outcome).to.include({ is: "waiting", reason: "DeletionPending", afterMs: 60_000 });
    expect(first.patch).to.deep.equal({ deletion: { firstSeenTime: "2026-01-01T12:00:00Z" } });
    const time = new Date(NOW - 20_000).toISOString();
    const later = deletionStep(leaving({}, {}, { deletion: { firstSeenTime: time } }));
    expect(later.outcome).to.include({ afterMs: 40_000 });
    expect(later.patch).to.deep.equal({ deletion: { firstSeenTime: time } });
  });

  it("I5: 60 s before the first stop, to the millisecond", () => {
    const at = (ms: number): string =>
      decided(leaving({}, {}, { deletion: { firstSeenTime: new Date(NOW - ms).toISOString() } }));
    expect(at(59_999)).to.equal("DeletionPending");
    expect(at(60_000)).to.equal("Destroy");
  });

  it("P4: the wall clock alone neither shortens nor lengthens the wait", () => {
    const waited = leaving();
    for (const hours of [-1, 1])
      expect(decided({ ...waited, lab: { ...waited.lab, now: NOW + hours * 3_600_000 } })).to.equal("Destroy");
    const fresh = leaving({}, {}, { deletion: { firstSeenTime: new Date(NOW).toISOString() } });
    expect(decided({ ...fresh, lab: { ...fresh.lab, now: NOW + 3_600_000 } })).to.equal("DeletionPending");
  });

  it("A3: a destroy makes a task, so that its intent is written before it", () => {
    const step = deletionStep(leaving());
    expect(step.outcome).to.include({ is: "progressing", reason: "Deleting" });
    expect(step.action).to.include({ op: "Destroy", effect: "destroys", makesTask: true });
    expect(step.patch).to.deep.equal(WAITED);
  });

  it("I5: without its configuration nobody knows what it would lose", () => {
    for (const rest of [
      { config: undefined, losses: [] },
      { config: config(), losses: undefined },
    ]) {
      const step = deletionStep(leaving({ sight: present({ power: "Stopped" }, rest) }));
      expect(step.outcome).to.include({ is: "progressing", reason: "Deleting", afterMs: 1000 });
      expect(step).to.not.have.property("action");
    }
  });

  it("A7: a destroy that failed is tried again after a minute, then two, within an hour", () => {
    const step = (failures: number, failure: Parameters<typeof afterFailure>[1]): ReturnType<typeof deletionStep> =>
      deletionStep(afterFailure(leaving(), { op: "Destroy", text: "dataset is busy", ...failure }, failures));
    const held = step(1, { agoMs: 59_999 });
    expect(held).to.not.have.property("action");
    expect(held.outcome).to.include({ is: "stalled", reason: "TaskFailed", afterMs: 1 });
    expect(held.outcome.message).to.include("dataset is busy").and.include("mend that");
    expect(step(1, { agoMs: 60_000 }).action?.op).to.equal("Destroy");
    expect(step(2, { agoMs: 60_000 }).outcome).to.include({ afterMs: 60_000 });
    expect(step(12, { agoMs: 0 }).outcome).to.include({ afterMs: 3_600_000 });
    expect(step(12, { agoMs: 3_600_000 }).action?.op).to.equal("Destroy");
    expect(step(1, { kind: "permission" }).action?.op).to.equal("Destroy");
    expect(step(1, { op: "Shutdown" }).action?.op).to.equal("Destroy");
    expect(step(1, { kind: "outcomeUnknown" }).action, "whose outcome is not known").to.equal(undefined);
  });
});

describe("what a destroy would lose", () => {
  const data = { key: "mp0", volume: "local-zfs:subvol-101-disk-1" } as GuestConfig["mounts"][number];
  const bind = { key: "mp1", volume: "/srv/media" } as GuestConfig["mounts"][number];

  function losing(
    mounts: GuestConfig["mounts"],
    losses: readonly string[] = [],
    annotations: Readonly<Record<string, string>> = {},
  ): ReturnType<typeof deletionStep> {
    const sight = present({ power: "Stopped" }, { config: config({ mounts }), losses });
    return deletionStep(leaving({ sight }, annotations));
  }

  it("I5: a data mount keeps the guest, and is named with the annotation that gives it up", () => {
    const step = losing([data]);
    expect(step).to.not.have.property("action");
    expect(step.outcome).to.include({ is: "stalled", reason: "WouldLoseData", afterMs: 30_000 });
    expect(step.outcome.message)
      .to.include("would lose: data mount mp0 (local-zfs:subvol-101-disk-1)")
      .and.include(`The deletion waits: for the data mounts annotate it ${annotation.deleteData}=101, or set`);
  });

  it("I5: what is bound from the host stays and keeps nothing", () => {
    expect(losing([bind]).action?.op).to.equal("Destroy");
    const volume = { ...data, volume: "local-zfs:sub/" };
    expect(losing([volume]).action).to.equal(undefined);
  });

  it("I5: the data mounts go when the vmid is written out, that vmid", () => {
    expect(losing([data], [], { [annotation.deleteData]: "101" }).action?.op).to.equal("Destroy");
    for (const value of ["true", "102", ""])
      expect(losing([data], [], { [annotation.deleteData]: value }).action, value).to.equal(undefined);
  });

  it("I5: that annotation gives up mounts and nothing else", () => {
    const step = losing([data], ["snapshot s1"], { [annotation.deleteData]: "101" });
    expect(step).to.not.have.property("action");
    expect(step.outcome.message)
      .to.include("would lose: snapshot s1. The deletion waits: remove or save what is listed, or set")
      .and.not.include("mp0");
  });

  it("I5: all of it is listed, with both cures", () => {
    expect(losing([data, bind], ["snapshot s1", "backup job b"]).outcome.message).to.include(
      "would lose: snapshot s1; backup job b; data mount mp0 (local-zfs:subvol-101-disk-1). The deletion waits: " +
        `remove or save what is listed and for the data mounts annotate it ${annotation.deleteData}=101, or set`,
    );
  });

  describe("of a VM", () => {
    const system = { key: "scsi0", volume: "local-zfs:vm-101-disk-0" };
    const data = { key: "scsi1", volume: "local-zfs:vm-101-disk-1" };
    const losingVm = (vm: Partial<VmHardware>, annotations: Readonly<Record<string, string>> = {}): string => {
      const hardware = { disks: [system, data], hostDevices: {}, ...vm };
      const sight = present({ type: "qemu", power: "Stopped" }, { config: config({ vm: hardware }), losses: [] });
      const input = leaving({ sight }, annotations);
      const { outcome, action } = deletionStep(asVm(input, { deletionPolicy: "Delete", management: "Full" }));
      return action?.op ?? /would lose: (.*?)\. The/.exec(outcome.message)?.[1] ?? outcome.reason;
    };
    const rows: readonly (readonly [string, Partial<VmHardware>, string])[] = [
      ["the disk it boots from goes with it", { bootOrder: ["scsi1"] }, "data disk scsi0 (local-zfs:vm-101-disk-0)"],
      [
        "the first disk in the order is that one",
        { bootOrder: ["ide2", "net0", "scsi0", "scsi1"] },
        "data disk scsi1 (local-zfs:vm-101-disk-1)",
      ],
      ["its only disk, where no order is kept", { disks: [system] }, "Destroy"],
      ["its only disk, where the order names it", { disks: [system], bootOrder: ["scsi0"] }, "Destroy"],
      [
        "a disk that the order does not name is data",
        { disks: [data], bootOrder: ["net0"] },
        "data disk scsi1 (local-zfs:vm-101-disk-1)",
      ],
      [
        "without an order all of several are data",
        {},
        "data disk scsi0 (local-zfs:vm-101-disk-0); data disk scsi1 (local-zfs:vm-101-disk-1)",
      ],
      [
        "a disk of the node stays anyway",
        { disks: [system, { key: "scsi1", volume: "/dev/sdb" }], bootOrder: ["scsi0"] },
        "Destroy",
      ],
    ];
    for (const [what, vm, expected] of rows)
      it(`I5: ${what}`, () => {
        expect(losingVm(vm)).to.equal(expected);
      });

    it("I5: all of them go when the vmid is written out, that vmid", () => {
      expect(losingVm({}, { [annotation.deleteData]: "101" })).to.equal("Destroy");
      expect(losingVm({}, { [annotation.deleteData]: "102" })).to.include("scsi0");
    });
  });
});
