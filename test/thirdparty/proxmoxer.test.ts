import { expect } from "chai";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startProxmoxSimulator, type RunningSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";
import { pythonWith } from "./pythonEnvironment.ts";

const run = promisify(execFile);
const PACKAGES = [
  "proxmoxer==2.3.0",
  "requests==2.32.5",
  "certifi==2025.10.5",
  "charset-normalizer==3.4.4",
  "idna==3.11",
  "urllib3==2.5.0",
];
const TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

describe("proxmoxer, a client nobody here wrote", function () {
  this.timeout(300_000);
  let simulator: RunningSimulator;
  let told: Record<string, unknown>[] = [];

  before(async () => {
    const python = await pythonWith(PACKAGES);
    simulator = await startProxmoxSimulator({ speed: 50, unauthorizedDelayMs: 0, nodes: ["pve1", "pve2"] });
    const script = fileURLToPath(new URL("driveProxmoxer.py", import.meta.url));
    const host = new URL(simulator.url).host;
    const { stdout } = await run(python, [
      script,
      host,
      simulator.caFile,
      TEMPLATE,
      simulator.tokenId,
      simulator.tokenSecret,
    ]);
    told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  });

  after(() => simulator.stop());

  const step = (name: string): Record<string, unknown> | undefined => told.find((line) => line["step"] === name);

  it("reads the version with a token", () => {
    expect(step("version")).to.include({ release: "9.2" });
  });

  for (const way of ["by-ticket", "by-token"]) {
    it(`logs in ${way}, creates, starts, stops and destroys a container and follows the tasks`, () => {
      expect(step(way)).to.deep.equal({
        step: way,
        created: "OK",
        hostname: way,
        started: "OK",
        running: "running",
        stopped: "OK",
        destroyed: "OK",
        decoded: "vzstart",
        log: "TASK OK",
        left: [],
      });
    });
  }

  it("snapshots, resizes, rolls back, clones and moves a container", () => {
    expect(step("container")).to.deep.equal({
      step: "container",
      snapped: "OK",
      listed: ["before", "current"],
      resized: "OK",
      rootfs: "local-zfs:subvol-903-disk-0,size=2G",
      shrunk: "unable to shrink disk size",
      back: "OK",
      memory: 256,
      cloned: "OK",
      name: "copy",
      moved: "OK",
      where: ["pve2"],
      gone: "OK",
    });
  });

  it("creates, configures, asks, snapshots, resizes, clones and moves a virtual machine", () => {
    expect(step("machine")).to.deep.equal({
      step: "machine",
      created: "OK",
      started: "OK",
      interfaces: ["lo", "eth0"],
      configured: "OK",
      waiting: { cores: 4 },
      snapped: "OK",
      resized: "OK",
      shrunk: "shrinking disks is not supported",
      cloned: "OK",
      fresh: true,
      // With a snapshot of a local disk a VM that runs stays where it is.
      held: "migration aborted",
      moved: "OK",
      stopped: "OK",
      destroyed: "OK",
    });
  });

  const refused = (text: string, ...fields: readonly string[]): unknown =>
    fields.length === 0
      ? { status: 500, text }
      : { status: 400, text: "Parameter verification failed.", fields: [...fields] };

  it("changes a machine that runs: at once, pending, taken back, and never over somebody's newer change", () => {
    const newer = refused("checksum mismatch (file change by other user?)");
    expect(step("settings")).to.deep.equal({
      step: "settings",
      older: newer,
      later: newer,
      now: ["renamed", 1, null, "1024"],
      waiting: { cores: 2, sockets: 2 },
      left: { cores: 2 },
      unknown: refused("", "corez"),
      nothing: refused("no options specified"),
      both: refused("", "delete"),
      after_reset: { cores: 2 },
      in_effect: {},
      cores: 2,
    });
  });

  it("sets up cloud-init, and has its drive made anew", () => {
    expect(step("cloud-init")).to.deep.equal({
      step: "cloud-init",
      second: refused("sata0 - cloud-init drive is already attached at 'ide2'"),
      asked: { ciuser: "dev" },
      made: [],
      drive: "local-zfs:vm-908-cloudinit",
      password: "**********",
      user: true,
      network: true,
      waiting: {},
    });
  });

  it("asks the guest agent, and may run nothing in the guest", () => {
    expect(step("agent")).to.deep.equal({
      step: "agent",
      unset: refused("No QEMU guest agent configured"),
      down: refused("VM 909 is not running"),
      host: "asked",
      system: "debian",
      addresses: { lo: ["ipv4"], eth0: ["ipv4"] },
      ran: { status: 403, text: "Permission check failed (/vms/909, VM.GuestAgent.Unrestricted)" },
    });
  });

  it("moves a machine that runs with its local disks, and is refused where Proxmox refuses", () => {
    expect(step("migration")).to.deep.equal({
      step: "migration",
      here: refused("", "target"),
      nowhere: refused("no such cluster node 'pve9'"),
      offline: refused("can't migrate running VM without --online"),
      disks: "migration aborted",
      running: 1,
      // Proxmox counts the drive of cloud-init as a CD, and moves it all the same.
      local: { "local-zfs:vm-910-disk-0": 0, "local-zfs:vm-910-cloudinit": 1 },
      locked: [refused("VM is locked (backup)"), refused("VM is locked (backup)")],
      moved: "OK",
      decoded: "qmigrate",
      state: "running",
      lock: null,
      gone: refused("Configuration file 'nodes/pve1/qemu-server/910.conf' does not exist"),
    });
  });

  it("gets errors as it expects them", () => {
    expect(step("missing")).to.include({
      status: 500,
      text: "Configuration file 'nodes/pve1/lxc/999.conf' does not exist",
    });
    expect(step("invalid")?.["errors"]).to.deep.equal({
      vmid: "invalid format - value does not look like a valid VM ID\n",
      ostemplate: "property is missing and it is not optional",
    });
  });
});
