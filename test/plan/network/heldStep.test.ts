import { expect } from "chai";
import type { Outcome } from "../../../controller/base/outcome.ts";
import { step } from "../../../controller/plan/network/heldStep.ts";
import type { NetInput, NetStep } from "../../../controller/plan/network/netInput.ts";
import { isDelete, shelfOf, type OmadaWrite } from "../../../controller/plan/network/omadaWrite.ts";
import { CREATE, DELETE, line, netInput, site } from "./inputs.ts";

const CHANGE: NetStep = {
  write: { call: "updateNetwork", id: "n20", wish: { name: "servers" } },
  what: "network servers (VLAN 20)",
};
const hold: Outcome = { is: "waiting", reason: "Connecting", message: "the last look failed" };
const drift = [{ field: "vlan", desired: "20", actual: "30" }];
const isYoung = { is: "seen", controller: "omada", seen: site({ young: ["networks"] }) } as const;
const full = { recent: 1, max: 1, confirmed: false, hash: "abc", held: [] };
const refusal: Outcome = { is: "failed", reason: "RefusedByProvider", message: "Omada said no", error: undefined };

/** The memory of a write that was refused. */
function refused(write: OmadaWrite): Partial<NetInput> {
  return { memory: { disproved: false, leavingMs: 0, refused: { write: JSON.stringify(write), outcome: refusal } } };
}

