import { expect } from "chai";
import { createHash } from "node:crypto";
import type { VirtualMachine } from "../../controller/api/index.ts";
import { condition, readyReason } from "./conditions.ts";
import { withBed, type Bed } from "./labBed.ts";
import { connectionTo, layersOf, ours, PORT, secret, type BedGuest, type Declared } from "./labObjects.ts";
import { untilObject } from "./untilObject.ts";

const URL = "https://images.example.org/debian-13-genericcloud-amd64.qcow2";
const checksum = `sha256:${createHash("sha256").update(URL).digest("hex")}`;
const FILE = `debian-13-genericcloud-amd64-${checksum.slice(7, 19)}.qcow2`;
const GUESTS: readonly BedGuest[] = [
  { name: "db", vmid: 301, layer: "base" },
  { name: "web", vmid: 302, layer: "apps" },
];

/** A machine from a cloud image, probed at the address that its agent tells. */
function machine({ name, vmid, layer }: BedGuest, spec: Readonly<Record<string, unknown>> = {}): Declared {
  return ours("VirtualMachine", name, {
    vmid,
    layerRef: { name: layer },
    management: "Full",
    source: { cloudImage: { url: URL, checksum } },
    cpu: { cores: 1 },
    resources: { memory: "1Gi" },
    disks: [{ name: "scsi0", storage: "local-zfs", size: "4Gi", discard: true }],
    networks: [{ name: "net0", bridge: "vmbr0", ipv4: { method: "DHCP" } }],
    cloudInit: { storage: "local-zfs", user: "ops", sshKeysRef: { name: "keys", key: "ops" } },
    guestAgent: true,
    probes: [{ name: "serves", tcpSocket: { port: PORT }, periodSeconds: 1, failureThreshold: 5 }],
    shutdown: { timeoutSeconds: 20 },
    ...spec,
  });
}

async function seen(
  bed: Bed,
  name: string,
  what: string,
  holds: (vm: VirtualMachine) => boolean,
): Promise<VirtualMachine> {
  const { controlPlane, namespace } = bed;
  const at = { resource: "virtualmachines", name, namespace };
  const found = await untilObject(controlPlane, at, {
    what,
    holds: (object) => holds(object as unknown as VirtualMachine),
    deadlineMs: 60_000,
  });
  return found as unknown as VirtualMachine;
}

function until(bed: Bed, name: string, reason: string): Promise<VirtualMachine> {
  return seen(bed, name, reason, (vm) => readyReason(vm) === reason);
}

async function change(bed: Bed, spec: Readonly<Record<string, unknown>>): Promise<void> {
  for (const { name } of GUESTS)
    await bed.kubectl("patch", "hvm", name, "--type=merge", "-p", JSON.stringify({ spec }));
}

interface Stored {
  readonly config: Readonly<Record<string, string>>;
  readonly pending: Readonly<Record<string, string>>;
}

async function stored(bed: Bed, vmid: number): Promise<Stored> {
  return (await bed.simulator.admin("GET", `/guests/${String(vmid)}`)) as Stored;
}

/** "qmstart 301", in the order they were begun. */
async function tasks(bed: Bed, ...types: readonly string[]): Promise<readonly string[]> {
  const all = (await bed.host.tasks()).toSorted((a, b) => begun(a.upid) - begun(b.upid));
  return all.filter(({ type }) => types.includes(type)).map(({ type, id, exit }) => `${type} ${id} ${exit ?? "runs"}`);
}

const begun = (upid: string): number => Number.parseInt(upid.split(":")[4] ?? "0", 16);

/** A machine that is there with this namespace's mark, and whose object is deleted at once; its minute runs meanwhile. */
async function condemn(bed: Bed): Promise<void> {
  const disk = "local-zfs:vm-390-disk-0,size=2G";
  const config = { tags: `hl.${bed.namespace}.old`, scsi0: disk, boot: "order=scsi0" };
  await bed.simulator.admin("POST", "/guests", { type: "qemu", vmid: 390, name: "old", running: true, config });
  await bed.apply(
    ours("VirtualMachine", "old", {
      vmid: 390,
      layerRef: { name: "base" },
      management: "Full",
      deletionPolicy: "Delete",
      shutdown: { timeoutSeconds: 20 },
    }),
  );
}

