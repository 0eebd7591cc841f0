import { expect } from "chai";
import { annotation } from "../../../controller/api/meta.ts";
import type { Guest, Lab } from "../../../controller/plan/lab.ts";
import { shortHash } from "../../../controller/plan/shortHash.ts";
import type { NodeSeen, ProxmoxPort, TaskSeen } from "../../../controller/providers/port.ts";
import { GuestBrake } from "../../../controller/reconcilers/guests/guestBrake.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { inputOf } from "../../plan/inputs.ts";
import { labOf } from "../../plan/labs.ts";
import { clusterSeen, never, node, scriptedPort, US } from "../scriptedPort.ts";

const DELETE = { deletionPolicy: "Delete" } as const;

function guest(name: string, vmid: number, status: object = {}): Guest {
  const { object } = inputOf({ leaving: true, guest: { spec: DELETE, status } });
  return {
    ...object,
    metadata: { ...object.metadata, name },
    spec: { ...object.spec, vmid },
  };
}

/** A lab in which these guests are being deleted. */
function labWith(guests: readonly Guest[], maxDestroys?: number, confirmed?: string): Lab {
  const brake = maxDestroys === undefined ? {} : { brake: { maxDestroys } };
  const lab = labOf({
    layers: { base: {} },
    homelab: { spec: brake },
    guests: Object.fromEntries(guests.map(({ metadata }) => [metadata.name, { layer: "base" }])),
  });
  const members = [...lab.members.values()].map((member, index) => {
    const object = guests[index]!;
    return [member.id, { ...member, object, leaving: object.metadata.deletionTimestamp !== undefined }] as const;
  });
  const { homelab } = lab;
  const annotations = confirmed === undefined ? {} : { [annotation.confirmDestroys]: confirmed };
  return {
    ...lab,
    members: new Map(members),
    homelab: homelab && { ...homelab, metadata: { ...homelab.metadata, annotations } },
  };
}

const a = guest("a", 101);
const b = guest("b", 102);
const c = guest("c", 103);
const ABC = shortHash("a (101),b (102),c (103)");

function destroyed(vmid: number, change: Partial<TaskSeen> = {}): TaskSeen {
  return { upid: `u${vmid}`, node: "pve1", type: "vzdestroy", id: String(vmid), user: US, startTime: 0, ...change };
}

function portWith(tasks: readonly TaskSeen[], more: Partial<ProxmoxPort> = {}): ProxmoxPort {
  return scriptedPort({ tasks: () => Promise.resolve(tasks), ...more });
}

