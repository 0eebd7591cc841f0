import { expect } from "chai";
import type { GuestAction } from "../../controller/plan/guestAction.ts";
import type { GuestInput } from "../../controller/plan/guestInput.ts";
import { heldBy } from "../../controller/plan/guestPolicy.ts";
import { ACTIONS, inputOf, present } from "./inputs.ts";
import { labOf } from "./labs.ts";

type Op = GuestAction["op"];

const OPS: readonly Op[] = ["Start", "Shutdown", "Create", "Mark", "SetStartup", "Destroy"];

/** Reason by which each step is held, "" where it may be done. */
function table(input: GuestInput): Record<Op, string> {
  return Object.fromEntries(OPS.map((op) => [op, heldBy(ACTIONS[op], input)?.reason ?? ""])) as Record<Op, string>;
}

function all(reason: string): Record<Op, string> {
  return Object.fromEntries(OPS.map((op) => [op, reason])) as Record<Op, string>;
}

function suspended(input: GuestInput): GuestInput {
  return { ...input, member: { ...input.member, suspended: true } };
}

const free = inputOf();
const rules = free.rules;
const protectedOne = rules === undefined ? undefined : { ...rules, protectedVmids: new Set([101]) };
const unsaid = rules === undefined ? undefined : { ...rules, protectionKnown: false };
const spec = (change: Readonly<Record<string, unknown>>): GuestInput => inputOf({ guest: { spec: change } });
const weak = new Map([["/", new Map([["VM.Audit", true]])]]);

describe("what may hold a step", () => {
  const rows: readonly (readonly [string, GuestInput, Record<Op, string>])[] = [
    ["nothing holds a guest that is ours", free, all("")],
    ["api: suspend holds everything", suspended(free), all("Suspended")],
    ["api: suspend precedes protection", suspended({ ...free, rules: protectedOne }), all("Suspended")],
    [
      "api: suspend precedes the missing Homelab",
      suspended({ ...free, forbidden: { reason: "HomelabMissing", message: "" } }),
      all("Suspended"),
    ],
    [
      "L2: without a Homelab nothing is done",
      { ...free, forbidden: { reason: "HomelabMissing", message: "" } },
      all("HomelabMissing"),
    ],
    [
      "A3: beside another controller nothing is done",
      { ...free, forbidden: { reason: "AnotherControllerActs", message: "" } },
      all("AnotherControllerActs"),
    ],
    [
      "I6: a protected guest may be started and created, no more",
      { ...free, rules: protectedOne },
      { ...all("Protected"), Start: "", Create: "" },
    ],
    [
      "I6: protection precedes management",
      { ...spec({ management: "Observe" }), rules: protectedOne },
      { ...all("Protected"), Start: "Observing", Create: "Observing" },
    ],
    [
      "I6: before it is known who we are, nothing is stopped, destroyed or kept from starting",
      { ...free, rules: unsaid },
      { ...all(""), Shutdown: "ConfirmProtection", Destroy: "ConfirmProtection", SetStartup: "ConfirmProtection" },
    ],
    ["I3: Observe does nothing", spec({ management: "Observe" }), all("Observing")],
    ["I3: Power only starts and stops", spec({ management: "Power" }), { ...all("Settled"), Start: "", Shutdown: "" }],
    [
      "I3: without our mark a guest is only marked or created",
      { ...free, ownership: { is: "unmarked" } },
      { ...all("Adopting"), Mark: "", Create: "" },
    ],
    [
      "I6: a protected guest is started without a mark",
      { ...free, rules: protectedOne, ownership: { is: "unmarked" } },
      { ...all("Protected"), Start: "", Create: "" },
    ],
    [
      "I3: under Power the mark does not matter",
      { ...spec({ management: "Power" }), ownership: { is: "unmarked" } },
      { ...all("Settled"), Start: "", Shutdown: "" },
    ],
    ["A7: a privilege that is missing holds what needs it", { ...free, permissions: weak }, all("PermissionMissing")],
    [
      "A4: somebody's task holds all but a create",
      { ...free, sight: present({}, { busy: { word: "backup", by: "root@pam", leftover: false } }) },
      all("GuestBusy"),
    ],
    [
      "A4: a lock without a task is a person's",
      { ...free, sight: present({}, { busy: { word: "backup", leftover: true } }) },
      all("LeftoverLock"),
    ],
    [
      "A4: the node starts its guests",
      { ...free, sight: present({}, { busy: { word: "startall", leftover: false } }) },
      all("NodeStarting"),
    ],
    [
      "A4: the node stops its guests",
      { ...free, sight: present({}, { busy: { word: "stopall", leftover: false } }) },
      all("NodeStopping"),
    ],
    [
      "I8: the brake holds destroys only",
      { ...free, brake: { recent: 1, max: 1, confirmed: false, hash: "", held: [] } },
      { ...all(""), Destroy: "HeldByBrake" },
    ],
    [
      "I8: confirmed, it lets go",
      { ...free, brake: { recent: 5, max: 1, confirmed: true, hash: "", held: [] } },
      all(""),
    ],
    [
      "I8: maxDestroys 0 holds the first one too",
      { ...free, brake: { recent: 0, max: 0, confirmed: false, hash: "", held: [] } },
      { ...all(""), Destroy: "HeldByBrake" },
    ],
  ];
  for (const [what, input, expected] of rows)
    it(what, () => {
      expect(table(input)).to.deep.equal(expected);
    });

  it("L6: a declared stop waits for the layers above, save that of a guest to be destroyed", () => {
    const lab = labOf({
      layers: { base: {}, apps: { needs: ["base"] } },
      guests: { db: { layer: "base" }, app: { layer: "apps" } },
      homelab: { spec: { powerState: "Stopped" } },
    });
    const input = inputOf({ lab });
    expect(heldBy(ACTIONS.Shutdown, input)?.reason).to.equal("Stopping");
    expect(heldBy(ACTIONS.Shutdown, { ...input, member: { ...input.member, leaving: true } })).to.equal(undefined);
  });

  it("A7: a refusal for want of a privilege is not repeated for five minutes, nor after that spec", () => {
    const generation = free.object.metadata.generation;
    const failure = { op: "Start", kind: "permission" as const, text: "no", agoMs: 1000, generation };
    const memory = { ...free.memory, failures: 1, lastFailure: failure };
    expect(heldBy(ACTIONS.Start, { ...free, memory })).to.include({
      reason: "PermissionMissing",
      message: "no",
      afterMs: 299_000,
    });
    expect(heldBy(ACTIONS.Shutdown, { ...free, memory })).to.equal(undefined);
    const later = { ...memory, lastFailure: { ...failure, agoMs: 300_000 } };
    const edited = { ...memory, lastFailure: { ...failure, generation: generation - 1 } };
    for (const other of [later, edited]) expect(heldBy(ACTIONS.Start, { ...free, memory: other })).to.equal(undefined);
  });

  it("api: the words of a suspended guest say what would be done and why", () => {
    const said = (op: Op): string => heldBy(ACTIONS[op], suspended(free))?.message ?? "";
    expect(said("Start")).to.equal("suspended; would start it: why");
    expect(said("Shutdown")).to.equal("suspended; would shut it down: why");
    expect(said("Create")).to.equal("suspended; would create it: why");
    expect(said("Destroy")).to.equal("suspended; would destroy it: why");
  });
});
