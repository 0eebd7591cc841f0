import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { ImageDownload, MachineCreate } from "../../controller/providers/port.ts";
import type { FakeLab } from "../fakes/lab.ts";
import { declare, inSync, oneMachine, silent, statusOf, untilVm } from "./oneMachine.ts";

const SUM = "ab".repeat(32);
const URL = "https://cloud.example.org/trixie/latest/debian-13-genericcloud-amd64.qcow2";
const FILE = "debian-13-genericcloud-amd64-abababababab.qcow2";
const VOLUME = `local:import/${FILE}`;
const SPEC = {
  source: { cloudImage: { url: URL, checksum: `sha256:${SUM}` } },
  cpu: { cores: 2 },
  disks: [{ name: "scsi0", storage: "local-zfs", size: "20Gi" }],
  networks: [{ name: "net0", bridge: "vmbr0", ipv4: { method: "DHCP" } }],
  cloudInit: { storage: "local-zfs", user: "ops" },
  guestAgent: true,
};

function calls(lab: FakeLab, name: string): readonly unknown[] {
  return lab.proxmox.mutations.filter(({ call }) => call === name).map(({ detail }) => detail);
}

describe("a virtual machine from a cloud image", function () {
  this.timeout(20_000);
  let lab: FakeLab;
  afterEach(() => {
    lab.kill();
  });

  it("A3: its node fetches the image, then it is made out of it, grown and started, each once, and there is silence", async () => {
    lab = oneMachine(SPEC);
    lab.start();
    await untilVm(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["download 0", "createMachine 101", "resize 101", "start 101"]);
    expect(calls(lab, "download")[0]).to.deep.equal({
      node: "pve1",
      storage: "local",
      file: FILE,
      volume: VOLUME,
      url: URL,
      algorithm: "sha256",
      checksum: SUM,
    } satisfies ImageDownload);
    const [made] = calls(lab, "createMachine") as Extract<MachineCreate, { is: "machine" }>[];
    expect(made?.change.disks).to.deep.equal([
      { key: "scsi0", storage: "local-zfs", sizeMiB: 20_480, importFrom: VOLUME },
    ]);
    expect(lab.proxmox.guest(101).vm.disks[0]).to.include({ sizeMiB: 20_480 });
    await lab.seconds(5);
    expect([inSync(lab), statusOf(lab).task, statusOf(lab).drift]).to.deep.equal(["InSync", undefined, undefined]);
    await silent(lab);
  });

  it("while it is fetched the status says from where, and as what", async () => {
    lab = oneMachine(SPEC);
    lab.proxmox.images.fetchMs = 60_000;
    lab.start();
    await lab.until("it is fetched", () => statusOf(lab).task?.upid !== undefined);
    expect(lab.message("VirtualMachine", "vm")).to.equal(`node pve1 downloads ${URL} as ${VOLUME}`);
    expect(lab.reason("VirtualMachine", "vm")).to.equal("Creating");
  });

  it("7.3: an image that is there is checked and never fetched again, for a second machine too", async () => {
    lab = oneMachine(SPEC);
    declare(lab, SPEC, "second", 102);
    lab.start();
    await untilVm(lab, "Settled", 120);
    await lab.until("second", () => lab.reason("VirtualMachine", "second") === "Settled", 120);
    expect(lab.proxmox.images.fetched).to.deep.equal([URL]);
    expect(calls(lab, "download")).to.have.length(2);
    expect(calls(lab, "createMachine")).to.have.length(2);
  });

  it("A2: an answer that was lost is looked up, and the image is fetched once", async () => {
    lab = oneMachine(SPEC);
    lab.fault("download", "after", new ProviderError("outcomeUnknown", "timed out"));
    lab.start();
    await untilVm(lab, "Settled", 120);
    expect(lab.proxmox.images.fetched).to.deep.equal([URL]);
    expect(calls(lab, "download")).to.have.length(1);
  });

  it("A2: a call that never arrived is sent again after its task was looked for in vain", async () => {
    lab = oneMachine(SPEC);
    lab.fault("download", "before", new ProviderError("outcomeUnknown", "timed out"));
    lab.start();
    await lab.seconds(10);
    expect(lab.proxmox.images.fetched).to.deep.equal([]);
    expect(lab.reason("VirtualMachine", "vm")).to.equal("Creating");
    await untilVm(lab, "Settled", 120);
    expect(lab.proxmox.images.fetched).to.deep.equal([URL]);
  });

  it("A3: killed while it is fetched, the next process follows that task", async () => {
    lab = oneMachine(SPEC);
    lab.proxmox.images.fetchMs = 20_000;
    lab.start();
    await lab.until("sent", () => lab.calls().includes("download 0"));
    lab.kill();
    await lab.seconds(5);
    lab.start();
    await untilVm(lab, "Settled", 120);
    expect(calls(lab, "download")).to.have.length(1);
    expect(calls(lab, "createMachine")).to.have.length(1);
  });

  it("A7: an image of another checksum is said in Proxmox's words with the cure, and a corrected one heals", async () => {
    lab = oneMachine(SPEC);
    lab.proxmox.images.published.set(URL, "cd".repeat(32));
    lab.start();
    const message = await untilVm(lab, "RefusedByProvider");
    expect(message)
      .to.include(`checksum mismatch: got '${"cd".repeat(32)}'`)
      .and.include("source.cloudImage.checksum");
    await lab.seconds(120);
    expect(calls(lab, "download")).to.have.length(1);
    declare(lab, { ...SPEC, source: { cloudImage: { url: URL, checksum: `sha256:${"cd".repeat(32)}` } } });
    await untilVm(lab, "Settled", 60);
    expect(lab.proxmox.guest(101).power).to.equal("Running");
  });

  it("7.3: a file of that name with other content is never used, and how to remove it is said", async () => {
    lab = oneMachine(SPEC);
    lab.proxmox.images.disks.set(VOLUME, "ef".repeat(32));
    lab.start();
    expect(await untilVm(lab, "RefusedByProvider")).to.include(`pvesm free ${VOLUME}`);
    expect(calls(lab, "createMachine")).to.deep.equal([]);
    lab.proxmox.images.disks.delete(VOLUME);
    await untilVm(lab, "Settled", 400);
  });

  it("A7: before the image is fetched what stands in the way of the machine is said, and heals by itself", async () => {
    lab = oneMachine({ ...SPEC, networks: [{ name: "net0", bridge: "vmbr7" }] });
    lab.start();
    expect(await untilVm(lab, "BridgeMissing")).to.include("bridge 'vmbr7' does not exist on node pve1");
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.bridges.push({ name: "vmbr7", active: true, vlanAware: true, mtu: 1500 });
    await untilVm(lab, "Settled", 400);
  });

  it("8.3: an older node is named, with what to do", async () => {
    lab = oneMachine(SPEC);
    lab.proxmox.version = "8.2.7";
    lab.start();
    expect(await untilVm(lab, "SpecInvalid")).to.include("needs Proxmox VE 8.3 or newer on node pve1, which has 8.2.7");
    expect(lab.calls()).to.deep.equal([]);
  });

  it("9.1: without the privilege nothing is sent, and it is named with its path", async () => {
    lab = oneMachine(SPEC);
    const all = lab.proxmox.permissions.get("/") ?? new Map<string, boolean>();
    const left = [...all].filter(
      ([name]) => !["Datastore.AllocateTemplate", "Sys.AccessNetwork", "Sys.Modify"].includes(name),
    );
    lab.proxmox.permissions = new Map([["/", new Map(left)]]);
    lab.start();
    expect(await untilVm(lab, "PermissionMissing")).to.include(
      "Datastore.AllocateTemplate on /storage/local, Sys.AccessNetwork on /nodes/pve1",
    );
    expect(lab.calls()).to.deep.equal([]);
  });

  it("suspended, it says what would be done", async () => {
    lab = oneMachine({ ...SPEC, suspend: true });
    lab.start();
    expect(await untilVm(lab, "Suspended")).to.include("would fetch its image");
    await lab.seconds(60);
    await silent(lab);
  });
});

