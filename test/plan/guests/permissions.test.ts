import { expect } from "chai";
import { VirtualMachine, type Container, type NetworkSegment } from "../../../controller/api/index.ts";
import { allows, needText } from "../../../controller/plan/need.ts";
import { creationNeeds, missingPermissions } from "../../../controller/plan/guests/permissions.ts";
import type { Member } from "../../../controller/plan/lab.ts";
import type { Permissions } from "../../../controller/providers/port.ts";
import { labOf, member, type GuestWish } from "../labs.ts";

function held(paths: Readonly<Record<string, readonly string[]>>, propagates = true): Permissions {
  return new Map(
    Object.entries(paths).map(([path, names]) => [path, new Map(names.map((name) => [name, propagates]))]),
  );
}

const CREATED = { template: "local:vztmpl/a.tar.zst", rootfs: { storage: "zfs", size: "8Gi" } };

function missing(guest: Omit<GuestWish, "layer">, permissions: Permissions = new Map(), version = "9.1.6"): string[] {
  const lab = labOf({ layers: { base: {} }, guests: { db: { layer: "base", ...guest } }, hosts: [] });
  return missingPermissions(lab, "pve", { permissions, version }).map(needText);
}

describe("privileges", () => {
  const rows: readonly (readonly [string, Permissions, string, boolean])[] = [
    ["on the path itself", held({ "/vms/101": ["X"] }), "/vms/101", true],
    ["from above, when it propagates", held({ "/": ["X"] }), "/vms/101", true],
    ["from above, when it does not propagate", held({ "/": ["X"] }, false), "/vms/101", false],
    ["on the path itself, propagating or not", held({ "/vms/101": ["X"] }, false), "/vms/101", true],
    ["a nearer path replaces what is above", held({ "/": ["X"], "/vms/101": ["Y"] }), "/vms/101", false],
    ["a neighbour's is not ours", held({ "/vms/10": ["X"] }), "/vms/101", false],
    [
      "of a bridge's VLAN from its bridge",
      held({ "/sdn/zones/localnetwork/vmbr0": ["X"] }),
      "/sdn/zones/localnetwork/vmbr0/20",
      true,
    ],
    ["nothing at all", new Map(), "/", false],
  ];
  for (const [what, permissions, path, holds] of rows)
    it(`contract 9: ${what}`, () => {
      expect(allows(permissions, path, "X")).to.equal(holds);
    });

  const needs: readonly (readonly [string, Omit<GuestWish, "layer">, readonly string[]])[] = [
    ["Observe only sees", { spec: { management: "Observe" } }, ["VM.Audit on /vms/101"]],
    ["Power starts and stops", { spec: { management: "Power" } }, ["VM.Audit on /vms/101", "VM.PowerMgmt on /vms/101"]],
    ["Full marks too", {}, ["VM.Audit on /vms/101", "VM.PowerMgmt on /vms/101", "VM.Config.Options on /vms/101"]],
    [
      "Delete destroys, and looks at backup jobs before",
      { spec: { deletionPolicy: "Delete" } },
      [
        "VM.Audit on /vms/101",
        "VM.PowerMgmt on /vms/101",
        "VM.Config.Options on /vms/101",
        "VM.Allocate on /vms/101",
        "Sys.Audit on /",
      ],
    ],
    [
      "creation needs its options, storages, template and bridges",
      {
        power: "Absent",
        spec: {
          ...CREATED,
          unprivileged: false,
          mounts: [{ name: "mp0", path: "/m", storage: "data", size: "1Gi" }],
          networks: [
            { name: "eth0", bridge: "vmbr0" },
            { name: "eth1", bridge: "vmbr0", vlan: 20 },
          ],
        },
      },
      [
        "VM.Audit on /vms/101",
        "VM.PowerMgmt on /vms/101",
        "VM.Config.Options on /vms/101",
        "VM.Allocate on /vms/101",
        "VM.Config.CPU on /vms/101",
        "VM.Config.Memory on /vms/101",
        "VM.Config.Disk on /vms/101",
        "VM.Config.Network on /vms/101",
        "Datastore.AllocateSpace on /storage/zfs",
        "Datastore.AllocateSpace on /storage/data",
        "Datastore.Audit on /storage/local",
        "SDN.Use on /sdn/zones/localnetwork/vmbr0",
        "SDN.Use on /sdn/zones/localnetwork/vmbr0/20",
        "Sys.Modify on /",
      ],
    ],
  ];
  for (const [what, guest, expected] of needs)
    it(`9.1: ${what}`, () => {
      expect(missing(guest)).to.deep.equal(expected);
    });

  describe("9.1: a VM that is to be made", () => {
    const disk = { name: "scsi0", storage: "zfs", size: "8Gi" };
    const checksum = `sha256:${"a".repeat(64)}`;
    const image = { cloudImage: { url: "https://example.org/a.qcow2", checksum } };
    const of = (spec: object, permissions: Permissions = new Map()): readonly string[] => {
      const lab = labOf({ layers: { base: {} }, guests: { db: { layer: "base", power: "Absent" } } });
      const one = member(lab, "db");
      const object = { ...one.object, kind: "VirtualMachine", spec: { ...one.object.spec, node: "pve1", ...spec } };
      const vm = { ...one, object: object as unknown as typeof one.object };
      const hosts = [{ cluster: "pve", name: "pve1", online: true, bootTime: 0, rebooted: false }];
      const known = { permissions, version: "9.1.6" };
      return missingPermissions({ ...lab, hosts, members: new Map([[vm.id, vm]]) }, "pve", known).map(needText);
    };
    const also = (spec: object): readonly string[] => {
      const without = of({ disks: [] });
      return of(spec).filter((need) => !without.includes(need));
    };
    const made = [
      "VM.Allocate on /vms/101",
      "VM.Config.HWType on /vms/101",
      "VM.Config.Disk on /vms/101",
      "Datastore.AllocateSpace on /storage/zfs",
    ];
    const rows: readonly (readonly [string, object, readonly string[]])[] = [
      ["with its disks", { disks: [disk] }, made],
      ["nothing without a disk and a source", {}, []],
      [
        "from a cloud image, which its node fetches",
        { disks: [disk], source: image },
        [
          ...made,
          "Datastore.Audit on /storage/local",
          "Datastore.AllocateTemplate on /storage/local",
          "Sys.AccessNetwork on /nodes/pve1",
        ],
      ],
      [
        "from a CD",
        { disks: [disk], source: { iso: "isos:iso/a.iso" } },
        [...made, "VM.Config.CDROM on /vms/101", "Datastore.Audit on /storage/isos"],
      ],
      [
        "out of another machine's disk",
        { disks: [{ ...disk, importFrom: "zfs:vm-900-disk-0" }] },
        [...made, "VM.Clone on /vms/900"],
      ],
      [
        "as a clone",
        { source: { clone: { vmid: 900, storage: "zfs" } } },
        ["VM.Allocate on /vms/101", "VM.Clone on /vms/900", "Datastore.AllocateSpace on /storage/zfs"],
      ],
      [
        "as a linked clone, whose disks go where the template's are",
        { source: { clone: { vmid: 900, full: false } } },
        ["VM.Allocate on /vms/101", "VM.Clone on /vms/900"],
      ],
      ["on the only node, where the spec names none", { node: undefined, disks: [disk] }, made],
      ["nothing on a node that is not there", { node: "pve7", disks: [disk] }, []],
      [
        "with a mapped device and cloud-init",
        {
          disks: [disk],
          hostDevices: [{ name: "hostpci0", mapping: "gpu" }],
          cloudInit: { storage: "zfs", user: "o" },
        },
        [...made.slice(0, 3), "VM.Config.Cloudinit on /vms/101", "Mapping.Use on /mapping/pci/gpu", ...made.slice(3)],
      ],
    ];
    for (const [what, spec, expected] of rows)
      it(what, () => {
        expect([...also(spec)].toSorted()).to.deep.equal([...expected].toSorted());
      });

    it("9.1: who may allocate on a storage sees its files too", () => {
      const spec = { disks: [disk], source: image };
      const sees = (name: string): boolean =>
        !of(spec, held({ "/storage/local": [name] })).includes("Datastore.Audit on /storage/local");
      expect([sees("Datastore.Audit"), sees("Datastore.AllocateSpace"), sees("SDN.Use")]).to.deep.equal([
        true,
        true,
        false,
      ]);
    });

    it("9.1: who may change the datacenter reaches the network without Sys.AccessNetwork; one of the two is not enough", () => {
      const spec = { disks: [disk], source: image };
      const asks = (...names: readonly string[]): boolean =>
        of(spec, held({ "/": names })).includes("Sys.AccessNetwork on /nodes/pve1");
      expect(asks("Sys.Audit", "Sys.Modify")).to.equal(false);
      expect(asks("Sys.AccessNetwork")).to.equal(false);
      expect(asks("Sys.Audit")).to.equal(true);
      expect(asks("Sys.Modify")).to.equal(true);
    });
  });

  it("9.1: a guest that a SnapshotPolicy names asks for VM.Snapshot, another one does not", () => {
    const lab = labOf({ layers: { base: {} }, guests: { db: { layer: "base" } }, hosts: [] });
    const needs = (snapshotted: readonly string[]): string[] =>
      missingPermissions({ ...lab, snapshotted: new Set(snapshotted) }, "pve", {
        permissions: new Map(),
        version: "9.1.6",
      }).map(needText);
    expect(needs(["Container/db"])).to.include("VM.Snapshot on /vms/101");
    expect(needs(["Container/other"])).not.to.include("VM.Snapshot on /vms/101");
  });

  it("O4: a guest that was seen and is not listed asks for sight, not for creation", () => {
    const gone = { power: "Absent" as const, spec: CREATED, status: { seenVmid: 101 } };
    expect(missing(gone)).to.deep.equal([
      "VM.Audit on /vms/101",
      "VM.PowerMgmt on /vms/101",
      "VM.Config.Options on /vms/101",
    ]);
  });

  for (const [proxmoxStartup, asks] of [
    ["Mirror", true],
    ["NoAutostart", false],
  ] as const)
    it(`9.2, L9: under ${proxmoxStartup} a VM ${asks ? "asks" : "does not ask"} for Sys.Modify on /, a container never`, () => {
      const lab = labOf({
        layers: { base: {} },
        guests: { db: { layer: "base" } },
        homelab: { spec: { proxmoxStartup } },
        hosts: [],
      });
      const one = lab.members.get("Container/db");
      if (one === undefined) throw new Error("no such member");
      const vm = { ...one, object: { ...one.object, kind: VirtualMachine.kind } as typeof one.object };
      const needs = (of: Member): string[] =>
        missingPermissions({ ...lab, members: new Map([[of.id, of]]) }, "pve", {
          permissions: new Map(),
          version: "9.1.6",
        }).map(needText);
      expect(needs(vm).includes("Sys.Modify on /")).to.equal(asks);
      expect(needs(one)).not.to.include("Sys.Modify on /");
    });

  it("9.1: a template may be read with either of two privileges", () => {
    const all = held({
      "/": [
        "VM.Audit",
        "VM.PowerMgmt",
        "VM.Allocate",
        "VM.Config.CPU",
        "VM.Config.Memory",
        "VM.Config.Disk",
        "VM.Config.Network",
        "VM.Config.Options",
        "Datastore.AllocateSpace",
      ],
    });
    expect(missing({ power: "Absent", spec: CREATED }, all)).to.deep.equal([]);
  });

  for (const [version, privilege] of [
    ["9.1.6", "VM.GuestAgent.Audit"],
    ["8.4.21", "VM.Monitor"],
  ] as const)
    it(`9.1: a VM's agent is asked with ${privilege} on ${version}`, () => {
      const lab = labOf({
        layers: { base: {} },
        guests: {
          db: {
            layer: "base",
            agent: true,
            spec: { management: "Power", probes: [{ name: "web", tcpSocket: { port: 80 } }] },
          },
        },
      });
      const one = member(lab, "db");
      const vm = { ...one, object: { ...one.object, kind: VirtualMachine.kind } as typeof one.object };
      const known = { permissions: held({ "/": ["VM.Audit", "VM.PowerMgmt"] }), version };
      expect(missingPermissions({ ...lab, members: new Map([[vm.id, vm]]) }, "pve", known).map(needText)).to.deep.equal(
        [`${privilege} on /vms/101`],
      );
    });

  it("6.1: a segment's bridge must be visible, and each node's tasks", () => {
    const segment = { spec: { proxmox: { bridge: "vmbr7" } } } as unknown as NetworkSegment;
    const lab = labOf({
      layers: { base: {} },
      segments: new Map([["lan", segment]]),
      clusters: new Map([["pve", { object: {} as never, reach: { is: "reachable" }, seen: true }]]),
      hosts: [{ cluster: "pve", name: "pve1", online: true, bootTime: 0, rebooted: false }],
    });
    const found = missingPermissions(lab, "pve", { permissions: new Map(), version: undefined }).map(needText);
    expect(found).to.deep.equal(["Sys.Audit on /nodes/pve1", "SDN.Audit on /sdn/zones/localnetwork/vmbr7"]);
    const known = { permissions: held({ "/": ["Sys.Audit", "SDN.Use"] }), version: undefined };
    expect(missingPermissions(lab, "pve", known)).to.deep.equal([]);
  });

  it("contract 9: what holds above a path is looked up step by step, the nearest first", () => {
    const path = "/sdn/zones/localnetwork/vmbr0";
    expect(allows(held({ "/sdn/zones/localnetwork": ["X"] }), path, "X"), "the parent").to.equal(true);
    expect(allows(held({ "/sdn/zones/localnetwork": ["Y"], "/": ["X"] }), path, "X")).to.equal(false);
    expect(allows(held({ "/sdn": ["X"] }), path, "X")).to.equal(true);
  });

  it("9.1: each cluster is asked for its own guests, nodes and segments", () => {
    const own = (clusterRef?: object, bridge = "vmbr7"): NetworkSegment =>
      ({
        spec: { proxmox: { bridge, ...(clusterRef === undefined ? {} : { clusterRef }) } },
      }) as unknown as NetworkSegment;
    const facts = { object: {} as never, reach: { is: "reachable" }, seen: true } as const;
    const host = { online: true, bootTime: 0, rebooted: false };
    const lab = labOf({
      layers: { base: {} },
      guests: { db: { layer: "base" }, web: { layer: "base", cluster: "two" } },
      segments: new Map([
        ["free", own(undefined, "vmbr0")],
        ["one", own({ name: "pve" }, "vmbr1")],
        ["two", own({ name: "two" }, "vmbr2")],
      ]),
      clusters: new Map([
        ["pve", facts],
        ["two", facts],
      ]),
      hosts: [
        { cluster: "pve", name: "pve1", ...host },
        { cluster: "two", name: "pve2", ...host },
      ],
    });
    const asked = (cluster: string): string[] =>
      missingPermissions(lab, cluster, { permissions: new Map(), version: undefined }).map(needText);
    expect(asked("pve")).to.deep.equal([
      "Sys.Audit on /nodes/pve1",
      "VM.Audit on /vms/101",
      "VM.PowerMgmt on /vms/101",
      "VM.Config.Options on /vms/101",
      "SDN.Audit on /sdn/zones/localnetwork/vmbr1",
    ]);
    expect(asked("two")).to.include("VM.Audit on /vms/102").and.include("SDN.Audit on /sdn/zones/localnetwork/vmbr2");
  });

  it("S1: at most 256 are told, or as many as asked for", () => {
    const guests = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`g${index}`, { layer: "base" }]));
    const lab = labOf({ layers: { base: {} }, guests });
    const known = { permissions: new Map(), version: undefined };
    expect(missingPermissions(lab, "pve", known)).to.have.length(256);
    expect(missingPermissions(lab, "pve", known, 3)).to.have.length(3);
  });

  it("9.1: an agent is asked only for a VM that has one and is probed", () => {
    const probes = [{ name: "web", tcpSocket: { port: 80 } }];
    const asked = (change: Partial<Member>, spec: object, version: string | undefined = "9.1.6"): string[] => {
      const lab = labOf({
        layers: { base: {} },
        guests: { db: { layer: "base", spec: { management: "Power", ...spec } } },
      });
      const one = { ...member(lab, "db"), ...change };
      const kind = change.object === undefined ? VirtualMachine.kind : "Container";
      const vm = { ...one, object: { ...member(lab, "db").object, kind } as typeof one.object };
      const known = { permissions: held({ "/": ["VM.Audit", "VM.PowerMgmt"] }), version };
      return missingPermissions({ ...lab, members: new Map([[vm.id, vm]]) }, "pve", known).map(needText);
    };
    const { object } = member(labOf({ layers: { base: {} }, guests: { db: { layer: "base" } } }), "db");
    expect(asked({ agent: true }, { probes })).to.deep.equal(["VM.GuestAgent.Audit on /vms/101"]);
    expect(asked({ agent: true }, { probes }, "8.4.1")).to.deep.equal(["VM.Monitor on /vms/101"]);
    expect(asked({ agent: true }, { probes }, "10.0")).to.deep.equal(["VM.GuestAgent.Audit on /vms/101"]);
    expect(asked({ agent: false }, { probes })).to.deep.equal([]);
    expect(asked({ agent: undefined }, { probes })).to.deep.equal([]);
    expect(asked({ agent: true }, {})).to.deep.equal([]);
    expect(asked({ agent: true, object }, { probes }), "a container").to.deep.equal([]);
  });

  it("9.1: an unknown version is asked as the older ones are", () => {
    const lab = labOf({
      layers: { base: {} },
      guests: { db: { layer: "base", agent: true, spec: { probes: [{ name: "web", tcpSocket: { port: 80 } }] } } },
    });
    const one = member(lab, "db");
    const vm = { ...one, object: { ...one.object, kind: VirtualMachine.kind } as typeof one.object };
    const known = { permissions: held({ "/": ["VM.Audit", "VM.PowerMgmt"] }), version: undefined };
    const found = missingPermissions({ ...lab, members: new Map([[vm.id, vm]]) }, "pve", known).map(needText);
    expect(found).to.deep.equal(["VM.Monitor on /vms/101", "VM.Config.Options on /vms/101"]);
  });

  it("I5: creation is asked for only where a guest will be created", () => {
    const asked = (change: Omit<GuestWish, "layer">): boolean =>
      missing({ power: "Absent", spec: CREATED, ...change }).includes("VM.Allocate on /vms/101");
    expect(asked({})).to.equal(true);
    expect(asked({ spec: { template: CREATED.template } }), "without rootfs").to.equal(false);
    expect(asked({ spec: { rootfs: CREATED.rootfs } }), "without a template").to.equal(false);
    expect(asked({ power: "Stopped" })).to.equal(false);
    expect(asked({ power: "Unknown" })).to.equal(false);
    expect(asked({ leaving: true })).to.equal(false);
    expect(asked({ suspended: true })).to.equal(false);
  });

  it("9.1: only what Proxmox allocates asks for its storage", () => {
    const storages = (spec: Readonly<Record<string, unknown>>): string[] => {
      const lab = labOf({ layers: { base: {} }, guests: { db: { layer: "base", spec } } });
      const needs = creationNeeds(member(lab, "db").object as Container, lab).map(needText);
      return needs.filter((need) => need.includes("/storage/"));
    };
    const bind = { name: "mp0", path: "/srv", hostPath: "/srv" };
    expect(storages({ ...CREATED, mounts: [bind] })).to.deep.equal([
      "Datastore.AllocateSpace on /storage/zfs",
      "Datastore.Audit on /storage/local",
    ]);
    expect(storages({})).to.deep.equal([]);
  });

  it("9.1: a network on a segment needs the segment's bridge and VLAN, not its own", () => {
    const segment = { spec: { vlan: 30, proxmox: { bridge: "vmbr3" } } } as unknown as NetworkSegment;
    const lab = labOf({
      layers: { base: {} },
      segments: new Map([["lan", segment]]),
      guests: {
        db: {
          layer: "base",
          power: "Absent",
          spec: {
            ...CREATED,
            networks: [
              { name: "eth0", segmentRef: { name: "lan" } },
              { name: "eth1", bridge: "vmbr1" },
            ],
          },
        },
      },
    });
    const known = { permissions: new Map(), version: undefined };
    const found = missingPermissions(lab, "pve", known).map(needText);
    expect(found.filter((need) => need.startsWith("SDN.Use"))).to.deep.equal([
      "SDN.Use on /sdn/zones/localnetwork/vmbr3/30",
      "SDN.Use on /sdn/zones/localnetwork/vmbr1",
    ]);
  });
});
