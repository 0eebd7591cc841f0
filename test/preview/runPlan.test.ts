import { expect } from "chai";
import { stringify } from "yaml";
import { API_VERSION } from "../../controller/api/meta.ts";
import type { PlanDocument } from "../../controller/preview/planDocument.ts";
import type { PlanWish } from "../../controller/preview/planCommand.ts";
import { runPlan } from "../../controller/preview/runPlan.ts";
import { NAMESPACE, type FakeLab } from "../fakes/lab.ts";
import { apply, omadaLab, segment } from "../reconcilers/network/omadaLab.ts";

const never = new AbortController().signal;

interface Printed {
  readonly code: number;
  readonly text: string;
}

/** The command on the lab, its API server as the cluster, `manifest` on standard input. */
async function plan(lab: FakeLab, wish: Partial<PlanWish> = {}, manifest?: string): Promise<Printed> {
  let text = "";
  let ended: { readonly code: number } | { readonly error: unknown } | undefined;
  const allowed = (): never => {
    throw new Error("a plan sent something");
  };
  const given: PlanWish = {
    files: manifest === undefined ? [] : ["-"],
    cluster: true,
    prune: false,
    namespace: NAMESPACE,
    kubeconfig: undefined,
    context: undefined,
    json: false,
    secrets: { proxmox: undefined, omada: undefined, ca: undefined },
    ...wish,
  };
  void runPlan(
    given,
    {
      clock: lab.clock,
      connect: ({ tokenId }, firstSequence) =>
        lab.proxmox.port({ firstSequence, identity: tokenId, pollIntervalSeconds: 10, allowed }),
      connectOmada: (_, firstSequence) => lab.omada.port({ firstSequence, pollIntervalSeconds: 10, allowed }),
      ownAddresses: () => [],
      files: {
        read: () => "",
        isFolder: () => false,
        list: () => [],
        standardInput: () => Promise.resolve(manifest ?? ""),
      },
      openCluster: () => ({
        namespace: NAMESPACE,
        list: (...call) => lab.kube.list(...call),
        secret: (...call) => lab.kube.secret(...call),
        namespaceTerminating: (...call) => lab.kube.namespaceTerminating(...call),
        nodeUuids: (signal) => lab.kube.nodeUuids(signal),
      }),
      print: (more) => (text += more),
      tell: () => undefined,
      colour: false,
    },
    never,
  ).then(
    (code) => (ended = { code }),
    (error: unknown) => (ended = { error }),
  );
  await lab.until("the plan is made", () => ended !== undefined);
  if (ended === undefined || "error" in ended) throw ended?.error;
  return { code: ended.code, text };
}

/** What the plan would do, "Container db: create, start", and how it ends. */
async function planned(lab: FakeLab, wish: Partial<PlanWish> = {}, manifest?: string): Promise<readonly string[]> {
  const { code, text } = await plan(lab, { ...wish, json: true }, manifest);
  const { objects } = JSON.parse(text) as PlanDocument;
  const steps = objects.flatMap(({ kind, name, steps: all }) =>
    all.length === 0 ? [] : [`${kind} ${name}: ${all.map((step) => step.do).join(", ")}`],
  );
  return [...steps, `exit ${String(code)}`];
}

/** Objects of the lab as a person has them in files, with some changed or left out. */
function manifestOf(
  lab: FakeLab,
  change: (kind: string, name: string, spec: Readonly<Record<string, unknown>>) => unknown,
): string {
  const objects = lab.kube.all().flatMap(({ apiVersion, kind, metadata, spec }) => {
    const next = change(kind, metadata.name, spec as Readonly<Record<string, unknown>>);
    return next === undefined ? [] : [{ apiVersion, kind, metadata: { name: metadata.name }, spec: next }];
  });
  return objects.map((object) => stringify(object)).join("---\n");
}

/** Two containers, a machine, a snapshot policy and two networks, all settled, and the controller gone. */
async function grownLab(): Promise<FakeLab> {
  const lab = omadaLab();
  lab.layer("base");
  for (const [index, name] of ["db", "web"].entries()) {
    lab.proxmox.add({ vmid: 101 + index, name, power: "Running" });
    lab.guest(name, { vmid: 101 + index, layer: "base", spec: { deletionPolicy: "Delete" } });
  }
  lab.proxmox.add({ type: "qemu", vmid: 103, name: "vm", power: "Running" });
  lab.guest("vm", { kind: "VirtualMachine", vmid: 103, layer: "base" });
  apply(lab, "SnapshotPolicy", "hourly", { schedule: "0 * * * *", selector: { layerRef: { name: "base" } } });
  segment(lab, "iot", 30);
  segment(lab, "guests", 40, { deletionPolicy: "Delete" });
  lab.start();
  await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled", 300);
  await lab.until("networks", () => lab.reason("NetworkSegment", "guests") === "Settled", 300);
  await lab.seconds(60);
  lab.kill();
  return lab;
}

