import { expect } from "chai";
import { annotation, FINALIZER, type Metadata } from "../../../controller/api/meta.ts";
import type { Outcome } from "../../../controller/base/outcome.ts";
import { corrects, judge, judgeUnseen, type NetDecision } from "../../../controller/plan/network/judge.ts";
import type { Draft, NetInput } from "../../../controller/plan/network/netInput.ts";
import { CREATE, declared, line, netInput } from "./inputs.ts";

interface Wish {
  readonly spec?: object;
  readonly status?: object;
  readonly metadata?: Partial<Metadata>;
  readonly draft?: Partial<Draft>;
  readonly input?: Partial<NetInput>;
}

const what = "network servers (VLAN 20)";
const bound = { omada: { networkId: "n20", name: "servers" } };
const made = { omada: { networkId: "n20", name: "servers", created: true } };
const creating = { what, startTime: "2026-01-01T11:59:50Z" };
const drift = [{ field: "isolated", desired: "true", actual: "false" }];
const CHANGE = { write: { call: "updateNetwork", id: "n20", wish: { isolated: true } }, what } as const;
const differs = { drift, step: CHANGE };
const absent = { found: "absent", step: CREATE, bound: undefined } as const;
const obstacle: Outcome = { is: "stalled", reason: "VlanTaken", message: "VLAN 20 is taken", afterMs: 300_000 };
const disproved = { memory: { disproved: true, leavingMs: 0 } };
const foreign = { found: "unowned", adopted: { adopted: true } } as const;

function objectOf({ spec, status, metadata = {} }: Wish): ReturnType<typeof declared<"NetworkSegment">> {
  const rest = status === undefined ? { metadata } : { metadata, status };
  return declared("NetworkSegment", "servers", { vlan: 20, cidr: "192.168.20.0/24", omada: {}, ...spec }, rest);
}

/** Of a network that is the object's and as declared, unless wished otherwise. */
function judged(wish: Wish): NetDecision {
  const draft: Draft = { found: "ours", what, bound, drift: [], fine: `${what} is as declared`, ...wish.draft };
  return judge(objectOf(wish), draft, netInput(wish.input));
}

