import { expect } from "chai";
import type { GuestAction } from "../../../controller/plan/guests/guestAction.ts";
import type { GuestInput } from "../../../controller/plan/guests/guestInput.ts";
import { heldBy } from "../../../controller/plan/guests/guestPolicy.ts";
import { ACTIONS, afterFailure, asVm, inputOf, present } from "../inputs.ts";
import { inBoot, labOf } from "../labs.ts";

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

  it("I6: before it is known who we are, a restart for a new configuration waits, one for its health does not", () => {
    const { declared: _, ...stop } = ACTIONS.Shutdown;
    const input = { ...free, rules: unsaid };
    expect(heldBy({ ...stop, restart: true, update: true }, input)?.reason).to.equal("ConfirmProtection");
    expect(heldBy({ ...stop, restart: true }, input)).to.equal(undefined);
  });

  it("I6, A10: before it is known who we are no guest is moved, running or stopped, and Power moves none", () => {
    for (const effect of ["moves", "stops"] as const) {
      const move = { ...ACTIONS.Migrate, effect };
      expect(heldBy(move, { ...free, rules: unsaid })?.reason, effect).to.equal("ConfirmProtection");
      expect(heldBy(move, free), effect).to.equal(undefined);
      expect(heldBy(move, spec({ management: "Power" }))?.reason, effect).to.equal("Settled");
    }
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

  it("api: of a suspended adoption the words also say what would come after it", () => {
    const said = (power: "Running" | "Stopped" | "Unknown", wanted: "Running" | "Stopped", op: Op = "Mark"): string => {
      const input = suspended({ ...free, sight: present({ power }) });
      return heldBy(ACTIONS[op], { ...input, member: { ...input.member, wanted } })?.message ?? "";
    };
    const mark = "suspended; would adopt it (a tag is written, nothing else)";
    expect(said("Running", "Running")).to.equal(`${mark}: why`);
    expect(said("Stopped", "Stopped")).to.equal(`${mark}: why`);
    expect(said("Unknown", "Running")).to.equal(`${mark}: why`);
    expect(said("Stopped", "Running")).to.equal(`${mark}, then start it when its layer's turn comes: why`);
    expect(said("Running", "Stopped")).to.equal(`${mark}, then shut it down: why`);
    expect(said("Running", "Stopped", "Destroy")).to.equal("suspended; would destroy it: why");
    expect(heldBy(ACTIONS.Mark, suspended({ ...free, sight: { is: "absent" } }))?.message).to.equal(`${mark}: why`);
  });
});

describe("how a held step is told, and when it is looked at again", () => {
  const busy = (word: string, leftover = false, by?: string): GuestInput => ({
    ...free,
    sight: present({}, { busy: { word, leftover, ...(by === undefined ? {} : { by }) } }),
  });
  const braked = { ...free, brake: { recent: 1, max: 1, confirmed: false, hash: "abc", held: ["Container/a"] } };
  const forbid = (reason: "HomelabMissing" | "AnotherControllerActs"): GuestInput => ({
    ...free,
    forbidden: { reason, message: "m" },
  });
  const rows: readonly (readonly [string, Op, GuestInput, object])[] = [
    ["a missing Homelab is waited for", "Start", forbid("HomelabMissing"), { is: "waiting" }],
    ["another controller is a person's to clear", "Start", forbid("AnotherControllerActs"), { is: "stalled" }],
    ["protected is settled", "Shutdown", { ...free, rules: protectedOne }, { is: "settled" }],
    ["who we are is a person's to say", "Shutdown", { ...free, rules: unsaid }, { is: "stalled" }],
    ["Observe is settled", "Start", spec({ management: "Observe" }), { is: "settled" }],
    ["Power is settled", "Mark", spec({ management: "Power" }), { is: "settled" }],
    ["a mark is waited for", "Start", { ...free, ownership: { is: "unmarked" } }, { is: "waiting" }],
    ["a privilege is a person's to grant", "Start", { ...free, permissions: weak }, { is: "stalled", afterMs: 60_000 }],
    ["startall is waited for", "Start", busy("startall"), { is: "waiting", afterMs: 1000 }],
    ["stopall is waited for", "Start", busy("stopall"), { is: "waiting", afterMs: 1000 }],
    ["a backup is waited for", "Start", busy("vzdump"), { is: "waiting", afterMs: 2000 }],
    ["a lock left over is a person's", "Start", busy("backup", true), { is: "stalled", afterMs: 10_000 }],
    ["the brake is a person's to lift", "Destroy", braked, { is: "stalled", afterMs: 30_000 }],
  ];
  for (const [what, op, input, expected] of rows)
    it(what, () => {
      expect(heldBy(ACTIONS[op], input)).to.include(expected);
    });

  const said = (op: Op, input: GuestInput): string => heldBy(ACTIONS[op], input)?.message ?? "";

  it("A4: a lock left over is told with the command that clears it", () => {
    expect(said("Start", busy("backup", true))).to.include("on the node: pct unlock 101");
    const vm = asVm(busy("backup", true));
    expect(said("Start", vm)).to.include("on the node: qm unlock 101");
  });

  it("A4: who is at work is told where it is known", () => {
    expect(said("Start", busy("vzdump", false, "ana@pam"))).to.equal(
      "vzdump by ana@pam is at work on it; would start it afterwards",
    );
    expect(said("Start", busy("vzdump"))).to.equal("vzdump is at work on it; would start it afterwards");
    expect(said("Start", busy("startall", false, "ana@pam"))).to.include("by itself (ana@pam);");
    expect(said("Start", busy("stopall", false, "ana@pam"))).to.include("all guests (ana@pam)");
  });

  it("I8: the brake names what is held and the command that confirms just that list", () => {
    expect(said("Destroy", braked)).to.include("held: Container/a.").and.include("confirm-destroys=abc");
  });
});

