import { expect } from "chai";
import { CrashLabs } from "./crashLabs.ts";
import { changesUnderCrashes } from "./crashChanges.ts";
import { deletionUnderCrashes } from "./crashDeletion.ts";
import { pointText, type CrashPoint } from "./crashPoints.ts";
import { boot, callsOf, crashRound, create, shutdown, type CrashStory } from "./crashRounds.ts";
import { inParallel } from "./inParallel.ts";
import { THREE_GUESTS } from "./labObjects.ts";

/** Calls that change something: before and after their effect are two points. */
interface Kinds {
  readonly kubernetes: readonly string[];
  readonly writes: readonly string[];
  /** A read has no effect: before and after it are the same. */
  readonly reads: readonly string[];
}

const aroundTask = [
  "PATCH containers/status (intent)",
  "PATCH containers/status (receipt)",
  "PATCH containers/status (end of task)",
];
const parents = ["PATCH containers/status (report)", "PATCH homelabs/status", "PATCH homelablayers/status"];
const looks = [
  "GET /cluster/resources",
  "GET /nodes/NODE/lxc",
  "GET /nodes/NODE/qemu",
  "GET /nodes/NODE/status",
  "GET /nodes/NODE/tasks",
  "GET /nodes/NODE/tasks/UPID/status",
  "GET /nodes/NODE/lxc/VMID/status/current",
  "GET /nodes/NODE/lxc/VMID/pending",
];
const bootKinds: Kinds = {
  kubernetes: [...aroundTask, ...parents, "PATCH proxmoxclusters/status", "POST leases", "PUT leases", "POST events"],
  writes: ["PUT /nodes/NODE/lxc/VMID/config", "POST /nodes/NODE/lxc/VMID/status/start"],
  reads: [...looks, "GET /version", "GET /access/permissions", "GET /nodes/NODE/lxc/VMID/interfaces"],
};
/** What a creation has beyond a boot. */
const createKinds: Kinds = {
  kubernetes: aroundTask,
  writes: ["POST /nodes/NODE/lxc"],
  reads: [
    "GET /cluster/nextid",
    "GET /cluster/status",
    "GET /nodes/NODE/network",
    "GET /nodes/NODE/storage",
    "GET /nodes/NODE/storage/STORAGE/content",
  ],
};
const shutdownKinds: Kinds = {
  kubernetes: [...aroundTask, ...parents],
  writes: ["POST /nodes/NODE/lxc/VMID/status/shutdown"],
  reads: ["GET /nodes/NODE/tasks/UPID/status", "GET /nodes/NODE/lxc/VMID/status/current"],
};

function pointsOf({ kubernetes, writes, reads }: Kinds): readonly CrashPoint[] {
  const both = (at: CrashPoint["at"], calls: readonly string[]): readonly CrashPoint[] =>
    calls.flatMap((call) => [
      { at, call, when: "before" },
      { at, call, when: "after" },
    ]);
  const one = reads.map((call): CrashPoint => ({ at: "proxmox", call, when: "before" }));
  return [...both("kubernetes", kubernetes), ...both("proxmox", writes), ...one];
}

describe("A2, A3, L10: killed with SIGKILL, followed by another controller", () => {
  const labs = new CrashLabs(THREE_GUESTS);
  const test = inParallel(4);
  after(async function () {
    this.timeout(120_000);
    await labs.end();
  });

  for (const when of ["before", "after"] as const)
    test(
      `a deletion, killed ${when} each of its calls: every guest is shut down once and destroyed once`,
      () => deletionUnderCrashes(when),
      240,
    );

  test(
    "an update, a migration, a snapshot, a clone and a move, killed after their calls: each is carried out once",
    () => changesUnderCrashes("sample"),
    240,
  );

  const stories: readonly (readonly [CrashStory, Kinds, readonly Kinds[]])[] = [
    [boot, bootKinds, []],
    [create, createKinds, [bootKinds]],
    [shutdown, shutdownKinds, [bootKinds]],
  ];
  for (const [story, kinds, others] of stories) {
    test(`${story.name} makes no kind of call but those it is killed at`, () =>
      labs.use(async (lab) => {
        const known = [kinds, ...others].flatMap(({ kubernetes, writes, reads }) => [
          ...kubernetes,
          ...writes,
          ...reads,
        ]);
        const made = await callsOf(lab, story);
        expect([...made.keys()].filter((call) => !known.includes(call))).to.deep.equal([]);
      }));
    for (const point of pointsOf(kinds))
      test(`${story.name}, killed ${pointText(point)}`, () =>
        labs.use(async (lab) => {
          expect(await crashRound(lab, story, point)).to.equal(true);
        }));
  }
});