describe("a network object", () => {
  const rows: readonly (readonly [string, Wish, string])[] = [
    ["is settled when all is as declared", {}, "settled Settled: network servers (VLAN 20) is as declared"],
    [
      "I9: is not bound to what is not known to be its own",
      { draft: foreign },
      "stalled NetworkNotOwned in 300000: network servers (VLAN 20) exists in Omada and is not known",
    ],
    [
      "I4: adopts without a write",
      { spec: { adoption: "Adopt" }, draft: foreign },
      "progressing Adopting in 0, Normal Adopted: network servers (VLAN 20) exists and is adopted",
    ],
    [
      "I4: adopts nothing while suspended",
      { spec: { adoption: "Adopt" }, draft: foreign, input: { suspended: true } },
      "settled Suspended: suspended; would adopt network servers (VLAN 20)",
    ],
    [
      "A3: adopts nothing while another controller acts",
      {
        spec: { adoption: "Adopt" },
        draft: foreign,
        input: { forbidden: { reason: "AnotherControllerActs", message: "it acts" } },
      },
      "stalled AnotherControllerActs: it acts",
    ],
    ["creates what is not there", { draft: absent }, "progressing Creating in 1000, does Create: create network"],
    ["is settled where nothing has to be there", { draft: { ...absent, step: undefined } }, "settled Settled: "],
    [
      "I4: does not make anew what vanished and was adopted",
      { status: bound, draft: { ...absent, became: "is called lab there now" } },
      "stalled NetworkVanished in 300000: network servers (VLAN 20) was there and is called lab there now; make it",
    ],
    [
      "I4: says that it is gone",
      { status: bound, draft: absent },
      "stalled NetworkVanished in 300000: network servers (VLAN 20) was there and is gone from Omada; make it",
    ],
    [
      "I4: makes anew what vanished and was its own creation",
      { status: made, draft: absent },
      "progressing Creating in 1000, does Create",
    ],
    [
      "I4: makes anew what vanished where driftPolicy says so",
      { spec: { driftPolicy: "Correct" }, status: bound, draft: absent },
      "progressing Creating in 1000, does Create",
    ],
    [
      "N4: waits for a create until it shows",
      { status: { creating }, draft: absent },
      "progressing Creating in 1000: network servers (VLAN 20) was sent; waits until Omada lists it",
    ],
    [
      "N4: waits for a create also when its object has been declared otherwise since",
      { status: { creating: { ...creating, what: "network old (VLAN 20)" } }, draft: absent },
      "progressing Creating in 1000: network old (VLAN 20) was sent; waits until Omada lists it",
    ],
    [
      "N4: creates again when the create is disproved",
      { status: { creating }, draft: absent, input: disproved },
      "progressing Creating in 1000, does Create",
    ],
    ["N4: that has shown is not waited for", { status: { creating } }, "settled Settled"],
    [
      "N4: of several creates waits for the one on record",
      { status: { creating }, draft: { ...absent, several: true, found: "ours" } },
      "progressing Creating in 1000: network servers (VLAN 20) was sent",
    ],
    [
      "N4: of several creates goes on with the next once one has shown",
      {
        spec: { driftPolicy: "Correct" },
        status: { creating: { ...creating, what: "group a" } },
        draft: { ...absent, several: true, found: "ours" },
      },
      "progressing Creating in 1000, does Create",
    ],
    [
      "N4: of several creates does not wait with a change",
      { spec: { driftPolicy: "Correct" }, status: { creating }, draft: { ...differs, several: true } },
      "progressing Configuring in 1000, does Configure",
    ],
    [
      "I4: corrects its own creation",
      { status: made, draft: { ...differs, bound: made } },
      "progressing Configuring in 1000, does Configure: change network servers (VLAN 20): isolated is false, declared true",
    ],
    [
      "I4: only compares what was adopted",
      { status: bound, draft: differs },
      "settled Settled: network servers (VLAN 20) differs and what was adopted is only compared: isolated is false, declared true",
    ],
    [
      "I4: only compares where driftPolicy says so",
      { spec: { driftPolicy: "Report" }, status: made, draft: { ...differs, bound: made } },
      "settled Settled: network servers (VLAN 20) differs and driftPolicy is Report: isolated is false",
    ],
    [
      "makes what is declared and not there whatever driftPolicy says",
      { spec: { driftPolicy: "Report" }, draft: { ...differs, step: { ...CHANGE, always: true } } },
      "progressing Configuring in 1000, does Configure",
    ],
    ["tells trouble that only a person can mend", { draft: { trouble: obstacle } }, "stalled VlanTaken in 300000"],
    [
      "suspended says so",
      { input: { suspended: true } },
      "settled Suspended: suspended; network servers (VLAN 20) is as declared",
    ],
    [
      "suspended says what differs",
      { draft: differs, input: { suspended: true } },
      "settled Suspended: suspended; it differs: isolated is false, declared true",
    ],
    [
      "suspended holds a correction",
      { status: made, draft: { ...differs, bound: made }, input: { suspended: true } },
      "settled Suspended, holds Configure: suspended; would change",
    ],
    [
      "is held by what its spec does not allow",
      { draft: { ...absent, obstacle } },
      "stalled VlanTaken in 300000: VLAN 20 is taken",
    ],
    [
      "N4: looks soon for an unknown create whatever stands in the way",
      { status: { creating }, draft: { ...absent, obstacle } },
      "stalled VlanTaken in 5000: VLAN 20 is taken",
    ],
    [
      "N4: looks as soon as it wanted to for an unknown create",
      { status: { creating }, draft: { ...absent, obstacle: { ...obstacle, afterMs: 1_000 } } },
      "stalled VlanTaken in 1000",
    ],
    [
      "N4: looks soon for an unknown create also where nobody said when",
      {
        status: { creating },
        draft: { ...absent, obstacle: { is: "waiting", reason: "SegmentMissing", message: "m" } },
      },
      "waiting SegmentMissing in 5000: m",
    ],
    [
      "I7: gets our finalizer when its deletion will undo something",
      { spec: { deletionPolicy: "Delete" } },
      "settled Settled, finalizer add",
    ],
    [
      "I7: keeps our finalizer",
      { spec: { deletionPolicy: "Delete" }, metadata: { finalizers: [FINALIZER] } },
      "settled Settled: ",
    ],
    [
      "I7: loses our finalizer when nothing will be undone",
      { metadata: { finalizers: [FINALIZER] } },
      "settled Settled, finalizer remove",
    ],
    [
      "I7: gets no finalizer while it is being deleted",
      { spec: { deletionPolicy: "Delete" }, metadata: { deletionTimestamp: "2026-01-01T11:00:00Z" } },
      "settled Settled: ",
    ],
  ];
  for (const [title, wish, expected] of rows)
    it(title, () => {
      const told = line(judged(wish));
      expect(told.startsWith(expected), told).to.equal(true);
    });

  const records: readonly (readonly [string, Wish, object])[] = [
    [
      "N4: what stands in the way of an absent one leaves an unknown create on record",
      { status: { creating }, draft: { ...absent, obstacle } },
      { creating },
    ],
    [
      "N4: a create that was disproved leaves the record",
      { status: { creating }, draft: { ...absent, obstacle }, input: disproved },
      {},
    ],
    ["N4: a create that has shown leaves the record", { status: { creating }, draft: { obstacle } }, bound],
    [
      "N4: of several creates the unknown one stays on record",
      { status: { creating }, draft: { obstacle, several: true } },
      { ...bound, creating },
    ],
    [
      "I9: what was ours and is gone stays on record behind an obstacle",
      { status: bound, draft: { ...absent, obstacle } },
      bound,
    ],
    ["I9: what is another's is not recorded as ours", { status: bound, draft: { ...foreign, obstacle } }, {}],
    [
      "N4: an unknown create is kept when something unowned stands there",
      { status: { creating }, draft: { ...foreign, obstacle } },
      { creating },
    ],
    ["I4: adoption is recorded", { spec: { adoption: "Adopt" }, draft: foreign }, { ...bound, adopted: true }],
    ["I4: what vanished stays on record", { status: bound, draft: absent }, bound],
    ["N4: the awaited create stays on record", { status: { creating }, draft: absent }, { creating }],
    ["drift is told", { status: bound, draft: { drift } }, { ...bound, drift }],
    [
      "no more drift is told than the status takes",
      { draft: { drift: Array.from({ length: 70 }, () => drift[0]) as Draft["drift"] } },
      { ...bound, drift: Array.from({ length: 64 }, () => drift[0]) },
    ],
    [
      "facts are told whatever is decided, and a field without a value is not",
      { draft: { ...absent, obstacle, facts: { model: "SG3428", radios: undefined } } },
      { model: "SG3428" },
    ],
    [
      "the asked-for look is answered",
      { metadata: { annotations: { [annotation.reconcileRequestedAt]: "now" } } },
      { lastHandledReconcileAt: "now", ...bound },
    ],
  ];
  for (const [title, wish, expected] of records)
    it(title, () => {
      expect(judged(wish).report).to.deep.equal(expected);
    });

  const conditions: readonly (readonly [string, Wish, readonly string[]])[] = [
    ["as declared is in sync", {}, ["True/InSync: network servers (VLAN 20) is as declared"]],
    ["that differs is not in sync", { draft: differs }, ["False/Drifted: isolated is false, declared true"]],
    ["that is absent is not in sync", { draft: absent }, ["False/Creating: create network servers (VLAN 20)"]],
    ["that is not owned is not in sync", { draft: { ...foreign, drift } }, ["False/NetworkNotOwned: network servers"]],
    ["without anything to own says nothing of it", { draft: { found: "given" } }, []],
  ];
  for (const [title, wish, expected] of conditions)
    it(`${title}, in its condition`, () => {
      const told = judged(wish).conditions.map(({ type, status, reason, message }) => {
        expect(type).to.equal("ConfigInSync");
        return `${status}/${reason}: ${message}`;
      });
      expect(told).to.have.length(expected.length);
      for (const [index, text] of expected.entries()) expect(told[index]).to.include(text);
    });

  it("S2: tells that it adopted", () => {
    const message = `${what} exists and is adopted; nothing of it is changed`;
    const note = { type: "Normal", reason: "Adopted", action: "Adopt", message };
    expect(judged({ spec: { adoption: "Adopt" }, draft: foreign }).events).to.deep.equal([note]);
  });

  it("says its own conditions and events besides", () => {
    const claim = { type: "WiringAsDeclared", status: "True", reason: "AsDeclared", message: "m" } as const;
    const event = { type: "Normal", reason: "Seen", action: "Observe", message: "m" } as const;
    const decision = judged({ draft: { found: "given", claims: [claim], events: [event] } });
    expect(decision).to.deep.include({ conditions: [claim], events: [event] });
    expect(decision).to.not.have.any.keys("action", "held", "quiet", "finalizer");
  });

  it("S2: tells the change of Ready once, by its own event where it has one", () => {
    expect(judged({ draft: { quiet: true } }).quiet).to.equal(true);
    expect(judged({ spec: { adoption: "Adopt" }, draft: foreign }).quiet).to.equal(true);
  });

  it("I4: corrects as declared, else its own creation", () => {
    const told = [{}, { status: made }, { status: bound }, { spec: { driftPolicy: "Report" }, status: made }];
    expect(told.map((wish: Wish) => corrects(objectOf(wish)))).to.deep.equal([false, true, false, false]);
    expect(corrects(objectOf({ spec: { driftPolicy: "Correct" }, status: bound }))).to.equal(true);
  });
});

