import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { FakeLab } from "../fakes/lab.ts";
import { annotate, CREATABLE, MARK, oneGuest, told, until } from "./oneGuest.ts";

const TEMPLATE = CREATABLE.template;

/** vmid 101 does not exist and may be created. */
function emptyHost(spec: Readonly<Record<string, unknown>> = {}): FakeLab {
  return oneGuest({ wish: { spec: { adoption: "Refuse", ...CREATABLE, ...spec } } });
}

function creates(lab: FakeLab): number {
  return lab.proxmox.calls.get("create") ?? 0;
}

describe("creation", () => {
  it("A2, I2: on an empty host the container is created once with every field, marked, and started", async () => {
    const lab = oneGuest({
      wish: {
        spec: {
          hostname: "postgres",
          description: "the database",
          ...CREATABLE,
          resources: { cores: 2, cpuLimit: "1.5", cpuWeight: 200, memory: "2Gi", swap: "256Mi" },
          mounts: [{ name: "mp0", path: "/srv", storage: "local-zfs", size: "32Gi", backup: true }],
          networks: [
            {
              name: "eth0",
              segmentRef: { name: "lan" },
              ipv4: { method: "Static", address: "10.0.0.5/24", gateway: "10.0.0.1" },
              mac: "bc:24:11:00:01:01",
              firewall: true,
            },
            { name: "eth1", bridge: "vmbr0", vlan: 30, ipv4: { method: "None" } },
          ],
          dns: { nameservers: ["10.0.0.1"], searchDomain: "home.arpa" },
          features: { nesting: true },
          sshKeysRef: { name: "keys", key: "authorized" },
          passwordRef: { name: "keys", key: "root" },
        },
      },
    });
    lab.kube.putSecret("lab", "keys", { authorized: "ssh-ed25519 AAAA me\n", root: "hunter22" });
    lab.kube.apply({
      kind: "NetworkSegment",
      metadata: { name: "lan", namespace: "lab" },
      spec: { vlan: 20, mtu: 1400, cidr: "10.0.0.0/24", proxmox: { bridge: "vmbr0" } },
    });
    lab.start();
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["create 101", "start 101"]);
    expect(lab.proxmox.mutations[0]?.detail).to.deep.equal({
      vmid: 101,
      node: "pve1",
      template: TEMPLATE,
      hostname: "postgres",
      description: "the database",
      unprivileged: true,
      cores: 2,
      cpuLimit: "1.5",
      cpuWeight: 200,
      memoryMiB: 2048,
      swapMiB: 256,
      rootfs: { storage: "local-zfs", sizeMiB: 8192 },
      mounts: [{ key: "mp0", path: "/srv", storage: "local-zfs", sizeMiB: 32768, backup: true }],
      networks: [
        {
          name: "eth0",
          bridge: "vmbr0",
          vlan: 20,
          mtu: 1400,
          mac: "BC:24:11:00:01:01",
          firewall: true,
          ipv4: "10.0.0.5/24",
          gateway4: "10.0.0.1",
        },
        { name: "eth1", bridge: "vmbr0", vlan: 30 },
      ],
      nameservers: ["10.0.0.1"],
      searchDomain: "home.arpa",
      features: { nesting: "1" },
      tags: [MARK],
      sshKeys: "ssh-ed25519 AAAA me",
      password: "hunter22",
    });
    expect(lab.status("Container", "db")).to.include({ createdVmid: 101, seenVmid: 101 });
    expect(JSON.stringify([lab.kube.all(), lab.kube.events])).not.to.include("hunter22");
  });

  it("A2: a create whose answer is lost is not sent twice", async () => {
    const lab = emptyHost();
    lab.fault("create", "after", new ProviderError("outcomeUnknown", "no answer within 40 s"));
    lab.start();
    await until(lab, "Settled", 120);
    expect(lab.calls()).to.deep.equal(["create 101", "start 101"]);
  });

  const hindered: readonly (readonly [string, string, (lab: FakeLab) => void, (lab: FakeLab) => void, string])[] = [
    [
      "a template that is missing",
      "RefusedByProvider",
      (lab) => (lab.proxmox.templates = new Set()),
      (lab) => lab.proxmox.templates?.add(TEMPLATE),
      `template '${TEMPLATE}' does not exist`,
    ],
    [
      "a storage that is missing",
      "RefusedByProvider",
      (lab) => (lab.proxmox.storages = new Set(["other"])),
      (lab) => lab.proxmox.storages?.add("local-zfs"),
      "storage 'local-zfs' does not exist",
    ],
    [
      "a storage without room",
      "StorageFull",
      (lab) => lab.proxmox.fullStorages.add("local-zfs"),
      (lab) => lab.proxmox.fullStorages.delete("local-zfs"),
      "storage 'local-zfs' on node pve1 is full",
    ],
    [
      "a bridge that is missing",
      "BridgeMissing",
      (lab) => lab.proxmox.bridges.splice(0),
      (lab) => lab.proxmox.bridges.push({ name: "vmbr0", active: true, vlanAware: true, mtu: 1500 }),
      "bridge 'vmbr0' does not exist",
    ],
  ];
  for (const [what, reason, hinder, mend, text] of hindered)
    it(`A7: ${what} is found by reading, before any create is sent, and mending it heals`, async () => {
      const lab = emptyHost({ networks: [{ name: "eth0", bridge: "vmbr0" }] });
      hinder(lab);
      lab.start();
      await until(lab, reason);
      expect(lab.message("Container", "db")).to.include(text);
      await lab.seconds(700);
      expect(creates(lab)).to.equal(0);
      mend(lab);
      await until(lab, "Settled", 400);
      expect(creates(lab)).to.equal(1);
    });

  it("A7: a create that fails in its task shows Proxmox's text and is tried again ever more rarely", async () => {
    const lab = emptyHost();
    for (let n = 0; n < 20; n++) lab.proxmox.failTask("vzcreate", "unable to create CT 101 - the archive is damaged");
    lab.start();
    await until(lab, "RefusedByProvider");
    expect(lab.message("Container", "db")).to.include("the archive is damaged");
    expect(told(lab)).to.include("TaskFailed");
    await lab.seconds(290);
    expect(creates(lab)).to.equal(1);
    await lab.seconds(3600);
    expect(creates(lab)).to.be.within(3, 5);
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...CREATABLE, template: "local:vztmpl/other.tar.zst" } });
    await lab.seconds(5);
    expect(creates(lab)).to.be.within(4, 6);
  }).timeout(20_000);

  it("A7: room that was missing in the task and was made is used at once when reading shows it", async () => {
    const lab = emptyHost();
    lab.proxmox.meanwhile("create", () => lab.proxmox.fullStorages.add("local-zfs"));
    lab.start();
    await until(lab, "StorageFull");
    await lab.seconds(320);
    lab.proxmox.fullStorages.clear();
    await until(lab, "Settled", 310);
    expect(creates(lab)).to.equal(2);
  });

  it("9.2: what no token may set is refused by us, with the command for the node", async () => {
    const lab = emptyHost({ mounts: [{ name: "mp1", path: "/media", hostPath: "/tank/media" }] });
    lab.start();
    await until(lab, "RootOnly");
    expect(lab.message("Container", "db")).to.include("pct set 101 -mp1 /tank/media,mp=/media");
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...CREATABLE, features: { nesting: true, keyctl: true } } });
    await lab.until("features", () => lab.message("Container", "db").includes("keyctl"));
    expect(lab.message("Container", "db")).to.include("pct set 101 -features nesting=1,keyctl=1");
    expect(creates(lab)).to.equal(0);
  });

  it("a segment that does not exist is waited for", async () => {
    const lab = emptyHost({ networks: [{ name: "eth0", segmentRef: { name: "lan" } }] });
    lab.start();
    await until(lab, "SegmentMissing");
    lab.kube.apply({
      kind: "NetworkSegment",
      metadata: { name: "lan", namespace: "lab" },
      spec: { cidr: "10.0.0.0/24", proxmox: { bridge: "vmbr0" } },
    });
    await until(lab, "Settled");
  });

  it("a Secret or key that is missing is named, and nothing is created without it", async () => {
    const lab = emptyHost({ passwordRef: { name: "keys", key: "root" } });
    lab.start();
    await until(lab, "SecretMissing");
    expect(lab.message("Container", "db")).to.include("Secret keys does not exist in lab");
    lab.kube.putSecret("lab", "keys", { other: "x" });
    await lab.until("key named", () => lab.message("Container", "db").includes("has no key root"), 310);
    expect(creates(lab)).to.equal(0);
    lab.kube.putSecret("lab", "keys", { root: "hunter22" });
    await until(lab, "Settled", 310);
  });

  it("A10: with several nodes spec.node is needed, and one that does not exist is named", async () => {
    const lab = emptyHost({ node: "pve9" });
    lab.start();
    await until(lab, "SpecInvalid");
    expect(lab.message("Container", "db")).to.include("the cluster has no node pve9, only pve1");
  });

  it("I5: Power and a spec without template create nothing", async () => {
    const lab = oneGuest({ wish: { spec: { management: "Power" } } });
    lab.start();
    await until(lab, "GuestMissing");
    expect(lab.message("Container", "db")).to.include("management Power creates nothing");
    lab.guest("db", { vmid: 101, layer: "base" });
    await lab.until("no template", () => lab.message("Container", "db").includes("without spec.template"));
    expect(creates(lab)).to.equal(0);
  });

  it("A7: creation needs its privileges, and each is named before anything is sent", async () => {
    const lab = emptyHost({ networks: [{ name: "eth0", bridge: "vmbr0", vlan: 30 }] });
    lab.proxmox.permissions = new Map([
      ["/", new Map(["VM.Audit", "VM.PowerMgmt", "VM.Config.Options", "Sys.Audit"].map((name) => [name, true]))],
    ]);
    lab.start();
    await until(lab, "PermissionMissing");
    for (const need of [
      "VM.Allocate on /vms/101",
      "Datastore.AllocateSpace on /storage/local-zfs",
      "SDN.Use on /sdn/zones/localnetwork/vmbr0/30",
      "Datastore.Audit on /storage/local",
    ])
      expect(lab.message("Container", "db")).to.include(need);
    expect(creates(lab)).to.equal(0);
  });
});

