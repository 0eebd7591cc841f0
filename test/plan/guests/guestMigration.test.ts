import { expect } from "chai";
import { planGuest } from "../../../controller/plan/guests/guest.ts";
import type { GuestInput } from "../../../controller/plan/guests/guestInput.ts";
import type { Guest } from "../../../controller/plan/lab.ts";
import { migratingBefore } from "../../../controller/plan/guests/handledNode.ts";
import { inputOf, present } from "../inputs.ts";
import { labOf, member } from "../labs.ts";

const spec = (node: string | undefined): Readonly<Record<string, unknown>> => (node === undefined ? {} : { node });

/** "db" runs on pve1; spec.node and what was handled as given. */
function asked(
  node: string | undefined,
  handled: string | undefined,
  { kind = "Container", at = "pve1", status = {}, sight = {} }: Wish = {},
): GuestInput {
  const input = inputOf();
  const was = { ...input.object.status, node: "pve1", ...status };
  const before = handled === undefined ? was : { ...was, lastHandledNode: handled };
  // A VM that is managed in full is a matter of its own schema.
  const changed = { ...input.object, kind, spec: { ...input.object.spec, ...spec(node) }, status: before };
  const object = changed as unknown as Guest;
  const type = kind === "Container" ? "lxc" : "qemu";
  return {
    ...input,
    object,
    member: { ...input.member, object },
    sight: present({ type, node: at, ...sight }, { config: undefined }),
  };
}

interface Wish {
  readonly kind?: "Container" | "VirtualMachine";
  readonly at?: string;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly sight?: Parameters<typeof present>[0];
}

const opOf = (input: GuestInput): string | undefined => planGuest(input).action?.op;