describe("a network object whose site is not seen", () => {
  const outcome: Outcome = { is: "waiting", reason: "ControllerGuestDown", message: "its guest is down" };
  const link = { is: "unseen", outcome } as const;
  const types = ["ConfigInSync"];

  it("L8, H4: keeps what was written, and does not say on its own why", () => {
    const condition = { type: "ConfigInSync", status: "True", reason: "InSync", message: "m" };
    const metadata = { annotations: { [annotation.reconcileRequestedAt]: "now" } };
    const object = objectOf({ status: { ...bound, conditions: [condition] }, metadata });
    expect(judgeUnseen(object, netInput({ link }), types)).to.deep.equal({
      outcome,
      report: { ...bound, lastHandledReconcileAt: "now" },
      conditions: [{ type: "ConfigInSync", status: "Unknown", reason: outcome.reason, message: outcome.message }],
      quiet: true,
    });
    expect(judgeUnseen(objectOf({}), netInput({ link }), types)?.report).to.deep.equal({});
  });

  it("L10: writes nothing over what an earlier process wrote before its first look", () => {
    expect(judgeUnseen(objectOf({}), netInput({ link: { ...link, early: true } }), types)?.premature).to.equal(true);
  });

  it("I7: gets its finalizer all the same", () => {
    const object = objectOf({ spec: { deletionPolicy: "Delete" } });
    expect(judgeUnseen(object, netInput({ link }), types)?.finalizer).to.equal("add");
  });

  it("is judged by its draft once the site is seen", () => {
    expect(judgeUnseen(objectOf({}), netInput(), types)).to.equal(undefined);
  });
});