describe("what a step needs of the token", () => {
  /** Which privileges a step is held for, where the token has none. */
  function lacks(op: Op, input: GuestInput): string {
    const text = heldBy(ACTIONS[op], { ...input, permissions: new Map() })?.message ?? "";
    return /lacks (.*); grant/.exec(text)?.[1] ?? text;
  }
  const template = {
    template: "local:vztmpl/debian.tar.zst",
    rootfs: { storage: "zfs", size: "4Gi" },
  };

  it("A7: starts and stops need VM.PowerMgmt, tags and options VM.Config.Options, on the guest", () => {
    expect(lacks("Start", free)).to.equal("VM.PowerMgmt on /vms/101");
    expect(lacks("Shutdown", free)).to.equal("VM.PowerMgmt on /vms/101");
    expect(lacks("Mark", free)).to.equal("VM.Config.Options on /vms/101");
    expect(lacks("SetStartup", free)).to.equal("VM.Config.Options on /vms/101");
    expect(lacks("Destroy", free)).to.equal("VM.Allocate on /vms/101, Sys.Audit on /");
  });

  it("A7: a create is held before the call for what it needs", () => {
    expect(lacks("Create", spec(template)))
      .to.include("VM.Allocate on /vms/101")
      .and.include("Datastore.AllocateSpace on /storage/zfs");
  });

  it("I3: a VM is never created, whatever the token may do", () => {
    expect(heldBy(ACTIONS.Create, { ...asVm(free), permissions: new Map() })?.reason).to.equal("Settled");
  });

  it("A7: with just that privilege it may be done", () => {
    const permissions = new Map([["/vms/101", new Map([["VM.PowerMgmt", true]])]]);
    expect(heldBy(ACTIONS.Start, { ...free, permissions })).to.equal(undefined);
    expect(heldBy(ACTIONS.Shutdown, { ...free, permissions })).to.equal(undefined);
    expect(heldBy(ACTIONS.Mark, { ...free, permissions })?.reason).to.equal("PermissionMissing");
  });

  it("A7: a failure that was no refusal for want of a privilege is not the policies' business", () => {
    for (const kind of ["spec", "busy", undefined] as const) {
      const input = afterFailure(free, { op: "Start", agoMs: 1000, ...(kind === undefined ? {} : { kind }) });
      expect(heldBy(ACTIONS.Start, input), kind).to.equal(undefined);
    }
    const late = afterFailure(free, { op: "Start", kind: "permission", agoMs: 299_999 });
    expect(heldBy(ACTIONS.Start, late)).to.include({ reason: "PermissionMissing", afterMs: 1 });
  });
});

describe("whose turn it is", () => {
  const first: GuestAction = { ...ACTIONS.Start, first: true };
  const behind = labOf({
    layers: { apps: {}, base: { needs: ["apps"] } },
    guests: { app: { layer: "apps", health: "Unhealthy" }, db: { layer: "base", power: "Stopped" } },
    homelab: { status: inBoot() },
  });

  it("L1: a gate holds a first start and no repair, no create, no stop", () => {
    const input = inputOf({ lab: behind });
    expect(heldBy(first, input)?.reason).to.equal("LayerNotReady");
    for (const op of OPS) if (op !== "Shutdown") expect(heldBy(ACTIONS[op], input), op).to.equal(undefined);
  });

  it("L10: before every guest was looked at once no start is sent, a repair neither", () => {
    const input = inputOf({ lab: { ...behind, warm: false } });
    expect(heldBy(ACTIONS.Start, input)?.reason).to.equal("IntentSettling");
    expect(heldBy(first, input)?.reason).to.equal("IntentSettling");
    expect(heldBy(ACTIONS.Create, input)).to.equal(undefined);
    expect(heldBy(ACTIONS.Mark, input)).to.equal(undefined);
  });

  it("L6: only a stop by declaration waits for its turn; one for a restart does not", () => {
    const lab = labOf({
      layers: { base: {}, apps: { needs: ["base"] } },
      guests: { db: { layer: "base" }, app: { layer: "apps" } },
      homelab: { spec: { powerState: "Stopped" } },
    });
    const input = inputOf({ lab });
    const { declared: _, ...restart } = ACTIONS.Shutdown;
    expect(heldBy(restart, input)).to.equal(undefined);
    expect(heldBy(ACTIONS.Destroy, input)).to.equal(undefined);
    expect(heldBy(ACTIONS.Mark, input)).to.equal(undefined);
    expect(heldBy(ACTIONS.Shutdown, input)?.reason).to.equal("Stopping");
  });
});
