import { expect } from "chai";
import { NetworkSegment, parseSpec } from "../../../controller/api/index.ts";
import { API_VERSION } from "../../../controller/api/meta.ts";
import { overlaps, planSegment, type SegmentInput } from "../../../controller/plan/network/segment.ts";
import type { BridgeSeen } from "../../../controller/providers/port.ts";

function segment(spec: object, name = "lan"): NetworkSegment {
  const metadata = {
    name,
    namespace: "lab",
    uid: name,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  const object = {
    apiVersion: API_VERSION,
    kind: "NetworkSegment" as const,
    metadata,
    spec: { cidr: "10.0.0.0/24", proxmox: { bridge: "vmbr0" }, ...spec },
  };
  const parsed = parseSpec(NetworkSegment, object);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  return { ...object, spec: parsed.spec };
}

function bridges(...seen: readonly Partial<BridgeSeen>[]): SegmentInput["bridges"] {
  return new Map([["pve1", seen.map((one) => ({ name: "vmbr0", active: true, vlanAware: true, mtu: 1500, ...one }))]]);
}

function planned(spec: object, input: Partial<SegmentInput> = {}): string {
  const { outcome } = planSegment(segment(spec), { bridges: bridges({}), elders: [], members: 0, ...input });
  return `${outcome.reason}: ${outcome.message}`;
}

describe("a network segment", () => {
  const rows: readonly (readonly [string, object, Partial<SegmentInput>, string])[] = [
    ["is settled when every node has the bridge", { vlan: 20, mtu: 1500 }, {}, "Settled: every node has the bridge"],
    [
      "names the node without it",
      {},
      { bridges: bridges({ name: "vmbr1" }) },
      "BridgeMissing: node pve1 has no active bridge vmbr0",
    ],
    [
      "does not take a bridge that is not active",
      {},
      { bridges: bridges({ active: false }) },
      "BridgeMissing: node pve1 has no active bridge",
    ],
    [
      "needs VLAN awareness for a VLAN only",
      { vlan: 20 },
      { bridges: bridges({ vlanAware: false }) },
      "BridgeMissing: bridge vmbr0 of node pve1 is not VLAN-aware",
    ],
    ["untagged needs none", {}, { bridges: bridges({ vlanAware: false }) }, "Settled"],
    [
      "does not fit through a smaller MTU",
      { mtu: 9000 },
      { bridges: bridges({}) },
      "BridgeMissing: mtu of the segment is 9000, and bridge vmbr0 of node pve1 has MTU 1500 in Proxmox; raise it there",
    ],
    ["knows nothing while no node is online", {}, { bridges: new Map() }, "NodeOffline"],
    [
      "waits for who tells",
      {},
      { bridges: { unseen: { is: "waiting", reason: "Connecting", message: "m" } } },
      "Connecting: m",
    ],
    [
      "of a VLAN that another has, is told whose",
      { vlan: 20, cidr: "10.1.0.0/24" },
      { elders: [segment({ vlan: 20, proxmox: { bridge: "vmbr1" } }, "iot")] },
      "VlanTaken: VLAN 20 is that of NetworkSegment iot",
    ],
    [
      "untagged on another bridge is another network",
      { cidr: "10.1.0.0/24" },
      { elders: [segment({ proxmox: { bridge: "vmbr1" } }, "iot")] },
      "Settled",
    ],
    [
      "untagged on the same bridge is not",
      { cidr: "10.1.0.0/24" },
      { elders: [segment({}, "iot")] },
      "VlanTaken: the untagged network of vmbr0",
    ],
    [
      "that overlaps is told with what",
      { vlan: 20, cidr: "10.0.0.128/25" },
      { elders: [segment({}, "iot")] },
      "CidrOverlaps: 10.0.0.128/25 overlaps 10.0.0.0/24 of NetworkSegment iot",
    ],
    ["suspended says so", { suspend: true }, {}, "Suspended"],
  ];
  for (const [what, spec, input, expected] of rows)
    it(what, () => {
      expect(planned(spec, input)).to.include(expected);
    });

  it("L8, O4: what cannot be seen keeps what was known", () => {
    const known = { nodes: [{ name: "pve1", bridge: "vmbr0", vlanAware: true }] };
    const before = { ...segment({}), status: { observedGeneration: 1, proxmox: known } };
    const unseen = { is: "stalled", reason: "PermissionMissing", message: "m" } as const;
    const { report, conditions } = planSegment(before, { bridges: { unseen }, elders: [], members: 2 });
    expect(report).to.deep.equal({ proxmox: known, summary: { members: "2" } });
    expect(conditions[0]).to.include({ status: "Unknown", reason: "PermissionMissing" });
  });

  for (const [a, b, shared] of [
    ["10.0.0.0/24", "10.0.0.128/25", true],
    ["10.0.0.0/24", "10.0.1.0/24", false],
    ["0.0.0.0/0", "192.168.1.0/24", true],
    ["10.0.0.0/24", "fd00::/64", false],
    ["fd00::/48", "fd00:0:0:1::/64", true],
    ["10.0.0.0/24", "nonsense", false],
  ] as const)
    it(`${a} and ${b} ${shared ? "share addresses" : "do not"}, whichever comes first`, () => {
      expect([overlaps(a, b), overlaps(b, a)]).to.deep.equal([shared, shared]);
    });
});