describe("the brake on destroys", () => {
  it("I8: one that is not being deleted, or not ours to undo, is not counted for", async () => {
    const brake = new GuestBrake(new FakeClock());
    const port = scriptedPort();
    const none = { recent: 0, max: 1, confirmed: false, hash: "", held: [] };
    const { finalizers: _, ...metadata } = a.metadata;
    const { deletionTimestamp: __, ...living } = a.metadata;
    for (const object of [
      { ...a, metadata },
      { ...a, metadata: living },
    ])
      expect(await brake.of(object, port, labWith([a]), never)).to.deep.equal(none);
    expect(port.asked).to.deep.equal([]);
  });

  it("I8: one destroy in ten minutes unless the Homelab says otherwise; the list is named, sorted and hashed", async () => {
    const brake = new GuestBrake(new FakeClock());
    const found = await brake.of(a, scriptedPort(), labWith([c, a, b]), never);
    expect(found).to.deep.equal({
      recent: 0,
      max: 1,
      confirmed: false,
      hash: ABC,
      held: ["a (101)", "b (102)", "c (103)"],
    });
    expect((await brake.of(a, scriptedPort(), labWith([a], 3), never)).max).to.equal(3);
    expect((await brake.of(a, scriptedPort(), labWith([a], 0), never)).max).to.equal(0);
    const headless = { ...labWith([a]), homelab: undefined };
    expect((await brake.of(a, scriptedPort(), headless, never)).max).to.equal(1);
  });

  it("I8: listed are those on their way to be destroyed, and none that is under way or stays", async () => {
    const under = guest("b", 102, { task: { action: "Destroy", startTime: "2026-01-01T00:00:00Z" } });
    const stopping = guest("c", 103, { task: { action: "Shutdown", startTime: "2026-01-01T00:00:00Z" } });
    const { finalizers: _, ...metadata } = guest("d", 104).metadata;
    const retained = guest("e", 105);
    const kept = { ...retained, spec: { ...retained.spec, deletionPolicy: "Retain" } } as Guest;
    const { deletionTimestamp: __, ...alive } = guest("f", 106).metadata;
    const living = { ...guest("f", 106), metadata: alive } as Guest;
    const lab = labWith([a, under, stopping, { ...guest("d", 104), metadata }, kept, living]);
    const { held } = await new GuestBrake(new FakeClock()).of(a, scriptedPort(), lab, never);
    expect(held).to.deep.equal(["a (101)", "c (103)"]);
  });

  it("I8: counted are the destroys of our own token, of both types, other guests than this", async () => {
    const recent = async (...tasks: readonly TaskSeen[]): Promise<number> =>
      (await new GuestBrake(new FakeClock()).of(a, portWith(tasks), labWith([a]), never)).recent;
    expect(await recent(destroyed(201), destroyed(202, { type: "qmdestroy" }))).to.equal(2);
    expect(await recent(destroyed(201), destroyed(201))).to.equal(1);
    expect(await recent(destroyed(201, { user: "root@pam" }))).to.equal(0);
    expect(await recent(destroyed(201, { type: "vzstop" }))).to.equal(0);
    expect(await recent(destroyed(201, { type: "xvzdestroy" }))).to.equal(0);
    expect(await recent(destroyed(101)), "its own that failed").to.equal(0);
  });

  it("I8: the task lists of all nodes that are online are read, ten minutes back on the node's own clock", async () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    const nodes: readonly NodeSeen[] = [
      node({ name: "pve1", time: 5_000_000 }),
      node({ name: "pve2" }),
      node({ name: "pve3", online: false }),
    ];
    const port = scriptedPort({
      seen: () => clusterSeen([], { nodes }),
      tasks: (name, { since }) => {
        asked.push(`${name} ${String(since)}`);
        return Promise.resolve([]);
      },
    });
    await new GuestBrake(clock).of(a, port, labWith([a]), never);
    expect(asked).to.deep.equal([`pve1 ${5_000_000 - 600_000}`, `pve2 ${clock.now() - 600_000}`]);
    const blind = scriptedPort({ seen: () => undefined });
    expect((await new GuestBrake(clock).of(a, blind, labWith([a]), never)).recent).to.equal(0);
  });

  it("I8: two that looked at the same moment do not both get the last place", async () => {
    const brake = new GuestBrake(new FakeClock());
    const lab = labWith([a, b]);
    expect(brake.take(a), "before any look").to.equal(false);
    for (const one of [a, b]) expect((await brake.of(one, scriptedPort(), lab, never)).recent).to.equal(0);
    expect(brake.take(a)).to.equal(true);
    expect(brake.take(b)).to.equal(false);
    expect((await brake.of(b, scriptedPort(), lab, never)).recent).to.equal(1);
    expect(brake.take(a), "its own next try").to.equal(true);
  });

  it("I8: a place is given back for a call that was not carried out, and passes after ten minutes", async () => {
    const clock = new FakeClock();
    const brake = new GuestBrake(clock);
    const lab = labWith([a, b]);
    const look = async (): Promise<unknown> => brake.of(b, scriptedPort(), lab, never);
    await look();
    brake.giveBack(b);
    expect(brake.take(a)).to.equal(true);
    brake.giveBack(b);
    expect(brake.take(b), "another's place is not given back").to.equal(false);
    brake.giveBack(a);
    expect(brake.take(b)).to.equal(true);
    await clock.advance(599_999);
    await look();
    expect(brake.take(a)).to.equal(false);
    await clock.advance(1);
    expect(brake.take(a)).to.equal(true);
  });

  it("I8: maxDestroys are let through, and 0 lets nobody", async () => {
    const brake = new GuestBrake(new FakeClock());
    await brake.of(a, scriptedPort(), labWith([a, b, c], 2), never);
    expect([a, b, c].map((one) => brake.take(one))).to.deep.equal([true, true, false]);
    const closed = new GuestBrake(new FakeClock());
    await closed.of(a, scriptedPort(), labWith([a], 0), never);
    expect(closed.take(a)).to.equal(false);
  });

  it("I8: what else of the lab is destroyed counts too, and is held by name on the same list", async () => {
    const others = { recent: () => [{ what: "AccessRule/x" }], held: () => ["AccessRule/y"] };
    const brake = new GuestBrake(new FakeClock(), others);
    const tasks = [destroyed(201), destroyed(202)];
    const found = await brake.of(a, portWith(tasks), labWith([a, b]), never);
    expect(found).to.include({ recent: 3 });
    expect(found.held).to.deep.equal(["AccessRule/y", "a (101)", "b (102)"]);
    const lab = labWith([a, b]);
    expect(brake.ofNetwork(lab, "AccessRule/z").recent).to.equal(3);
    expect(brake.ofNetwork(lab, "AccessRule/x").recent, "its own that failed").to.equal(2);
    expect(brake.ofNetwork({ ...lab, namespace: "other" }, "AccessRule/z").recent).to.equal(1);
  });

  it("I8: each namespace has a brake of its own", async () => {
    const brake = new GuestBrake(new FakeClock());
    await brake.of(a, scriptedPort(), labWith([a]), never);
    const elsewhere = { ...b, metadata: { ...b.metadata, namespace: "other" } } as Guest;
    expect(brake.take(elsewhere)).to.equal(false);
  });

  it("I8: confirmed is the very list that was shown, and what is left of it", async () => {
    const brake = new GuestBrake(new FakeClock());
    const confirmed = async (guests: readonly Guest[], hash?: string): Promise<boolean> =>
      (await brake.of(guests[0]!, scriptedPort(), labWith(guests, 1, hash), never)).confirmed;
    expect(await confirmed([a, b], ABC), "before it was shown").to.equal(false);
    expect(await confirmed([a, b, c])).to.equal(false);
    expect(await confirmed([a, b, c], "other")).to.equal(false);
    expect(await confirmed([a, b, c], ABC)).to.equal(true);
    expect(await confirmed([a, b], ABC), "it shrinks").to.equal(true);
    expect(await confirmed([a, b, c, guest("d", 104)], ABC), "one more asks again").to.equal(false);
    expect(brake.take(a)).to.equal(true);
    expect(await confirmed([a, b, c], ABC)).to.equal(true);
    expect([a, b, c].map((one) => brake.take(one))).to.deep.equal([true, true, true]);
    const headless = { ...labWith([a, b, c], 1, ABC), homelab: undefined };
    expect((await brake.of(a, scriptedPort(), headless, never)).confirmed).to.equal(false);
  });

  it("I8: the last 64 lists are remembered", async () => {
    const brake = new GuestBrake(new FakeClock());
    const show = async (index: number): Promise<unknown> =>
      brake.of(guest(`g${index}`, index), scriptedPort(), labWith([guest(`g${index}`, index)]), never);
    await brake.of(a, scriptedPort(), labWith([a, b]), never);
    const hash = shortHash("a (101),b (102)");
    const isConfirmed = async (): Promise<boolean> =>
      (await brake.of(a, scriptedPort(), labWith([a], 1, hash), never)).confirmed;
    for (let index = 200; index < 262; index++) await show(index);
    expect(await isConfirmed(), "62 others and this look").to.equal(true);
    await show(262);
    expect(await isConfirmed()).to.equal(false);
  });
});
