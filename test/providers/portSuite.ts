import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { ContainerCreate, GuestRef, ProxmoxPort } from "../../controller/providers/port.ts";

/** What the suite needs of a cluster, in memory or simulated. All guests are containers on `node`. */
export interface PortLab {
  readonly node: string;
  readonly storage: string;
  readonly template: string;
  /** A new connection; `allowed` guards its mutations. */
  open(allowed?: () => void): ProxmoxPort;
  /** A guest that is there from the begin. */
  addGuest(guest: { readonly vmid: number; readonly name: string; readonly running: boolean }): Promise<void>;
  /** What a person does, under another user. */
  personStarts(vmid: number): Promise<void>;
  personShutsDown(vmid: number): Promise<void>;
  personRetags(vmid: number, tags: readonly string[]): Promise<void>;
  personDestroys(vmid: number): Promise<void>;
  /** `root@pam`, or whoever a person is here. */
  readonly person: string;
  /** Puts Proxmox's lock word on a guest. */
  lock(vmid: number, word: string): Promise<void>;
  /** Lets time pass until the condition holds; fails after what would be a minute of the lab. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

const signal = new AbortController().signal;

/** The promises of `ProxmoxPort`, the same for every implementation. */
export function portSuite(name: string, build: () => Promise<PortLab>): void {
  describe(`a Proxmox connection (${name})`, () => {
    let lab: PortLab;
    let port: ProxmoxPort;
    const ref = (vmid: number): GuestRef => ({ type: "lxc", node: lab.node, vmid });
    const seen = (vmid: number): ReturnType<GuestSeenOf> => port.seen()?.guests.get(vmid);
    const ready = (): Promise<void> => lab.until("the first look", () => port.seen() !== undefined);
    const ended = async (upid: string): Promise<string> => {
      let exit = "";
      await lab.until(`the end of ${upid}`, async () => {
        const state = await port.taskState(upid, signal);
        if (state.is === "ended") exit = state.exit;
        return state.is !== "running";
      });
      return exit;
    };

    beforeEach(async () => {
      lab = await build();
      await lab.addGuest({ vmid: 601, name: "web", running: true });
      await lab.addGuest({ vmid: 602, name: "db", running: false });
      port = lab.open();
    });

    afterEach(async () => {
      port.close();
      await lab.close();
    });

    it("sees node and guests with power, name and start time", async () => {
      expect(port.reach().is).to.equal("connecting");
      await ready();
      expect(port.reach().is).to.equal("reachable");
      expect(port.seen()?.nodes.get(lab.node)).to.include({ online: true, rebooted: false });
      expect(seen(601)).to.include({ type: "lxc", node: lab.node, name: "web", power: "Running", template: false });
      expect(seen(601)?.startTime).to.be.a("number");
      expect(seen(602)).to.include({ name: "db", power: "Stopped" });
      expect(seen(602)).to.not.have.property("startTime");
    });

    it("O2: what is seen has a smaller sequence than a mark taken later, and a larger one than a mark taken before", async () => {
      await ready();
      const mark = port.mark();
      expect(port.seen()?.sequence).to.be.below(mark);
      port.hurry();
      await lab.until("a new look", () => (port.seen()?.sequence ?? 0) >= mark);
      expect(seen(601)?.sequence).to.be.at.least(mark);
      const direct = await port.readGuest(ref(601), signal);
      expect(direct.sequence).to.be.above(seen(601)?.sequence ?? Infinity);
    });

    it("starts a stopped guest, follows the task to its end and sees it running from then on", async () => {
      await ready();
      const upid = await port.start(ref(602), signal);
      expect(await ended(upid)).to.equal("OK");
      const direct = await port.readGuest(ref(602), signal);
      expect(direct.power).to.equal("Running");
      port.hurry();
      await lab.until("it runs in the view", () => seen(602)?.power === "Running");
      expect(Math.abs((seen(602)?.startTime ?? 0) - (direct.startTime ?? Infinity))).to.be.at.most(5_000);
    });

    it("shuts a guest down gracefully", async () => {
      await ready();
      const upid = await port.shutdown(ref(601), { timeoutSeconds: 30, force: false }, signal);
      expect(await ended(upid)).to.equal("OK");
      expect((await port.readGuest(ref(601), signal)).power).to.equal("Stopped");
    });

    it("A7: starting what runs and shutting down what is stopped is `busy`", async () => {
      await ready();
      expect(await refusalOf(port.start(ref(601), signal))).to.include({ kind: "busy", status: 500 });
      const down = port.shutdown(ref(602), { timeoutSeconds: 5, force: false }, signal);
      expect(await refusalOf(down)).to.include({ kind: "busy", status: 500 });
    });

    it("O6: tasks name who acted, ours with the token and a person's without", async () => {
      await ready();
      await ended(await port.start(ref(602), signal));
      await lab.personShutsDown(601);
      await lab.until("it is down", async () => (await port.readGuest(ref(601), signal)).power === "Stopped");
      const find = async (vmid: number, type: string): Promise<string | undefined> =>
        (await port.tasks(lab.node, { vmid }, signal)).find((task) => task.type === type)?.user;
      await lab.until("both are listed", async () => (await find(601, "vzshutdown")) !== undefined);
      expect(await find(602, "vzstart")).to.equal(port.identity);
      expect(await find(601, "vzshutdown")).to.equal(lab.person);
    });

    it("tasks: a running one has neither end nor exit and is the only one that `activeOnly` shows", async () => {
      await ready();
      const upid = await port.start(ref(602), signal);
      const active = await port.tasks(lab.node, { activeOnly: true }, signal);
      const mine = active.find((task) => task.upid === upid);
      expect(mine).to.include({ type: "vzstart", id: "602", user: port.identity });
      expect(mine).to.not.have.any.keys("exit", "endTime");
      await ended(upid);
      await lab.until("the list knows", async () => {
        const all = await port.tasks(lab.node, { vmid: 602 }, signal);
        return all.some((task) => task.upid === upid && task.exit === "OK" && task.endTime !== undefined);
      });
      expect(await port.tasks(lab.node, { activeOnly: true }, signal)).to.deep.equal([]);
    });

    it("creates a container that then is there as asked, stopped and with its tags", async () => {
      await ready();
      const wanted = container(lab, 610);
      expect(await ended(await port.create(wanted, signal))).to.equal("OK");
      const config = await port.readConfig(ref(610), signal);
      expect(config).to.deep.include({ name: "made", memoryMiB: 256, swapMiB: 0, unprivileged: true, onboot: false });
      expect(config.tags).to.deep.equal(["hl.lab.made"]);
      expect(config.rootfs).to.include({ key: "rootfs", sizeMiB: 1024 });
      expect(config.networks[0]).to.include({ key: "net0", name: "eth0", bridge: "vmbr0", ipv4: "dhcp" });
      expect(config.networks[0]?.mac).to.match(/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/);
      port.hurry();
      await lab.until("it is in the view", () => seen(610)?.name === "made");
      expect(seen(610)).to.deep.include({ power: "Stopped", tags: ["hl.lab.made"] });
    });

    it("A7: creating what exists is refused and leaves it alone", async () => {
      await ready();
      expect(await refusalOf(port.create(container(lab, 601), signal))).to.include({ kind: "busy" });
      expect((await port.readConfig(ref(601), signal)).name).to.equal("web");
    });

    it("A7: a storage that does not exist is an error of the spec, at once", async () => {
      await ready();
      const wanted = { ...container(lab, 611), rootfs: { storage: "nowhere", sizeMiB: 1024 } };
      expect(await refusalOf(port.create(wanted, signal))).to.include({ kind: "spec" });
    });

    it("destroys a stopped guest, and its vmid is free then", async () => {
      await ready();
      expect(await refusalOf(port.destroy(ref(601), signal))).to.include({ kind: "busy" });
      expect(await ended(await port.destroy(ref(602), signal))).to.equal("OK");
      expect(await refusalOf(port.readGuest(ref(602), signal))).to.include({ kind: "missing" });
      expect(await port.proveAbsence(602, signal)).to.equal("absent");
      port.hurry();
      await lab.until("it left the view", () => seen(602) === undefined);
    });

    it("O4: a vmid in use is taken, a free one is absent", async () => {
      await ready();
      expect(await port.proveAbsence(601, signal)).to.equal("taken");
      expect(await port.proveAbsence(699, signal)).to.equal("absent");
    });

    it("A5: writes tags, onboot and startup under the digest just read, and clears them", async () => {
      await ready();
      const before = await port.readConfig(ref(602), signal);
      const change = { tags: ["Web", "hl.lab.db"], onboot: true, startup: { order: 20, upSeconds: 30 } };
      await port.configure(ref(602), change, before.digest, signal);
      const after = await port.readConfig(ref(602), signal);
      expect(after.tags).to.deep.equal(["hl.lab.db", "web"]);
      expect(after.onboot).to.equal(true);
      expect(after.startup).to.deep.equal({ order: 20, upSeconds: 30 });
      expect(after.digest).to.not.equal(before.digest);
      await port.configure(ref(602), { tags: [], onboot: false, startup: {} }, after.digest, signal);
      const cleared = await port.readConfig(ref(602), signal);
      expect(cleared).to.deep.include({ tags: [], onboot: false, startup: {} });
    });

    it("A5: a digest that is no longer the current one is a conflict, and nothing is written", async () => {
      await ready();
      const { digest } = await port.readConfig(ref(602), signal);
      await lab.personRetags(602, ["mine"]);
      const write = port.configure(ref(602), { tags: ["ours"] }, digest, signal);
      expect(await refusalOf(write)).to.include({ kind: "conflict" });
      expect((await port.readConfig(ref(602), signal)).tags).to.deep.equal(["mine"]);
    });

    it("sees tags that a person changed with the next look", async () => {
      await ready();
      await lab.personRetags(601, ["b", "a"]);
      port.hurry();
      await lab.until("the tags", () => seen(601)?.tags.join() === "a,b");
    });

    it("A4: shows a lock's word; configuring a locked guest is `busy`, starting it fails in the task", async () => {
      await ready();
      await lab.lock(602, "backup");
      expect((await port.readGuest(ref(602), signal)).lock).to.equal("backup");
      const config = await port.readConfig(ref(602), signal);
      expect(config.lock).to.equal("backup");
      expect(await refusalOf(port.configure(ref(602), { onboot: true }, config.digest, signal))).to.include({
        kind: "busy",
      });
      expect(await ended(await port.start(ref(602), signal))).to.contain("is locked (backup)");
    });

    it("O4: a guest that a person destroyed is missing for a direct read and absent by proof", async () => {
      await ready();
      await lab.personDestroys(602);
      await lab.until("it is gone", async () => (await port.proveAbsence(602, signal)) === "absent");
      expect(await refusalOf(port.readConfig(ref(602), signal))).to.include({ kind: "missing" });
    });

    it("a UPID nobody knows is lost", async () => {
      await ready();
      const upid = `UPID:${lab.node}:0000ABCD:01234567:69230A1B:vzstart:602:ops@pve!ctl:`;
      expect(await port.taskState(upid, signal)).to.deep.equal({ is: "lost" });
    });

    it("P1: without the lease no mutation is sent, reads go on", async () => {
      port.close();
      port = lab.open(() => {
        throw new ProviderError("unreachable", "the lease is not held");
      });
      await ready();
      const error = await refusalOf(port.start(ref(602), signal));
      expect(error).to.include({ kind: "unreachable", message: "the lease is not held" });
      expect((await port.readGuest(ref(602), signal)).power).to.equal("Stopped");
      expect(await port.tasks(lab.node, { vmid: 602, activeOnly: true }, signal)).to.deep.equal([]);
    });

    it("I5: tells nothing to lose for a plain guest", async () => {
      await ready();
      expect(await port.losses(ref(602), signal)).to.deep.equal([]);
    });

    it("gives bridges and our own permissions", async () => {
      await ready();
      const bridge = (await port.bridges(lab.node, signal)).find((one) => one.name === "vmbr0");
      expect(bridge).to.include({ active: true });
      expect(bridge?.mtu).to.be.a("number");
      expect((await port.permissions(signal)).size).to.be.above(0);
    });

    it("gives addresses of a running guest and none of a stopped one", async () => {
      await ready();
      await lab.until("an address", async () => (await port.readAddresses(ref(601), signal)).length > 0);
      expect(await port.readAddresses(ref(602), signal)).to.deep.equal([]);
    });

    it("tells listeners of each look until they leave", async () => {
      let told = 0;
      const leave = port.onChange(() => (told += 1));
      await ready();
      await lab.until("a notice", () => told > 0);
      leave();
      const before = told;
      const mark = port.mark();
      port.hurry();
      await lab.until("a new look", () => (port.seen()?.sequence ?? 0) >= mark);
      expect(told).to.equal(before);
    });
  });
}

type GuestSeenOf = NonNullable<ReturnType<ProxmoxPort["seen"]>>["guests"]["get"];

function container(lab: PortLab, vmid: number): ContainerCreate {
  return {
    vmid,
    node: lab.node,
    template: lab.template,
    hostname: "made",
    unprivileged: true,
    memoryMiB: 256,
    swapMiB: 0,
    rootfs: { storage: lab.storage, sizeMiB: 1024 },
    mounts: [],
    networks: [{ name: "eth0", bridge: "vmbr0", ipv4: "dhcp" }],
    nameservers: [],
    features: { nesting: "1" },
    tags: ["hl.lab.made"],
  };
}

async function refusalOf(promise: Promise<unknown>): Promise<ProviderError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("it succeeded");
}
