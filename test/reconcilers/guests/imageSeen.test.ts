import { expect } from "chai";
import type { Creation } from "../../../controller/plan/guests/creation.ts";
import type { Task } from "../../../controller/plan/guests/guestInput.ts";
import { GuestMemory } from "../../../controller/reconcilers/lab/guestMemory.ts";
import type { Looking } from "../../../controller/reconcilers/guests/guestSight.ts";
import { imageSeen } from "../../../controller/reconcilers/guests/imageSeen.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { scriptedPort } from "../scriptedPort.ts";

const never = new AbortController().signal;
const of = (volume: string): Creation => ({ is: "machine", image: { node: "pve1", volume } }) as unknown as Creation;
const A = of("local:import/a.qcow2");

function ended(action: string, ok: boolean): Task {
  return { is: "known", action, upid: "u", state: { is: "ended", ok, exit: ok ? "OK" : "no" } };
}

describe("what is seen of a machine's image", () => {
  const clock = new FakeClock();
  const bench = (): ((creation: Creation, task: Task) => Promise<boolean | undefined>) => {
    const record = new GuestMemory().of("VirtualMachine/lab/vm");
    const looking = { connection: { port: scriptedPort() }, record, clock } as unknown as Looking;
    return async (creation, task) => (await imageSeen(creation, task, looking, never))?.checked;
  };
  const none: Task = { is: "none" };

  it("7.3: it is checked once a download of ours has ended well, for five minutes, and only that one", async () => {
    const checked = bench();
    expect(await checked(A, none)).to.equal(false);
    expect(await checked(A, ended("Download", true))).to.equal(true);
    expect(await checked(A, none)).to.equal(true);
    expect(await checked(of("local:import/b.qcow2"), none)).to.equal(false);
    await clock.advance(299_999);
    expect(await checked(A, none)).to.equal(true);
    await clock.advance(1);
    expect(await checked(A, none)).to.equal(false);
  });

  for (const [what, task] of [
    ["a download that failed", ended("Download", false)],
    ["the end of another task", ended("Create", true)],
    ["a download that runs", { is: "known", action: "Download", upid: "u", state: { is: "running" } }],
    ["a download that is looked for", { is: "sought", action: "Download" }],
  ] as const)
    it(`A3: ${what} checks nothing`, async () => {
      expect(await bench()(A, task)).to.equal(false);
    });

  it("is nothing of a machine without an image", async () => {
    expect(await bench()(undefined, none)).to.equal(undefined);
  });
});
