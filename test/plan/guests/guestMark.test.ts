import { expect } from "chai";
import type { GuestInput, Memory } from "../../../controller/plan/guests/guestInput.ts";
import { identityStep } from "../../../controller/plan/guests/guestMark.ts";
import type { Step } from "../../../controller/plan/guests/guestStep.ts";
import type { GuestSeen } from "../../../controller/providers/port.ts";
import { afterFailure, asVm, inputOf, present } from "../inputs.ts";

type Wish = Parameters<typeof inputOf>[0];

function decide(wish: Wish = {}, guest: Partial<GuestSeen> = {}): Step | undefined {
  return identityStep(inputOf(wish), present(guest));
}

interface CloneWish {
  readonly spec?: object;
  readonly status?: object;
  readonly ownership?: GuestInput["ownership"];
}

const spec = (change: Readonly<Record<string, unknown>>): Wish => ({ guest: { spec: change } });
const ADOPT = spec({ adoption: "Adopt" });
const unmarked = { ownership: { is: "unmarked" } } as const;

describe("whose a guest is", () => {
  it("I3: with our mark nothing stands in the way", () => {
    expect(decide()).to.equal(undefined);
  });

  it("I3: a guest of the wrong type is never touched, whatever its mark and management", () => {
    for (const management of ["Full", "Power", "Observe"]) {
      const step = decide({ ...spec({ management }) }, { type: "qemu" });
      expect(step?.outcome).to.include({ is: "stalled", reason: "GuestTypeDiffers" });
      expect(step?.outcome.message).to.include("101 is a VM").and.include("as a VirtualMachine");
      expect(step).not.to.have.property("action");
    }
  });

  it("I3: a container behind a VirtualMachine's vmid is named as one", () => {
    const step = identityStep(asVm(inputOf()), present());
    expect(step?.outcome).to.include({ is: "stalled", reason: "GuestTypeDiffers" });
    expect(step?.outcome.message).to.include("101 is a container").and.include("as a Container");
    expect(identityStep(asVm(inputOf()), present({ type: "qemu" }))).to.equal(undefined);
  });

  it("I3: adopted again is what was lost, save to another namespace", () => {
    const was = { guest: { spec: { adoption: "Adopt" }, status: { markedVmid: 101 } } };
    const foreign = (namespace: string) => ({ ownership: { is: "foreign", mark: { namespace, name: "x" } } }) as const;
    const lost = decide({ ...was, ...foreign("other") });
    expect(lost?.outcome).to.include({ is: "stalled", reason: "GuestNotOwned" });
    expect(lost?.outcome.message)
      .to.include("other/x, which took it over from this object")
      .and.include("Refuse, and then Adopt again");
    expect(lost).not.to.have.property("action");
    for (const wish of [
      { ...was, ...foreign("lab") },
      { ...was, ...unmarked },
      { ...ADOPT, ...foreign("other") },
      { guest: { ...was.guest, status: { markedVmid: 102 } }, ...foreign("other") },
    ])
      expect(decide(wish)?.action).to.include({ op: "Mark" });
  });

  it("I3, I5: what has the number of a guest that had our mark, no mark and another name is not taken for it", () => {
    const was = { ...unmarked, guest: { spec: { adoption: "Adopt" }, status: { markedVmid: 101 } } };
    const other = decide(was, { name: "wiki" });
    expect(other?.outcome).to.include({ is: "stalled", reason: "GuestNotOwned" });
    expect(other?.outcome.message).to.include("101 is called wiki").and.include("spec.hostname");
    expect(other).not.to.have.property("action");
    const named = { ...was, guest: { ...was.guest, spec: { adoption: "Adopt", hostname: "Wiki" } } };
    for (const [wish, guest] of [
      [was, { name: "db" }],
      [was, { name: "CT101", lock: "create" }],
      [named, { name: "wiki" }],
      [{ ...ADOPT, ...unmarked }, { name: "wiki" }],
    ] as const)
      expect(decide(wish, guest)?.action).to.include({ op: "Mark" });
  });

  it("I3: a clone that was made for this object is marked once, whatever it copied, under the declared name", () => {
    const clone = { source: { clone: { vmid: 900 } } };
    const made = { createdVmid: 101 };
    const step = (
      { spec: more = clone, status = made, ownership = { is: "unmarked" } }: CloneWish,
      name = "db",
    ): string => {
      const input = asVm(inputOf({ ownership }), { management: "Full", ...more });
      const object = { ...input.object, status: { ...input.object.status, ...status } } as GuestInput["object"];
      const found = identityStep({ ...input, object }, present({ type: "qemu", name }));
      return found?.action?.because ?? found?.outcome.reason ?? "";
    };
    const marked = "it was cloned for this object";
    expect(step({})).to.equal(marked);
    expect(step({ ownership: { is: "renamed", from: "template" } })).to.equal(marked);
    expect(step({ spec: { ...clone, hostname: "Web" } }, "web")).to.equal(marked);
    for (const [what, wish, name] of [
      ["made from nothing", { spec: {} }, "db"],
      ["made from disks", { spec: { source: { image: { volume: "local:import/a.qcow2" } } } }, "db"],
      ["not made by us", { status: {} }, "db"],
      ["another was made", { status: { createdVmid: 102 } }, "db"],
      ["marked before", { status: { createdVmid: 101, markedVmid: 101 } }, "db"],
      ["somebody else's by now", { ownership: { is: "foreign", mark: { namespace: "other", name: "x" } } }, "db"],
      ["of another name", {}, "wiki"],
      ["of the object's name, where a host name is declared", { spec: { ...clone, hostname: "web" } }, "db"],
    ] as const)
      expect(step(wish, name), what).to.equal("GuestNotOwned");
  });

  it("I3: a template never runs and is not touched", () => {
    const step = decide({}, { template: true });
    expect(step?.outcome).to.include({ is: "stalled", reason: "GuestDiffers" });
    expect(step).not.to.have.property("action");
  });

  it("I3: no mark of ours: not owned, never touched, and the message names the way", () => {
    const none = decide(unmarked, { tags: [] });
    expect(none?.outcome).to.include({ is: "stalled", reason: "GuestNotOwned" });
    expect(none?.outcome.message).to.include("carries no mark of ours").and.include("spec.adoption: Adopt");
    expect(none).not.to.have.property("action");
    const theirs = decide({ ownership: { is: "foreign", mark: { namespace: "other", name: "x" } } });
    expect(theirs?.outcome).to.include({ is: "stalled", reason: "GuestNotOwned" });
    expect(theirs?.outcome.message).to.include("is marked as that of other/x");
    expect(decide({ ownership: undefined })?.outcome.reason).to.equal("GuestNotOwned");
  });

  it("I3: Power and Observe need no mark", () => {
    for (const management of ["Power", "Observe"])
      expect(decide({ ...spec({ management }), ...unmarked })).to.equal(undefined);
  });

  it("I3: under Power a host name that is given must agree, in whatever case", () => {
    const named = (hostname: string, name: string): string | undefined =>
      decide({ ...spec({ management: "Power", hostname }), ...unmarked }, { name })?.outcome.reason;
    expect(named("db", "db")).to.equal(undefined);
    expect(named("db", "DB")).to.equal(undefined);
    expect(named("DB", "db")).to.equal(undefined);
    expect(named("db", "")).to.equal(undefined);
    expect(named("db", "mail")).to.equal("GuestDiffers");
    const step = decide({ ...spec({ management: "Power", hostname: "db" }) }, { name: "mail" });
    expect(step?.outcome.is).to.equal("stalled");
    expect(step).not.to.have.property("action");
  });

  it("I3: under Full a host name is configuration, not identity", () => {
    expect(decide(spec({ hostname: "db" }), { name: "mail" })).to.equal(undefined);
  });

  it("I4: adoption writes the mark and nothing else", () => {
    const step = decide({ ...ADOPT, ...unmarked }, { tags: ["mine", "hl.lab.copy"] });
    expect(step?.outcome).to.include({ is: "progressing", reason: "Adopting" });
    expect(step?.action).to.deep.include({ op: "Mark", effect: "marks", makesTask: false });
    expect(step?.action?.change).to.deep.equal({ tags: ["hl.lab.db", "mine"] });
    expect(step?.action?.told).to.have.length(1);
    expect(step?.action?.told?.[0]).to.include({ type: "Normal", reason: "Adopted", action: "Mark" });
  });

  it("I3: adoption takes a guest with another's mark only because a person wrote Adopt", () => {
    const ownership = { is: "foreign", mark: { namespace: "other", name: "x" } } as const;
    expect(decide({ ...ADOPT, ownership })?.action?.op).to.equal("Mark");
    expect(decide({ ownership })?.action).to.equal(undefined);
  });

  it("I2: the mark of an object that is gone is rewritten without Adopt, with an event Renamed", () => {
    const action = decide({ ownership: { is: "renamed", from: "old" } }, { tags: ["hl.lab.old"] })?.action;
    expect(action?.change).to.deep.equal({ tags: ["hl.lab.db"] });
    expect(action?.told?.map(({ reason }) => reason)).to.include("Renamed");
    expect(action?.because).to.include("old");
    const adopting = decide({ ...ADOPT, ownership: { is: "renamed", from: "old" } })?.action;
    expect(adopting?.told?.map(({ reason }) => reason)).to.include("Renamed");
  });

  it("I6: not even the mark is written on a protected guest", () => {
    const { rules } = inputOf();
    const guarded = rules && { ...rules, protectedVmids: new Set([101]) };
    expect(decide({ ...ADOPT, ...unmarked, rules: guarded })).to.equal(undefined);
    expect(decide({ ownership: { is: "renamed", from: "old" }, rules: guarded })).to.equal(undefined);
    expect(decide({ ...unmarked, rules: guarded })?.outcome.reason, "without Adopt").to.equal("GuestNotOwned");
    expect(decide({ ...ADOPT, ...unmarked, rules: undefined })?.action?.op, "no rules known").to.equal("Mark");
  });
});

