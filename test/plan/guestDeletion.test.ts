import { expect } from "chai";
import { annotation } from "../../controller/api/meta.ts";
import { deletionStep } from "../../controller/plan/guestDeletion.ts";
import type { GuestInput, Sight } from "../../controller/plan/guestInput.ts";
import { config, inputOf, present } from "./inputs.ts";
import { NOW } from "./labs.ts";

const WAITED = { deletion: { firstSeenTime: new Date(NOW - 60_000).toISOString() } };
const STOPPED = present({ power: "Stopped" }, { losses: [] });

/** The object is being deleted and asks for Delete; 60 s are over. */
function leaving(
  change: Partial<GuestInput> = {},
  annotations: Readonly<Record<string, string>> = {},
  status: object = WAITED,
): GuestInput {
  return inputOf({
    leaving: true,
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
    [
      "L10: a clock that went back does not shorten the wait",
      leaving({}, {}, { deletion: { firstSeenTime: new Date(NOW + 3_600_000).toISOString() } }),
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
});
