import { expect } from "chai";
import { annotation } from "../../controller/api/meta.ts";
import type { Creation } from "../../controller/plan/creation.ts";
import { absentStep } from "../../controller/plan/guestAbsent.ts";
import type { GuestInput, Memory } from "../../controller/plan/guestInput.ts";
import { inputOf } from "./inputs.ts";

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
});