describe("a mark that Proxmox refuses", () => {
  /** Adopting, after the mark was refused `agoMs` ago. */
  function refused(text: string, change: Partial<NonNullable<Memory["lastFailure"]>> = {}): Step | undefined {
    const input = afterFailure(inputOf({ ...ADOPT, ...unmarked }), { op: "Mark", text, agoMs: 60_000, ...change });
    return identityStep(input, present());
  }

  it("I2: user-tag-access that forbids it is TagForbidden with the option's name, and looked at again in time", () => {
    const step = refused("403 modifying tag 'hl.lab.db' not allowed");
    expect(step?.outcome).to.include({ is: "stalled", reason: "TagForbidden", afterMs: 240_000 });
    expect(step?.outcome.message).to.include("user-tag-access").and.include("hl.lab.db");
    expect(step).not.to.have.property("action");
  });

  it("A7: any other refusal is told in Proxmox's own text", () => {
    const step = refused("the configuration is damaged");
    expect(step?.outcome).to.include({ is: "stalled", reason: "RefusedByProvider", afterMs: 240_000 });
    expect(step?.outcome.message).to.include("the configuration is damaged").and.include("hl.lab.db");
  });

  it("A7: it is tried again after five minutes, for another spec, and whatever else failed", () => {
    const op = (change: Partial<NonNullable<Memory["lastFailure"]>>): string | undefined =>
      refused("no", change)?.action?.op;
    expect(op({ agoMs: 299_999 })).to.equal(undefined);
    expect(op({ agoMs: 300_000 })).to.equal("Mark");
    expect(op({ generation: -1 })).to.equal("Mark");
    expect(op({ op: "Start" })).to.equal("Mark");
  });
});