describe("what a changed spec.node asks for", () => {
  const table: readonly (readonly [string, GuestInput, string | undefined])[] = [
    ["a first pass moves nothing", asked("pve2", undefined), undefined],
    ["no change, no move", asked("pve1", "pve1"), undefined],
    ["found elsewhere without a change, it stays", asked("pve2", "pve2"), undefined],
    ["a running container is shut down first", asked("pve2", "pve1"), "Shutdown"],
    [
      "a stopped one is migrated before it is started",
      asked("pve2", "pve1", { sight: { power: "Stopped" } }),
      "Migrate",
    ],
    ["a running VM is migrated as it runs", asked("pve2", "pve1", { kind: "VirtualMachine" }), "Migrate"],
    ["a node that is taken out of the spec moves nothing", asked(undefined, "pve2"), undefined],
    ["what HA has is HA's", asked("pve2", "pve1", { sight: { ha: "started" } }), undefined],
    ["ignored by HA it is ours", asked("pve2", "pve1", { sight: { ha: "ignored" } }), "Shutdown"],
    ["moved by hand meanwhile: the hand was last", asked("pve2", "pve1", { at: "pve3" }), undefined],
    ["moved there by hand: nothing is left to do", asked("pve2", "pve1", { at: "pve2" }), undefined],
    [
      "a try that failed is not repeated",
      asked("pve2", "pve1", { status: { migration: { from: "pve1", to: "pve2", failure: "aborted" } } }),
      undefined,
    ],
    [
      "a failed try to another node is no reason",
      asked("pve2", "pve1", { status: { migration: { from: "pve1", to: "pve3", failure: "aborted" } } }),
      "Shutdown",
    ],
  ];
  for (const [what, input, op] of table) it(`A10: ${what}`, () => expect(opOf(input)).to.equal(op));

  it("A10: a guest without a declared node is followed, so that the first spec.node is a change", () => {
    expect(planGuest(asked(undefined, undefined)).report.lastHandledNode).to.equal("pve1");
    expect(planGuest(asked(undefined, "pve1", { at: "pve3" })).report.lastHandledNode).to.equal("pve3");
  });

  it("I3: with management: Power nothing is shut down to be moved, and it is said", () => {
    const input = asked("pve2", "pve1");
    const object = { ...input.object, spec: { ...input.object.spec, management: "Power" } } as Guest;
    const decision = planGuest({ ...input, object, member: { ...input.member, object } });
    expect(decision.action).to.equal(undefined);
    expect(decision.outcome.is === "failed" ? "" : decision.outcome.message).to.include("management is Power");
  });

  const decided = (input: GuestInput): { reason: string; message: string; op: string | undefined } => {
    const { outcome, action } = planGuest(input);
    const { reason, message } = outcome.is === "failed" ? { reason: "failed", message: "" } : outcome;
    return { reason, message, op: action?.op };
  };

  it("A9: the shutdown before a move is a restart that asks for no force, and is told as what it is", () => {
    const { action, events } = planGuest(asked("pve2", "pve1"));
    expect(action).to.include({ op: "Shutdown", effect: "stops", makesTask: true, restart: true, moves: true });
    expect(events?.map(({ reason, action: what }) => [reason, what])).to.deep.equal([["Migrating", "Shutdown"]]);
  });

  it("the move itself makes a task, and is told", () => {
    const { action, events } = planGuest(asked("pve2", "pve1", { sight: { power: "Stopped" } }));
    expect(action).to.include({ op: "Migrate", effect: "moves", makesTask: true, moves: true, target: "pve2" });
    expect(events?.map(({ reason, action: what }) => [reason, what])).to.deep.equal([["Migrating", "Migrate"]]);
  });

  it("O7: what a person has stopped is neither moved nor started", () => {
    const status = { hold: { reason: "StoppedByHand", by: "root@pam" }, bootID: "none" };
    const input = asked("pve2", "pve1", { status, sight: { power: "Stopped" } });
    expect(decided(input)).to.include({ reason: "StoppedByHand", op: undefined });
  });

  it("L1: what is still starting is not moved yet", () => {
    const input = asked("pve2", "pve1");
    const guest = {
      ...input.object,
      spec: { ...input.object.spec, probes: [{ name: "web", tcpSocket: { port: 80 } }] },
    };
    const object = guest as unknown as Guest;
    expect(decided({ ...input, object, member: { ...input.member, object } }).op).to.equal(undefined);
  });

  it("L6: what is declared Stopped is shut down as that, and moved once it is down", () => {
    const input = asked("pve2", "pve1");
    const { action } = planGuest({ ...input, member: { ...input.member, wanted: "Stopped" } });
    expect(action).to.include({ op: "Shutdown", declared: true }).and.not.have.property("moves");
  });

  it("A10: what stands against a move does not keep a guest that is down from being started", () => {
    const input = asked("pve2", "pve1", { sight: { power: "Stopped" } });
    const immovable = ["node pve2 is offline"];
    const sight = { ...(input.sight as ReturnType<typeof present>), immovable };
    expect(decided({ ...input, sight })).to.include({ op: "Start", reason: "Starting" });
  });

  it("A10: a restart that is asked for at the same time is the one before the move", () => {
    const annotations = { "homelab.neuralcodelab.com/restarted-at": "now" };
    const status = { lastHandledPowerState: "Running" };
    const input = asked("pve2", "pve1", { status });
    const object = { ...input.object, metadata: { ...input.object.metadata, annotations } } as Guest;
    const { action } = planGuest({ ...input, object, member: { ...input.member, object } });
    expect(action).to.include({ op: "Shutdown", moves: true, target: "pve2" });
  });

  for (const [kind, sid] of [
    ["Container", "ct:101"],
    ["VirtualMachine", "vm:101"],
  ] as const)
    it(`A10: the command for what HA has of a ${kind} names ${sid}`, () => {
      expect(decided(asked("pve2", "pve1", { kind, sight: { ha: "started" } })).message).to.include(
        `ha-manager migrate ${sid} pve2`,
      );
    });

  it("O3: of a node that is away only what is to be moved says that it is not", () => {
    const away = (handled: string): string => decided(asked("pve2", handled, { sight: { power: "Unknown" } })).message;
    expect(away("pve1")).to.include("It is not moved to pve2 until then");
    expect(away("pve2")).to.match(/whether it runs$/);
    const free = decided(asked(undefined, "pve2", { sight: { power: "Unknown" } })).message;
    expect(free).to.match(/whether it runs$/);
  });

  it("A10: a guest that is where a new spec.node says answers it, so that taking it away later is a person's word", () => {
    const there = asked("pve2", "pve1", { at: "pve2", status: { node: "pve2" } });
    expect(planGuest(there).report.lastHandledNode).to.equal("pve2");
  });

  it("A10: what we have made ourselves is on record where it was made, so that a spec.node changed meanwhile is a change", () => {
    const made = asked("pve2", undefined, { status: { createdVmid: 101 } });
    expect(planGuest(made).report.lastHandledNode).to.equal("pve1");
    const found = asked("pve2", undefined);
    expect(planGuest(found).report.lastHandledNode).to.equal("pve2");
  });

  it("A10: where no place is on record, nobody has moved it", () => {
    const input = asked("pve2", "pve1", { at: "pve3", status: { node: undefined } });
    expect(planGuest(input).report.lastHandledNode).to.equal("pve1");
  });

  it("A10: of two that are on their way both, one goes on, and one alone waits for whoever is", () => {
    const away = { migration: { from: "pve1", to: "pve2" } };
    const waitsFor = (name: string, status: Readonly<Record<string, object>>): string | undefined => {
      const guests = {
        db: { layer: "base", status: status["db"] ?? {} },
        web: { layer: "base", status: status["web"] ?? {} },
      };
      const lab = labOf({ layers: { base: {} }, guests });
      return migratingBefore({ ...inputOf({ lab }), member: member(lab, name) });
    };
    expect(waitsFor("db", { web: away })).to.equal("Container/web");
    expect(waitsFor("db", { db: away, web: away })).to.equal(undefined);
    expect(waitsFor("web", { db: away, web: away })).to.equal("Container/db");
    const failed = { migration: { ...away.migration, failure: "aborted" } };
    expect(waitsFor("db", { db: failed, web: away })).to.equal("Container/web");
    expect(waitsFor("db", { web: failed })).to.equal(undefined);
  });
});