describe("user data of one's own", function () {
  this.timeout(20_000);
  const VOLUME_OF = "local:snippets/web.yaml";
  const WITH = { ...SPEC, source: {}, cloudInit: { storage: "local-zfs", userDataRef: { volume: VOLUME_OF } } };
  let lab: FakeLab;
  afterEach(() => {
    lab.kill();
  });

  it("is named at creation, once the file is there; which file where is said until then", async () => {
    lab = oneMachine(WITH);
    lab.proxmox.images.files = new Set();
    lab.start();
    expect(await untilVm(lab, "RefusedByProvider")).to.include(`user data '${VOLUME_OF}' does not exist on node pve1`);
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.images.files.add(VOLUME_OF);
    await untilVm(lab, "Settled", 400);
    expect(lab.proxmox.guest(101).vm.ciCustom).to.equal(`user=${VOLUME_OF}`);
    await lab.seconds(5);
    await silent(lab);
  });

  it("A5: a file that is not there is never written into a machine that exists; other parts stay as they are", async () => {
    const vm = {
      disks: [],
      hostDevices: {},
      cloudInitDrive: "local-zfs:vm-101-cloudinit",
      ciCustom: "vendor=local:snippets/v.yaml",
    };
    const spec = { driftPolicy: "Correct", cloudInit: WITH.cloudInit };
    lab = oneMachine(spec, { power: "Running", vm });
    lab.proxmox.images.files = new Set(["local:snippets/v.yaml"]);
    lab.start();
    expect(await untilVm(lab, "RefusedByProvider"))
      .to.include(`user data '${VOLUME_OF}'`)
      .and.include("/var/lib/vz/snippets");
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.images.files.add(VOLUME_OF);
    await untilVm(lab, "Settled", 400);
    expect(lab.proxmox.guest(101).vm.ciCustom).to.equal(`user=${VOLUME_OF},vendor=local:snippets/v.yaml`);
  });

  it("A11: what is custom and not declared is kept and not compared", async () => {
    const vm = {
      disks: [],
      hostDevices: {},
      cloudInitDrive: "local-zfs:vm-101-cloudinit",
      ciCustom: "user=local:snippets/own.yaml",
    };
    lab = oneMachine({ driftPolicy: "Correct", cloudInit: { storage: "local-zfs" } }, { power: "Running", vm });
    lab.start();
    await untilVm(lab, "Settled");
    expect(inSync(lab)).to.equal("InSync");
    await silent(lab);
  });
});
