import { expect } from "chai";
import { VirtualMachine, type NetworkSegment } from "../../controller/api/index.ts";
import { allows, missingPermissions, needText } from "../../controller/plan/permissions.ts";
import type { Permissions } from "../../controller/providers/port.ts";
import { labOf, member, type GuestWish } from "./labs.ts";

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

  it("O4: a guest that was seen and is not listed asks for sight, not for creation", () => {
    const gone = { power: "Absent" as const, spec: CREATED, status: { seenVmid: 101 } };
    expect(missing(gone)).to.deep.equal([
      "VM.Audit on /vms/101",
      "VM.PowerMgmt on /vms/101",
      "VM.Config.Options on /vms/101",
    ]);
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
});
