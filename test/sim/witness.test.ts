import { expect } from "chai";
import { KubeUnavailable } from "../../controller/runtime/kube.ts";
import { NAMESPACE } from "../fakes/lab.ts";
import { stop } from "../fakes/proxmox.ts";
import { TOKEN } from "../fakes/replica.ts";
import { History } from "./history.ts";
import type { GuestShape, LabShape } from "./labShape.ts";
import { guestName } from "./plant.ts";
import { judge } from "./witness.ts";

const guest: GuestShape = {
  layer: 0,
  node: 0,
  vm: false,
  management: "Full",
  adoption: "Adopt",
  before: "running",
  marked: true,
  deletionPolicy: "Delete",
  powerState: "Running",
  dependsOn: -1,
  bootSeconds: 1,
  onStopped: "None",
  onUnhealthy: "None",
  respectManualStop: true,
  force: false,
  onboot: false,
  ha: false,
};
const layer = { needs: [], quorum: "100%", minMembers: 1, minHealthySeconds: 0, onTimeout: "Halt" } as const;
const VMID = 101;
const ref = { type: "lxc", node: "pve1", vmid: VMID } as const;
const never = new AbortController().signal;

type Sent = (port: ReturnType<History["lab"]["proxmox"]["port"]>) => Promise<unknown>;

const DOWN = { powerState: "Stopped", before: "stopped" } as const;

function shutdown(force: boolean): Sent {
  return (port) => port.shutdown(ref, { timeoutSeconds: 60, force }, never);
}

async function tagged(port: Parameters<Sent>[0], tags: readonly string[]): Promise<void> {
  const { digest } = await port.readConfig(ref, never);
  await port.configure(ref, { tags }, digest, never);
}

/** One guest, and a controller that has settled. */
async function settled(change: Partial<GuestShape> = {}): Promise<History> {
  const shape: LabShape = {
    nodes: 1,
    layers: [layer],
    guests: [{ ...guest, ...change }],
    maxConcurrentTasks: 4,
    maxDestroys: 1,
    proxmoxStartup: "Unmanaged",
    preflight: "none",
    latencyMs: 0,
    wan: true,
    full: false,
    protectedGuest: 9,
  };
  const history = new History(shape, judge);
  history.start();
  await history.pass(60_000);
  expect(history.violations, history.describe()).to.deep.equal([]);
  return history;
}

/** Sends what no controller should: past the plan, with the controller's own token. */
async function send(history: History, run: Sent): Promise<void> {
  const port = history.lab.proxmox.port({ identity: TOKEN });
  await history.lab.clock.advance(1_000);
  const sent = run(port).then(
    () => "done",
    (error: unknown) => String(error),
  );
  await history.lab.clock.advance(1_000);
  expect(await sent).to.equal("done");
  port.close();
}

/** A rule that nothing can break says nothing: each is broken once, and the witness sees it. */
describe("the witness of the histories", () => {
  it("P1: sees a write of a process that does not hold the lease", async () => {
    const history = await settled();
    history.lab.loseLease();
    await history.pass(20_000);
    expect(history.violations).to.deep.equal([]);
    const key = history.lab.key("Container", guestName(0));
    await history.lab.kube.patch(
      { kind: "Container", plural: "containers" },
      key,
      "status",
      [{ op: "add", path: "/status/node", value: "pve9" }],
      never,
    );
    await history.pass(2_000);
    history.kill();
    expect(history.violations.join()).to.match(/^P1: 1 writes while nobody holds the lease/);
  });

  it("I7: sees a destroy in a namespace that is being deleted", async () => {
    const history = await settled({ powerState: "Stopped", before: "stopped" });
    history.kill();
    history.lab.kube.terminateNamespace(NAMESPACE);
    history.deletedAt.set(history.lab.read("Container", guestName(0))?.metadata.uid ?? "", history.now - 120_000);
    await send(history, (port) => port.destroy(ref, never));
    expect(history.violations.join()).to.include("I7: destroy 101: its namespace is being deleted");
  });

  it("S1: sees a status that says otherwise than the world for longer than two polls, and none that is in time", async () => {
    const history = await settled();
    history.lab.kube.failNext("patch", new KubeUnavailable("the store is full", 500), 10_000);
    history.lab.proxmox.crash(VMID);
    await history.pass(25_000);
    expect(history.violations).to.deep.equal([]);
    await history.pass(120_000);
    history.kill();
    expect(history.violations.join()).to.include("is Stopped, and its status says Running");
  });

  const blamed: readonly (readonly [
    rule: string,
    what: string,
    given: Partial<GuestShape>,
    call: Sent,
    told: string,
  ])[] = [
    [
      "I5",
      "a destroy of what nobody deleted",
      DOWN,
      (port) => port.destroy(ref, never),
      "no deleted object has its mark",
    ],
    ["powerState", "a start of what is declared Stopped", DOWN, (port) => port.start(ref, never), "declared Stopped"],
    ["L1", "a stop of what should run", {}, shutdown(false), "nobody asked for a restart"],
    ["A9", "a forced stop", {}, shutdown(true), "nobody wrote shutdown.force"],
    ["A11", "a write that loses a person's tag", {}, (port) => tagged(port, []), "prod"],
    ["I3", "a mark of somebody else's", {}, (port) => tagged(port, ["prod", "hl.other.db"]), "hl.other.db"],
  ];
  for (const [rule, what, given, call, told] of blamed)
    it(`${rule}: sees ${what}`, async () => {
      const history = await settled(given);
      history.kill();
      const found = history.lab.proxmox.guest(VMID);
      found.tags = [...found.tags, "prod"];
      await send(history, call);
      expect(history.violations.filter((line) => line.startsWith(`${rule}: `)).join()).to.include(told);
    });

  it("O7: sees a start of what a person stopped", async () => {
    const history = await settled();
    stop(history.lab.proxmox, VMID);
    await history.pass(30_000);
    history.kill();
    await send(history, (port) => port.start(ref, never));
    expect(history.violations.join()).to.match(/O7: start 101: a person stopped it/);
  });
});