describe("a step in Omada", () => {
  const rows: readonly (readonly [string, NetStep, Partial<NetInput>, string])[] = [
    ["creates", CREATE, {}, "progressing Creating in 1000, does Create: create network servers (VLAN 20)"],
    [
      "changes, and says what",
      CHANGE,
      {},
      "progressing Configuring in 1000, does Configure: change network servers (VLAN 20): vlan is 30, declared 20",
    ],
    [
      "says only what of it this step ends",
      { ...CHANGE, drift: [] },
      {},
      "progressing Configuring in 1000, does Configure: change network servers (VLAN 20)",
    ],
    ["deletes", DELETE, {}, "progressing Deleting in 1000, does Delete: delete network servers (VLAN 20)"],
    [
      "is held while suspended",
      CHANGE,
      { suspended: true },
      "settled Suspended, holds Configure: suspended; would change network",
    ],
    [
      "waits for a Homelab",
      CREATE,
      { forbidden: { reason: "HomelabMissing", message: "none" } },
      "waiting HomelabMissing, holds Create: none",
    ],
    [
      "A3: is not done while another controller acts",
      CREATE,
      { forbidden: { reason: "AnotherControllerActs", message: "it acts" } },
      "stalled AnotherControllerActs, holds Create: it acts",
    ],
    [
      "L8: waits while nothing may be sent to the site",
      CHANGE,
      { link: { ...isYoung, hold } },
      "waiting Connecting, holds Configure: the last look failed",
    ],
    [
      "N2: is left to a person where it would cut off the controller",
      { ...CHANGE, locksOut: "it carries Omada" },
      {},
      "stalled WouldLockOut in 300000, holds Configure: would change network servers (VLAN 20): vlan is 30, declared 20, but it carries Omada; make the change by hand",
    ],
    [
      "N1: creates nothing on a list that was read once",
      CREATE,
      { link: isYoung },
      "waiting Connecting in 2000, holds Create: would create network servers (VLAN 20); waits until",
    ],
    ["N1: changes what is seen in a list that was read once", CHANGE, { link: isYoung }, "progressing Configuring"],
    [
      "N1: creates on a list that was read twice while another is young",
      CREATE,
      { link: { ...isYoung, seen: site({ young: ["acls"] }) } },
      "progressing Creating",
    ],
    [
      "A2: is not sent again as it was refused",
      CHANGE,
      refused(CHANGE.write),
      "failed RefusedByProvider, holds Configure: Omada said no",
    ],
    ["A2: is sent once it is another than what was refused", CHANGE, refused(CREATE.write), "progressing Configuring"],
    [
      "I8: is held by the brake where it destroys",
      DELETE,
      { brakeFor: () => full },
      "stalled HeldByBrake in 30000, holds Delete: spec.brake.maxDestroys is 1, and that many were destroyed within ten minutes; held: network servers (VLAN 20). To go on: kubectl annotate hl --all --overwrite homelab.neuralcodelab.com/confirm-destroys=abc",
    ],
    [
      "I8: names all that the brake holds",
      DELETE,
      { brakeFor: () => ({ ...full, held: ["a", "b"] }) },
      "stalled HeldByBrake in 30000, holds Delete: spec.brake.maxDestroys is 1, and that many were destroyed within ten minutes; held: a, b.",
    ],
    [
      "I8: is done once the list is confirmed",
      DELETE,
      { brakeFor: () => ({ ...full, confirmed: true }) },
      "progressing Deleting",
    ],
    ["I8: is done while the brake has room", DELETE, { brakeFor: () => ({ ...full, max: 2 }) }, "progressing Deleting"],
    [
      "I8: is not held by the brake where it destroys nothing",
      CHANGE,
      { brakeFor: () => full },
      "progressing Configuring",
    ],
  ];
  for (const [title, wanted, change, expected] of rows)
    it(title, () => {
      const told = line(step({ drift }, wanted, netInput(change)));
      expect(told.startsWith(expected), told).to.equal(true);
    });

  it("asks the brake for what it counts as (I8)", () => {
    const asked: (string | undefined)[] = [];
    const brakeFor = (destroys: string | undefined): typeof full => (asked.push(destroys), { ...full, recent: 0 });
    step({ drift }, { ...DELETE, destroys: "port profile hl lan" }, netInput({ brakeFor }));
    step({ drift }, DELETE, netInput({ brakeFor }));
    expect(asked).to.deep.equal(["port profile hl lan", undefined]);
  });

  it("A3, N4: a create is on record from its intent on, cut to what the status takes", () => {
    const { action } = step({ drift }, { ...CREATE, what: "x".repeat(300) }, netInput());
    expect(action).to.include({ op: "Create", makesTask: true, because: `create ${"x".repeat(300)}` });
    expect(action?.record).to.deep.equal({ creating: { what: "x".repeat(253), startTime: "2026-01-01T12:00:00Z" } });
  });

  it("A3: only what the status must tell is written around the call", () => {
    const { action } = step({ drift }, CHANGE, netInput());
    expect(action).to.have.all.keys("op", "because", "makesTask", "write");
    expect(action).to.include({ op: "Configure", makesTask: false });
    const done = { passphraseVersion: "7" };
    const told = step({ drift }, { ...CHANGE, done }, netInput()).action;
    expect(told).to.deep.include({ makesTask: true, done });
    expect(told).to.not.have.any.keys("record", "destroys");
    expect(step({ drift }, { ...DELETE, destroys: "x" }, netInput()).action).to.include({
      op: "Delete",
      makesTask: false,
      destroys: "x",
    });
  });

  it("N4: each create adds to the list in which it shows, and nothing else does", () => {
    const reservation = {
      mac: "AA:BB:CC:00:00:01",
      networkId: "n20",
      ip: "192.168.20.9",
      enabled: true,
      description: "",
    };
    const shelves = (
      [
        CREATE.write,
        { call: "createProfile", wish: { name: "p", nativeNetworkId: "n20", taggedNetworkIds: [] } },
        { call: "createWlan", groupId: "g", wish: {} },
        { call: "createAcl", wish: {} },
        { call: "createGroup", wish: {} },
        { call: "setReservation", wish: reservation, exists: false },
        { call: "setReservation", wish: reservation, exists: true },
        CHANGE.write,
        DELETE.write,
      ] as readonly OmadaWrite[]
    ).map((write) => [shelfOf(write), isDelete(write)]);
    expect(shelves).to.deep.equal([
      ["networks", false],
      ["profiles", false],
      ["wlans", false],
      ["acls", false],
      ["groups", false],
      ["reservations", false],
      [undefined, false],
      [undefined, false],
      [undefined, true],
    ]);
  });
});
