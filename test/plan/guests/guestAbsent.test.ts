import { expect } from "chai";
import { annotation } from "../../../controller/api/meta.ts";
import type { Creation } from "../../../controller/plan/guests/creation.ts";
import { absentStep } from "../../../controller/plan/guests/guestAbsent.ts";
import type { GuestInput, Memory } from "../../../controller/plan/guests/guestInput.ts";
import { afterFailure, asVm, inputOf } from "../inputs.ts";

const CREATION = { vmid: 101, node: "pve1", template: "t" } as unknown as Exclude<Creation, undefined>;

function absent(
  change: Partial<GuestInput> = {},
  status: object = {},
  annotations: Readonly<Record<string, string>> = {},
): GuestInput {
  return inputOf({
    guest: { power: "Absent", status },
    annotations,
    sight: { is: "absent" },
    ownership: undefined,
    creation: CREATION,
    ...change,
  });
}

function decided(input: GuestInput): string {
  const step = absentStep(input, undefined);
  return step.action?.op ?? step.outcome.reason;
}

function failed(text: string, change: Partial<Memory> = {}): Partial<GuestInput> {
  const { object, memory } = absent();
  const lastFailure = { op: "Create", text, agoMs: 1000, generation: object.metadata.generation + 1 };
  return { memory: { ...memory, failures: 1, lastFailure, ...change } };
}

const RECREATE = { [annotation.recreate]: "101" };