describe("a guest that vanished", () => {
  async function vanished(): Promise<FakeLab> {
    const lab = emptyHost();
    lab.start();
    await until(lab, "Settled");
    const guest = lab.proxmox.guest(101);
    lab.proxmox.halt(guest);
    lab.proxmox.destroy(101, "root@pam");
    await until(lab, "GuestVanished", 90);
    lab.proxmox.mutations.length = 0;
    return lab;
  }

  it("I5: is not created again by itself; the message says who destroyed it and when", async () => {
    const lab = await vanished();
    expect(lab.message("Container", "db")).to.match(
      /101 was here and is gone: root@pam destroyed it at 2026-01-01T00:0\d:\d\dZ/,
    );
    await lab.seconds(700);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("I5: restored by a person it heals", async () => {
    const lab = await vanished();
    lab.proxmox.add({ vmid: 101, name: "db", tags: [MARK] });
    await until(lab, "Settled", 90);
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("I5: the annotation recreate makes a new one, once", async () => {
    const lab = await vanished();
    annotate(lab, "recreate", "102");
    await lab.seconds(30);
    expect(lab.calls()).to.deep.equal([]);
    annotate(lab, "recreate", "101");
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["create 101", "start 101"]);
    lab.proxmox.halt(lab.proxmox.guest(101));
    lab.proxmox.destroy(101, "root@pam");
    await until(lab, "GuestVanished", 90);
    await lab.seconds(60);
    expect(lab.message("Container", "db")).to.include("recreate- and then");
    expect(lab.calls()).to.deep.equal(["create 101", "start 101"]);
    annotate(lab, "recreate", null);
    await lab.seconds(2);
    annotate(lab, "recreate", "101");
    await lab.until("made again", () => lab.calls().length > 2);
  });
});
