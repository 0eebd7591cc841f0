import { expect } from "chai";
import { VirtualMachine } from "../../../controller/api/index.ts";
import { imageOf, isOlder } from "../../../controller/plan/guests/cloudImage.ts";
import { absentStep } from "../../../controller/plan/guests/guestAbsent.ts";
import type { GuestInput } from "../../../controller/plan/guests/guestInput.ts";
import { imageStep } from "../../../controller/plan/guests/imageStep.ts";
import { machineNeeds } from "../../../controller/plan/guests/machineNeeds.ts";
import { needText } from "../../../controller/plan/need.ts";
import { vmCreationOf, type MachineSite } from "../../../controller/plan/guests/vmCreation.ts";
import { afterFailure, inputOf } from "../inputs.ts";

const SUM = "0123456789abcdef".repeat(4);
const URL = "https://example.org/images/debian-13.qcow2";

function fileOf(url: string): string | undefined {
  return imageOf({ cloudImage: { url, checksum: `sha256:${SUM}` } }, "pve1")?.file;
}

function vm(spec: Readonly<Record<string, unknown>>): VirtualMachine {
  return {
    kind: VirtualMachine.kind,
    metadata: { name: "vm", namespace: "lab", uid: "u", generation: 1 },
    spec: { vmid: 101, layerRef: { name: "base" }, ...spec },
  } as unknown as VirtualMachine;
}

const SITE: MachineSite = { node: "pve1", nodes: ["pve1"], segments: new Map(), source: undefined };
const DISKS = [
  { name: "scsi0", storage: "zfs", size: "8Gi" },
  { name: "scsi1", storage: "zfs", size: "1Gi" },
];
const FROM_IMAGE = { disks: DISKS, source: { cloudImage: { url: URL, checksum: `sha256:${SUM}` } } };

function created(
  spec: Readonly<Record<string, unknown>>,
  site: Partial<MachineSite> = {},
): string | object | undefined {
  const found = vmCreationOf(vm(spec), { ...SITE, ...site });
  return found !== undefined && "refused" in found ? found.refused : found;
}

describe("the file of a cloud image", () => {
  const rows: readonly (readonly [string, string])[] = [
    [URL, "debian-13-0123456789ab.qcow2"],
    ["http://example.org/noble.img", "noble-0123456789ab.qcow2"],
    ["https://example.org/a/b/disk.raw", "disk-0123456789ab.raw"],
    ["https://example.org/appliance.vmdk", "appliance-0123456789ab.vmdk"],
    ["https://example.org/a%20b+c.qcow2", "a-20b-c-0123456789ab.qcow2"],
    [`https://example.org/${"x".repeat(200)}.raw`, `${"x".repeat(128)}-0123456789ab.raw`],
  ];
  for (const [url, file] of rows)
    it(`7.3: of ${url.slice(0, 50)} is ${file.slice(0, 50)}`, () => {
      expect(fileOf(url)).to.equal(file);
    });

  it("7.3: lies on the storage that is named, or on local, and says how it is checked", () => {
    const cloudImage = { url: URL, checksum: `sha512:${"a".repeat(128)}` };
    expect(imageOf({ cloudImage }, "pve2")).to.deep.equal({
      node: "pve2",
      storage: "local",
      file: "debian-13-aaaaaaaaaaaa.qcow2",
      volume: "local:import/debian-13-aaaaaaaaaaaa.qcow2",
      url: URL,
      algorithm: "sha512",
      checksum: "a".repeat(128),
    });
    expect(imageOf({ cloudImage: { ...cloudImage, storage: "nas" } }, "pve2")?.volume).to.include("nas:import/");
    expect(imageOf({}, "pve2")).to.equal(undefined);
  });

  for (const [version, older] of [
    ["8.2.7", true],
    ["7.4-16", true],
    ["8.3.0", false],
    ["8.10.1", false],
    ["9.0.3", false],
    ["10.1", false],
    ["unknown", false],
    [undefined, false],
  ] as const)
    it(`8.3: ${String(version)} is ${older ? "" : "not "}too old`, () => {
      expect(isOlder(version, 8, 3)).to.equal(older);
    });
});