describe("virtual machines, with a controller process", function () {
  this.timeout(240_000);

  it("from a cloud image to the shutdown by layers: made, healthy by its agent's address, grown, restarted, deleted", async () => {
    await withBed({ guests: [], emptyHost: true }, async (bed) => {
      await bed.apply(
        ...connectionTo(bed.simulator),
        secret("keys", { ops: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0GrN5Hdy6 ops" }),
        ...layersOf(GUESTS),
        ...GUESTS.map((guest) => machine(guest)),
      );
      await condemn(bed);
      await bed.start();
      await bed.apply(ours("Homelab", "lab"));
      await until(bed, "old", "Settled");
      await bed.kubectl("delete", "hvm", "old", "--wait=false");

      const db = await until(bed, "db", "Settled");
      await until(bed, "web", "Settled");
      expect(db.status?.addresses?.[0]).to.match(/^127\./);
      expect(await tasks(bed, "download", "qmcreate", "qmstart")).to.include.members([
        ...[`download ${FILE} OK`, "qmcreate 301 OK", "qmcreate 302 OK"],
        ...["qmstart 301 OK", "qmstart 302 OK"],
      ]);
      const starts = await tasks(bed, "qmstart");
      expect(starts, "L1: the gate of the lower layer holds the first start").to.deep.equal([
        "qmstart 301 OK",
        "qmstart 302 OK",
      ]);
      const { config } = await stored(bed, 301);
      expect(config).to.include({ ciuser: "ops", agent: "enabled=1", serial0: "socket", ipconfig0: "ip=dhcp" });
      expect(config["scsi0"]).to.include("size=4G").and.include("discard=on");
      expect(decodeURIComponent(config["sshkeys"] ?? "")).to.include("ssh-ed25519 AAAA");

      await change(bed, {
        disks: [{ name: "scsi0", storage: "local-zfs", size: "6Gi", discard: true }],
        cpu: { cores: 2 },
      });
      await seen(bed, "web", "RestartPending", (vm) => condition(vm, "ConfigInSync")?.reason === "RestartPending");
      await seen(bed, "db", "RestartPending", (vm) => condition(vm, "ConfigInSync")?.reason === "RestartPending");
      expect((await stored(bed, 302)).config["scsi0"]).to.include("size=6G");
      expect((await stored(bed, 302)).pending["cores"]).to.equal("2");

      const restarted = await bed.host.mark();
      await change(bed, { updatePolicy: "Restart" });
      for (const name of ["web", "db"])
        await seen(
          bed,
          name,
          "in sync",
          (vm) => readyReason(vm) === "Settled" && condition(vm, "ConfigInSync")?.reason === "InSync",
        );
      const power = (await bed.host.mutations(restarted)).filter(({ path }) => /30[12]\/status/.test(path));
      expect(power.map(({ path }) => path.replace(/^.*qemu\//, ""))).to.deep.equal([
        ...["301/status/shutdown", "301/status/start"],
        ...["302/status/shutdown", "302/status/start"],
      ]);
      expect((await stored(bed, 302)).config["cores"]).to.equal("2");

      const stopped = await bed.host.mark();
      await bed.kubectl("patch", "hl", "lab", "--type=merge", "-p", '{"spec":{"powerState":"Stopped"}}');
      for (const name of ["web", "db"]) await until(bed, name, "Stopped");
      const down = (await bed.host.mutations(stopped))
        .filter(({ path }) => /30[12]/.test(path))
        .map(({ path }) => path.replace(/^.*qemu\//, ""));
      expect(down, "L6: the upper layer goes first").to.deep.equal(["302/status/shutdown", "301/status/shutdown"]);
      await bed.untilHost(
        "old is destroyed",
        async () => ((await bed.host.tasks("qmdestroy", 390))[0]?.exit === "OK" ? true : undefined),
        90,
      );
      // The object goes in the pass after its guest.
      await bed.kubectl("wait", "--for=delete", "hvm/old", "--timeout=30s");
      expect(await tasks(bed, "qmstop")).to.deep.equal([]);
    });
  });
});