describe("homelab-controller plan", function () {
  this.timeout(30_000);

  it("7: of what is in the cluster says nothing of a lab that is settled, exit 0, and sends and writes nothing", async () => {
    const lab = await grownLab();
    const before = [lab.proxmox.mutations.length, lab.omada.mutations.length, lab.kube.writes.length];
    expect(await planned(lab)).to.deep.equal(["exit 0"]);
    expect([lab.proxmox.mutations.length, lab.omada.mutations.length, lab.kube.writes.length]).to.deep.equal(before);
  });

  it("7: of what is in the cluster says what drift and deletions come to", async () => {
    const lab = await grownLab();
    lab.kube.delete(lab.key("NetworkSegment", "guests"));
    lab.proxmox.guest(102).power = "Stopped";
    expect(await planned(lab)).to.deep.equal(["NetworkSegment guests: destroy", "Container web: start", "exit 2"]);
  });

  it("7: of files over the cluster knows what is noted there; what is in no file stays as it is", async () => {
    const lab = await grownLab();
    const files = manifestOf(lab, (kind, name, spec) => {
      if (kind === "NetworkSegment" && name === "iot") return { ...spec, vlan: 31 };
      if (kind === "VirtualMachine") return { ...spec, powerState: "Stopped" };
      return undefined;
    });
    expect(await planned(lab, {}, files)).to.deep.equal([
      "NetworkSegment iot: change",
      "VirtualMachine vm: stop",
      "exit 2",
    ]);
  });

  it("7, L2: a lab that is stopped and shall run is said to start, in order, though nothing else changes", async () => {
    const lab = await grownLab();
    lab.start();
    lab.homelab({ powerState: "Stopped" });
    await lab.until("down", () => lab.reason("Homelab", "home") === "Stopped", 300);
    await lab.seconds(60);
    lab.kill();
    const files = manifestOf(lab, (kind, _, spec) =>
      kind === "Homelab" ? { ...spec, powerState: "Running" } : undefined,
    );
    expect(await planned(lab, {}, files)).to.include.members([
      "Container db: start",
      "Container web: start",
      "VirtualMachine vm: start",
      "exit 2",
    ]);
  });

  it("7, I8: --prune counts what is in no file as deleted, each by its deletionPolicy", async () => {
    const lab = await grownLab();
    const kept = new Set(["ProxmoxCluster", "OmadaController", "Homelab", "HomelabLayer"]);
    const files = manifestOf(lab, (kind, name, spec) => (kept.has(kind) || name === "web" ? spec : undefined));
    expect(await planned(lab, { prune: true }, files)).to.deep.equal([
      "NetworkSegment guests: destroy",
      "NetworkSegment iot: release",
      "SnapshotPolicy hourly: release",
      "Container db: stop, destroy",
      "VirtualMachine vm: release",
      "exit 2",
    ]);
    expect(await planned(lab, {}, files)).to.deep.equal(["exit 0"]);
  });

  it("7: of files says what is new: a network, and a machine with its image", async () => {
    const lab = await grownLab();
    const spec = {
      vmid: 120,
      layerRef: { name: "base" },
      management: "Full",
      source: { cloudImage: { url: "https://images.example.org/a.qcow2", checksum: `sha256:${"a".repeat(64)}` } },
      disks: [{ name: "scsi0", storage: "local-zfs", size: "4Gi" }],
    };
    const network = { vlan: 50, cidr: "192.168.50.0/24", gateway: "192.168.50.1", omada: {} };
    const written = (kind: string, name: string, declared: object): string =>
      stringify({ apiVersion: API_VERSION, kind, metadata: { name }, spec: declared });
    const files = [written("VirtualMachine", "new", spec), written("NetworkSegment", "lan", network)].join("---\n");
    expect(await planned(lab, {}, files)).to.deep.equal([
      "NetworkSegment lan: create",
      "VirtualMachine new: fetchImage, create, grow, start",
      "exit 2",
    ]);
    const { text } = await plan(lab, {}, files);
    expect(text).to.contain("grow a volume: scsi0 from the size of its image to 4Gi");
  });

  it("7: a snapshot policy whose run is due says its snapshots", async () => {
    const lab = await grownLab();
    await lab.seconds(3_600);
    expect(await planned(lab)).to.deep.equal(["SnapshotPolicy hourly: snapshot", "exit 2"]);
  });

  it("P3: people read symbol, object, step and reason, by layer, and a line that sums it up", async () => {
    const lab = await grownLab();
    lab.proxmox.guest(102).power = "Stopped";
    const { text } = await plan(lab);
    expect(text).to.contain("lab: layer base\n  ~ Container web (102): start\n      start: ");
    expect(text).to.match(
      /\nPlan: 0 to create, 0 to change, 0 to restart, 0 to remove, 1 to start; 0 refused, \d+ as they are\n$/,
    );
  });
});
