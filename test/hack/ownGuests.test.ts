import { expect } from "chai";
import { ownGuests } from "../../hack/conformance/ownGuests.ts";
import { VmidBook } from "../../hack/conformance/vmidBook.ts";
import { silentLog } from "../../controller/base/log.ts";
import type { ContainerCreate, ProxmoxPort } from "../../controller/providers/port.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeProxmox } from "../fakes/proxmox.ts";

const signal = new AbortController().signal;

function wanted(vmid: number): ContainerCreate {
  return {
    vmid,
    node: "pve1",
    template: "local:vztmpl/debian-12.tar.zst",
    hostname: "made",
    unprivileged: true,
    memoryMiB: 256,
    swapMiB: 0,
    rootfs: { storage: "local-zfs", sizeMiB: 1024 },
    mounts: [],
    networks: [],
    nameservers: [],
    features: {},
    tags: [],
  };
}

describe("guests of a conformance run", () => {
  let world: FakeProxmox;
  let book: VmidBook;
  let port: ProxmoxPort;
  let clock: FakeClock;

  beforeEach(async () => {
    clock = new FakeClock();
    world = new FakeProxmox(clock);
    world.add({ vmid: 9000, name: "theirs", power: "Running" });
    world.add({ vmid: 602, name: "theirs-too", power: "Stopped" });
    book = new VmidBook([9001, 9002]);
    port = ownGuests(world.port({ log: silentLog }), book);
    await clock.advance(10_000);
  });

  afterEach(() => {
    port.close();
  });

  it("have free vmids of the range, whatever the tests call them, and no other guest is shown", async () => {
    await port.create(wanted(610), signal);
    await clock.advance(30_000);
    expect(world.guest(9001).name).to.equal("made");
    port.hurry();
    await clock.advance(5_000);
    expect([...(port.seen()?.guests.keys() ?? [])]).to.deep.equal([610]);
    expect(port.seen()?.guests.get(610)).to.include({ vmid: 610, name: "made" });
    expect(book.left()).to.deep.equal([9001]);
  });

  it("are the only ones that are changed: what was not made by the run is refused before it leaves", async () => {
    const ref = { type: "lxc", node: "pve1", vmid: 602 } as const;
    for (const act of [
      () => port.start(ref, signal),
      () => port.destroy(ref, signal),
      () => port.configure(ref, { onboot: true }, "0", signal),
    ])
      expect(act).to.throw("guest 9001 was not made by this run: it is left alone");
    expect(() => port.destroy({ ...ref, vmid: 9000 }, signal)).to.throw("vmid 9000 is not one of the tests'");
    expect([world.guest(9000).power, world.guest(602).power]).to.deep.equal(["Running", "Stopped"]);
  });

  it("end with the range", () => {
    book.actual(601);
    book.actual(602);
    expect(() => book.actual(603)).to.throw("no free vmid is left in the range");
  });
});