describe("the call that makes a VM", () => {
  it("5.1: only the first disk is made out of the image", () => {
    const found = created(FROM_IMAGE) as {
      readonly change: { readonly disks: readonly object[] };
      readonly image: object;
    };
    expect(found.change.disks).to.deep.equal([
      { key: "scsi0", storage: "zfs", sizeMiB: 8192, importFrom: "local:import/debian-13-0123456789ab.qcow2" },
      { key: "scsi1", storage: "zfs", sizeMiB: 1024 },
    ]);
    expect(found.image).to.include({ node: "pve1", storage: "local" });
    expect(created({ disks: DISKS })).to.not.have.property("image");
  });

  for (const [what, spec, word] of [
    ["a cloud image", FROM_IMAGE, "source.cloudImage"],
    ["an image of content type import", { disks: [{ ...DISKS[0], importFrom: "local:import/a.qcow2" }] }, "importFrom"],
  ] as const)
    it(`8.3: ${what} needs a node that knows it, and no other`, () => {
      const on = (version: string): unknown => created(spec, { versions: new Map([["pve1", version]]) });
      expect(on("8.2.9")).to.include(`${word} needs Proxmox VE 8.3 or newer on node pve1, which has 8.2.9`);
      expect(on("8.3.1")).to.be.an("object");
      expect(created(spec, { versions: new Map([["pve2", "8.2.9"]]) })).to.be.an("object");
      expect(created({ disks: DISKS }, { versions: new Map([["pve1", "8.2.9"]]) })).to.be.an("object");
    });

  it("5.1: another machine's disk is imported by every version", () => {
    const spec = { disks: [{ ...DISKS[0], importFrom: "zfs:vm-900-disk-0" }] };
    expect(created(spec, { versions: new Map([["pve1", "8.2.9"]]) })).to.be.an("object");
  });

  it("5.5: a linked clone is one of a template; a full one of any machine", () => {
    const clone = (full: boolean, template: boolean): unknown =>
      created({ source: { clone: { vmid: 900, full } } }, { source: { vmid: 900, node: "pve1", template } });
    expect(clone(false, false)).to.include("VM 900 is no template").and.include("qm template 900");
    expect(clone(false, true)).to.deep.include({ is: "clone", full: false, source: { vmid: 900, node: "pve1" } });
    expect(clone(true, false)).to.deep.include({ is: "clone", full: true });
  });
});

describe("the image before its machine", () => {
  const creation = created(FROM_IMAGE) as never;
  const step = (image: GuestInput["image"]): ReturnType<typeof imageStep> => imageStep({ image }, creation);
  const absent = (change: Partial<GuestInput>): GuestInput =>
    inputOf({ guest: { power: "Absent" }, sight: { is: "absent" }, ownership: undefined, creation, ...change });

  it("A3: is fetched where it is not, checked where it is, and then it is the machine's turn", () => {
    expect(step(undefined)?.action).to.include({ op: "Download", effect: "creates", makesTask: true });
    expect(step({ there: false, checked: false })?.outcome.message).to.include(`downloads ${URL} as local:import/`);
    const there = step({ there: true, checked: false });
    expect([there?.action?.op, there?.outcome.message.includes("checks local:import/")]).to.deep.equal([
      "Download",
      true,
    ]);
    expect(step({ there: true, checked: true })).to.equal(undefined);
    expect(absentStep(absent({ image: { there: true, checked: true } }), undefined).action?.op).to.equal("Create");
  });

  it("A2: fetched and not listed yet, it is waited for, not fetched again", () => {
    const unlisted = step({ there: false, checked: true });
    expect(unlisted).to.not.have.property("action");
    expect(unlisted?.outcome).to.include({ is: "waiting", reason: "Creating", afterMs: 5000 });
  });

  it("5.1: what is made without an image waits for none", () => {
    expect(imageStep({ image: undefined }, created({ disks: DISKS }) as never)).to.equal(undefined);
  });

  const failed = (op: string, text: string, agoMs: number): GuestInput => afterFailure(absent({}), { op, text, agoMs });

  it("A7: a download that failed is told with its address, and tried again after five minutes", () => {
    const held = absentStep(failed("Download", "download failed: exit code 4", 299_999), undefined);
    expect(held).to.not.have.property("action");
    expect(held.outcome).to.include({ is: "stalled", reason: "RefusedByProvider", afterMs: 1 });
    expect(held.outcome.message).to.include(`download failed: exit code 4 (${URL} to storage local)`);
    expect(absentStep(failed("Download", "x", 300_000), undefined).action?.op).to.equal("Download");
    expect(absentStep(failed("Create", "x", 0), undefined).action?.op, "of another call").to.equal("Download");
  });

  it("A7: a creation that failed afterwards is told as that, and not as a download", () => {
    const input = { ...failed("Create", "lvcreate failed", 0), image: { there: true, checked: true } };
    const { outcome, action } = absentStep(input, undefined);
    expect([action, outcome.reason]).to.deep.equal([undefined, "RefusedByProvider"]);
    expect(outcome.message).to.match(/^lvcreate failed\./);
  });

  for (const text of ["checksum mismatch: got 'a' != expect 'b'", "refusing to override existing file '/x'"])
    it(`A7: after "${text.slice(0, 30)}…" it is said which file to remove`, () => {
      const { message } = absentStep(failed("Download", text, 0), undefined).outcome;
      expect(message)
        .to.include("pvesm free local:import/debian-13-0123456789ab.qcow2")
        .and.include("cloudImage.checksum");
    });

  it("9.1: fetching needs its own privileges, and making the machine its own", () => {
    const needs = (op: "Download" | "Create"): readonly string[] => machineNeeds({ op, creation }).map(needText);
    expect(needs("Download")).to.deep.equal([
      "Datastore.AllocateTemplate on /storage/local",
      "Sys.AccessNetwork on /nodes/pve1",
      "Datastore.Audit on /storage/local",
    ]);
    expect(needs("Create")).to.include("VM.Allocate on /vms/101").and.not.include("Sys.AccessNetwork on /nodes/pve1");
    expect(machineNeeds({ op: "Create" })).to.deep.equal([]);
  });

  it("9.1: keys for cloud-init need the privilege for it", () => {
    const made = created({ disks: DISKS }, { sshKeys: "ssh-ed25519 A" }) as never;
    expect(machineNeeds({ op: "Create", creation: made }).map(needText)).to.include("VM.Config.Cloudinit on /vms/101");
  });
});
