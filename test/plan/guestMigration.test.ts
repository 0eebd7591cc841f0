import { expect } from "chai";
import { planGuest } from "../../controller/plan/guest.ts";
import type { GuestInput } from "../../controller/plan/guestInput.ts";
import type { Guest } from "../../controller/plan/lab.ts";
import { inputOf, present } from "./inputs.ts";

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
});