describe("a vmid that is proven free", () => {
  const rows: readonly (readonly [string, GuestInput, string])[] = [
    ["is created when it never was here", absent(), "Create"],
    ["I5: is not created again when it was", absent({}, { seenVmid: 101 }), "GuestVanished"],
    ["I5: is created again when asked for", absent({}, { seenVmid: 101 }, RECREATE), "Create"],
    [
      "I5: is asked for with its own number",
      absent({}, { seenVmid: 101 }, { [annotation.recreate]: "true" }),
      "GuestVanished",
    ],
    [
      "I5: is not asked for by an answered annotation",
      absent({}, { seenVmid: 101, lastHandledRecreate: "101" }, RECREATE),
      "GuestVanished",
    ],
    ["I5: what vanished under another number does not count", absent({}, { seenVmid: 999 }), "Create"],
    ["cannot be created without a template", absent({ creation: undefined }), "GuestMissing"],
    ["waits for its segment", absent({ creation: { reason: "SegmentMissing", refused: "m" } }), "SegmentMissing"],
    [
      "is not created from a spec that no token may carry out",
      absent({ creation: { reason: "SpecInvalid", refused: "m" } }),
      "SpecInvalid",
    ],
    [
      "A7: is not created where its storage is missing",
      absent({ obstacles: [{ kind: "spec", message: "m" }] }),
      "RefusedByProvider",
    ],
    [
      "A7: is not created where there is no room",
      absent({ obstacles: [{ kind: "space", message: "m" }] }),
      "StorageFull",
    ],
    [
      "A7: is not created where its bridge is missing",
      absent({ obstacles: [{ kind: "bridge", message: "m" }] }),
      "BridgeMissing",
    ],
  ];
  for (const [what, input, expected] of rows)
    it(what, () => {
      expect(decided(input)).to.equal(expected);
    });

  for (const [text, reason] of [
    ["zfs error: out of space", "StorageFull"],
    ["No space left on device", "StorageFull"],
    ["bridge 'vmbr9' does not exist", "BridgeMissing"],
    ["the archive is damaged", "RefusedByProvider"],
  ] as const)
    it(`A7: after "${text}" it is ${reason} with that text, until something moves`, () => {
      const input = absent();
      const generation = input.object.metadata.generation;
      const { memory } = failed(text);
      const stuck = {
        ...input,
        memory: memory && { ...memory, lastFailure: memory.lastFailure && { ...memory.lastFailure, generation } },
      } as GuestInput;
      expect(decided(stuck)).to.equal(reason);
      expect(absentStep(stuck, undefined).outcome.message).to.include(text);
      expect(decided({ ...stuck, memory: { ...stuck.memory, healed: true } })).to.equal("Create");
      const last = stuck.memory.lastFailure;
      const old = last && { ...last, generation: generation - 1 };
      expect(decided({ ...stuck, memory: { ...stuck.memory, lastFailure: old } })).to.equal("Create");
      const long = last && { ...last, agoMs: 300_000 };
      expect(decided({ ...stuck, memory: { ...stuck.memory, lastFailure: long } })).to.equal("Create");
      expect(decided({ ...stuck, memory: { ...stuck.memory, failures: 2, lastFailure: long } })).to.equal(reason);
    });

  it("I5: Power and Observe on a missing vmid are GuestMissing", () => {
    for (const management of ["Power", "Observe"]) {
      const input = inputOf({ guest: { spec: { management }, status: { seenVmid: 101 } }, sight: { is: "absent" } });
      expect(decided(input)).to.equal("GuestMissing");
    }
  });

  it("I5: the message says who destroyed it and when, where that is known", () => {
    const step = absentStep(absent({}, { seenVmid: 101 }), { by: "ana@pam", time: Date.UTC(2026, 0, 2) });
    expect(step.outcome.message).to.include("ana@pam destroyed it at 2026-01-02T00:00:00Z");
  });

  it("I5: without what it is made from it is missing, with the fields that its kind needs", () => {
    const nothing = absent({ creation: undefined });
    for (const [input, fields] of [
      [nothing, "spec.template and spec.rootfs"],
      [asVm(nothing, { management: "Full" }), "spec.source or spec.disks"],
    ] as const) {
      const step = absentStep(input, undefined);
      expect(step.outcome).to.include({ is: "stalled", reason: "GuestMissing", afterMs: 300_000 });
      expect(step.outcome.message).to.include(fields);
      expect(step).to.not.have.property("action");
    }
  });

  it("A7: what waits for another object is not stuck, what the spec asks wrongly is", () => {
    const refused = (reason: "SegmentMissing" | "SpecInvalid") => absent({ creation: { reason, refused: "m" } });
    expect(absentStep(refused("SegmentMissing"), undefined).outcome.is).to.equal("waiting");
    expect(absentStep(refused("SpecInvalid"), undefined).outcome.is).to.equal("stalled");
  });

  it("A3: a create makes a task, so that its intent is written before it", () => {
    const step = absentStep(absent(), undefined);
    expect(step.outcome).to.include({ is: "progressing", reason: "Creating" });
    expect(step.action).to.deep.include({ op: "Create", effect: "creates", makesTask: true, creation: CREATION });
  });

  it("A7: only a create that failed stands in a create's way, and a missing privilege is the policies'", () => {
    const op = (failure: Parameters<typeof afterFailure>[1]): string => decided(afterFailure(absent(), failure));
    expect(op({ op: "Create" })).to.equal("RefusedByProvider");
    expect(op({ op: "Start" })).to.equal("Create");
    expect(op({ op: "Create", kind: "permission" })).to.equal("Create");
    expect(op({ op: "Create", kind: "spec" })).to.equal("RefusedByProvider");
  });

  it("A7: what stands in the way is read again within five minutes, the create tried again within an hour", () => {
    const after = (failures: number, agoMs: number): number | undefined => {
      const { outcome } = absentStep(afterFailure(absent(), { op: "Create", agoMs }, failures), undefined);
      return "afterMs" in outcome ? outcome.afterMs : undefined;
    };
    expect(after(1, 100_000)).to.equal(200_000);
    expect(after(4, 0)).to.equal(300_000);
    const op = (agoMs: number): string => decided(afterFailure(absent(), { op: "Create", agoMs }, 12));
    expect(op(3_599_999)).to.equal("RefusedByProvider");
    expect(op(3_600_000)).to.equal("Create");
  });

  it("A2: a vmid that was taken in that moment is looked at again at once", () => {
    const { outcome } = absentStep(afterFailure(absent(), { op: "Create", text: "CT 101 already exists" }), undefined);
    expect(outcome).to.include({ is: "waiting", reason: "Creating", afterMs: 2000 });
  });

  it("I5: the message names the annotation, and to take an answered one off first", () => {
    const said = (annotations: Readonly<Record<string, string>>, lastHandledRecreate?: string): string =>
      absentStep(absent({}, { seenVmid: 101, lastHandledRecreate }, annotations), undefined).outcome.message;
    const annotate = `kubectl annotate hct db ${annotation.recreate}`;
    expect(said({})).to.match(/^101 was here and is gone\. It is not created/);
    expect(said({})).to.include(`make a new one: ${annotate}=101`);
    expect(said(RECREATE, "101")).to.include(`make a new one: ${annotate}- and then ${annotate}=101`);
  });

  it("I5: what our create made and somebody removed before anybody looked has vanished", () => {
    const state = { is: "ended", ok: true, exit: "OK" } as const;
    const task = (action: string): GuestInput["task"] => ({ is: "known", action, upid: "u", state });
    expect(decided(absent({ task: task("Create") }))).to.equal("GuestVanished");
    expect(decided(absent({ task: task("Create") }, {}, RECREATE))).to.equal("GuestVanished");
    expect(decided(absent({ task: task("Start") }))).to.equal("Create");
  });
});
