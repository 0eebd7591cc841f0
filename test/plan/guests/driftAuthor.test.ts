import { expect } from "chai";
import { authorOf, isWriter, keysIn, type Writer } from "../../../controller/plan/guests/driftAuthor.ts";

let started = 0;

/** Newest first, as they are written down here. */
function task(type: string, user: string, rest: Partial<Writer> = {}): Writer {
  started -= 10_000;
  const time = { startTime: started, endTime: started + 2_000 };
  return { upid: "u", node: "pve1", type, id: "101", user, exit: "OK", ...time, ...rest };
}

const by = (field: string, ...writers: readonly Writer[]): string | undefined => authorOf(field, writers)?.by;

describe("who changed a value", () => {
  beforeEach(() => {
    started = 0;
  });

  it("I4: without a task that could have written it nobody is named", () => {
    expect(by("resources.memory")).to.equal(undefined);
    expect(by("resources.memory", task("resize", "ana@pam"), task("vzmigrate", "ana@pam"))).to.equal(undefined);
    expect(by("node", task("vzrollback", "ana@pam"))).to.equal(undefined);
  });

  it("I4: a rollback and a restore write all of the configuration, a migration the node", () => {
    expect(by("resources.memory", task("vzrollback", "ana@pam"))).to.equal("ana@pam");
    expect(by("rootfs.size", task("qmrestore", "ana@pam"), task("resize", "bob@pam"))).to.equal("ana@pam");
    expect(by("rootfs.size", task("qmrestore", "ana@pam"), task("qmrollback", "bob@pam"))).to.equal("ana@pam");
    expect(by("node", task("qmigrate", "bob@pam"), task("vzmigrate", "ana@pam"))).to.equal("bob@pam");
  });

  it("I4: volumes grow and move by tasks that do not say which: one person is named, two are not", () => {
    expect(by("rootfs.size", task("resize", "ana@pam"), task("resize", "ana@pam"))).to.equal("ana@pam");
    expect(by("rootfs.size", task("resize", "ana@pam"), task("resize", "bob@pam"))).to.equal(undefined);
    // What was before the rollback does not matter any more.
    const [grown, back, older] = [
      task("resize", "ana@pam"),
      task("vzrollback", "ana@pam"),
      task("resize", "bob@pam"),
    ] as const;
    expect(by("rootfs.size", grown, back, older)).to.equal("ana@pam");
    expect(by("mounts[mp0].storage", task("move_volume", "ana@pam"))).to.equal("ana@pam");
    expect(by("mounts[mp0].size", task("move_volume", "ana@pam"))).to.equal(undefined);
  });

  it("I4: of a VM's change the log says which keys it wrote", () => {
    const wrote = (...keys: readonly string[]): Writer => task("qmconfig", "tf@pve!ci", { keys });
    for (const [field, key] of [
      ["resources.memory", "memory"],
      ["hostname", "name"],
      ["disks[scsi0].ssd", "scsi0"],
      ["networks[net0].vlan", "net0"],
      ["networks[net1].ipv4", "ipconfig1"],
      ["hostDevices[hostpci0].pcie", "hostpci0"],
    ] as const) {
      expect(by(field, wrote(key)), field).to.equal("tf@pve!ci");
      expect(by(field, wrote("onboot")), field).to.equal(undefined);
    }
    expect(by("cloudInit", wrote("ide2"))).to.equal(undefined);
  });

  it("A8: what HA carries out as root somebody has asked it for", () => {
    const carriedOut = task("vzmigrate", "root@pam");
    expect(by("node", carriedOut, task("hamigrate", "ana@pam"))).to.equal("ana@pam");
    const long = task("hamigrate", "ana@pam", { startTime: carriedOut.startTime - 61_000 });
    expect(by("node", carriedOut, long)).to.equal("root@pam");
  });

  it("the time is the task's end; while it runs, its begin", () => {
    expect(authorOf("node", [task("vzmigrate", "ana@pam")])?.time).to.equal(-8_000);
    const { endTime: _, ...running } = task("vzmigrate", "ana@pam");
    expect(authorOf("node", [running])?.time).to.equal(-20_000);
  });

  it("a task that failed, or that writes no configuration, wrote nothing", () => {
    expect(isWriter(task("resize", "ana@pam"))).to.equal(true);
    expect(isWriter(task("resize", "ana@pam", { exit: "WARNINGS: 1" }))).to.equal(true);
    expect(isWriter(task("resize", "ana@pam", { exit: "unexpected status" }))).to.equal(false);
    expect(isWriter(task("vzstart", "ana@pam"))).to.equal(false);
  });

  it("5.2: keys of a log, set and taken away", () => {
    expect(keysIn(["update VM 101: -memory 4096 -net0 virtio=x,bridge=vmbr0 -delete net1,balloon"])).to.deep.equal([
      "memory",
      "net0",
      "net1",
      "balloon",
    ]);
    expect(keysIn(["TASK OK"])).to.deep.equal([]);
  });
});
