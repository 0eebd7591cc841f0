import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { Container, HomelabLayer, NetworkSegment, VirtualMachine } from "../../controller/api/index.ts";
import { labManifests, type LabWish } from "../../controller/import/labManifests.ts";
import type { FoundGuest, Inventory } from "../../controller/import/inventory.ts";
import { streamOf } from "../../controller/import/importCommand.ts";
import { found, inventoryOf } from "./found.ts";

const wish: LabWish = { name: "nosotros", endpoint: "https://192.168.0.10:8006", insecure: false, ca: false };

interface Written {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

function objects(guests: readonly FoundGuest[], more: Partial<Inventory> = {}): readonly Written[] {
  const text = streamOf(labManifests(inventoryOf(guests, more), wish));
  return parseAllDocuments(text, { version: "1.1" }).map((document) => document.toJS() as Written);
}

function text(guests: readonly FoundGuest[], more: Partial<Inventory> = {}, change: Partial<LabWish> = {}): string {
  return streamOf(labManifests(inventoryOf(guests, more), { ...wish, ...change }));
}

const full = found(
  159,
  {
    name: "dbEmpleos",
    description: "PostgreSQL\nDatabase",
    cores: 2,
    cpuLimit: "1.5",
    cpuWeight: 50,
    memoryMiB: 4096,
    swapMiB: 0,
    unprivileged: true,
    features: { nesting: "1", keyctl: "1", mount: "nfs;cifs" },
    rootfs: { key: "rootfs", volume: "local-zfs:subvol-159-disk-0", sizeMiB: 8192 },
    mounts: [
      { key: "mp0", volume: "tank:subvol-159-disk-1", sizeMiB: 32_768, path: "/srv/data", backup: true },
      { key: "mp1", volume: "/tank/media", path: "/media", readOnly: true },
      { key: "mp2", volume: "/dev/sdb1", path: "/mnt//twice" },
    ],
    networks: [
      {
        key: "net0",
        name: "eth0",
        bridge: "vmbr0",
        vlan: 30,
        mac: "BC:24:11:00:01:02",
        firewall: true,
        ipv4: "192.168.30.5/24",
        gateway4: "192.168.30.1",
        mtu: 1400,
      },
    ],
    nameservers: ["192.168.0.1"],
    searchDomain: "home.arpa",
    otherKeys: ["arch", "hookscript", "ostype"],
  },
  { power: "Stopped" },
);

describe("manifests of a lab that runs", () => {
  it("a container is written whole, in the fields of its kind", () => {
    const [container] = objects([full]).filter(({ kind }) => kind === "Container");
    expect(container).to.deep.equal({
      apiVersion: "homelab.neuralcodelab.com/v1alpha1",
      kind: "Container",
      metadata: { name: "dbempleos" },
      spec: {
        layerRef: { name: "data" },
        vmid: 159,
        hostname: "dbEmpleos",
        adoption: "Adopt",
        powerState: "Stopped",
        description: "PostgreSQL\nDatabase",
        unprivileged: true,
        resources: { cores: 2, cpuLimit: "1.5", cpuWeight: 50, memory: "4Gi", swap: "0Mi" },
        rootfs: { storage: "local-zfs", size: "8Gi" },
        mounts: [
          { name: "mp0", path: "/srv/data", backup: true, storage: "tank", size: "32Gi" },
          { name: "mp1", path: "/media", readOnly: true, hostPath: "/tank/media" },
        ],
        networks: [
          {
            name: "eth0",
            bridge: "vmbr0",
            vlan: 30,
            mtu: 1400,
            ipv4: { method: "Static", address: "192.168.30.5/24", gateway: "192.168.30.1" },
            mac: "BC:24:11:00:01:02",
            firewall: true,
          },
        ],
        dns: { nameservers: ["192.168.0.1"], searchDomain: "home.arpa" },
        features: { nesting: true, keyctl: true, mount: ["nfs", "cifs"] },
        probes: [{ name: "db", postgres: { port: 5432 } }],
      },
    });
  });

  it("what is a guess, what was stopped and what is in no field is said in comments", () => {
    const written = text([full]);
    expect(written).to.contain("# Guess: this is PostgreSQL; the probe asks its default port.\n");
    expect(written).to.contain("# It was stopped when this was written, so it is declared so.\n");
    expect(written).to.contain("# Left as it is, in no field: mp2, hookscript.\n");
    expect(written).to.contain("# Guess, by names and descriptions of the guests.\n");
  });

  it("a VM gets its power and place only", () => {
    const [vm] = objects([found(300, { name: "haos", memoryMiB: 2048 }, { type: "qemu" })], {
      nodes: ["pve1", "pve2"],
    }).filter(({ kind }) => kind === "VirtualMachine");
    expect(vm?.spec).to.deep.equal({
      layerRef: { name: "apps" },
      vmid: 300,
      node: "pve1",
      hostname: "haos",
      adoption: "Adopt",
    });
  });

  it("every object is what its kind's schema takes, and the Homelab comes last", () => {
    const kinds = { Container, VirtualMachine, HomelabLayer, NetworkSegment };
    const guests = [
      full,
      found(101, {
        name: "Omada 21_x",
        networks: [{ key: "net0", name: "eth0", bridge: "vmbr0", ipv4: "10.0.0.5/24" }],
      }),
      found(102, { name: "" }, { type: "qemu" }),
    ];
    const written = objects(guests);
    for (const { kind, spec, metadata } of written)
      if (kind in kinds) {
        const { success, error } = kinds[kind as keyof typeof kinds].spec.safeParse(spec);
        expect(success, `${kind} ${metadata.name}: ${String(error)}`).to.equal(true);
      }
    expect(written.map(({ kind }) => kind)).to.deep.equal([
      "ProxmoxCluster",
      "NetworkSegment",
      "NetworkSegment",
      "HomelabLayer",
      "Container",
      "HomelabLayer",
      "Container",
      "HomelabLayer",
      "VirtualMachine",
      "Homelab",
    ]);
    expect(written.map(({ metadata }) => metadata.name)).to.include.members(["omada-21-x", "vm-102"]);
  });

  it("guests of one name are told apart by their number", () => {
    const names = objects([found(101, { name: "web" }), found(102, { name: "Web" })]).map(
      ({ metadata }) => metadata.name,
    );
    expect(names).to.include.members(["web-101", "web-102"]);
  });

  it("how the connection was verified is declared, and what it needs is said", () => {
    expect(text([], {}, { fingerprint: "AA:BB" })).to.contain("fingerprints:\n      - AA:BB\n");
    expect(text([], {}, { insecure: true })).to.contain("insecureSkipVerify: true");
    expect(text([], {}, { ca: true }))
      .to.contain("name: proxmox-ca")
      .and.contain("secret generic proxmox-ca");
    expect(text([], { gaps: ["guest 9 could not be read: no"] })).to.contain(
      "# Left out: guest 9 could not be read: no\n",
    );
  });

  it("guests that Proxmox starts by itself are counted, with the cure", () => {
    expect(text([found(101, { onboot: true }), found(102)])).to.contain("Proxmox itself starts 1 of the guests");
    expect(text([found(101)])).not.to.contain("Proxmox itself starts");
  });
});
