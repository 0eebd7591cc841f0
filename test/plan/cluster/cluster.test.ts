import { expect } from "chai";
import { parseSpec, ProxmoxCluster } from "../../../controller/api/index.ts";
import { API_VERSION } from "../../../controller/api/meta.ts";
import { planCluster, type ClusterInput } from "../../../controller/plan/cluster/cluster.ts";
import type { ClusterSeen, NodeSeen } from "../../../controller/providers/port.ts";
import { labOf } from "../labs.ts";

const BOOTED = Date.UTC(2026, 0, 1);

function cluster(spec: object = {}, status?: object): ProxmoxCluster {
  const metadata = {
    name: "pve",
    namespace: "lab",
    uid: "u",
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  const object = {
    apiVersion: API_VERSION,
    kind: "ProxmoxCluster",
    metadata,
    spec: { endpoints: ["https://10.0.0.1:8006"], credentialsRef: { name: "token" }, ...spec },
  };
  const parsed = parseSpec(ProxmoxCluster, object);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  return {
    ...object,
    spec: parsed.spec,
    ...(status === undefined ? {} : { status: { observedGeneration: 1, ...status } }),
  } as ProxmoxCluster;
}

function seen(node: Partial<NodeSeen> = {}): ClusterSeen {
  const one = { name: "pve1", online: true, version: "9.1.6", bootTime: BOOTED, rebooted: false, ...node };
  return { sequence: 1, version: "9.1.6", nodes: new Map([["pve1", one]]), guests: new Map(), nodeTasks: new Map() };
}

function input(change: Partial<ClusterInput> = {}): ClusterInput {
  const lab = labOf({ layers: { base: {} } });
  return { reach: { is: "reachable" }, seen: seen(), tlsVerified: true, missing: [], lab, ...change };
}

/** "Ready's reason; Reachable, Authorized, TLSVerified". */
function told(change: Partial<ClusterInput>, spec: object = {}): string {
  const { outcome, conditions } = planCluster(cluster(spec), input(change));
  return [outcome.reason, ...conditions.map((one) => `${one.status}/${one.reason}`)].join(" ");
}

describe("how a connection is told", () => {
  const need = { privilege: "VM.PowerMgmt", path: "/vms/101" };
  const rows: readonly (readonly [string, Partial<ClusterInput>, object, string])[] = [
    ["reachable and authorized", {}, {}, "Settled True/Reachable True/Authorized True/Verified"],
    [
      "a privilege is missing",
      { missing: [need] },
      {},
      "PermissionMissing True/Reachable False/PermissionMissing True/Verified",
    ],
    [
      "O3: unreachable",
      { reach: { is: "unreachable", since: 0, message: "m" } },
      {},
      "HostUnreachable False/HostUnreachable True/Authorized Unknown/Unknown",
    ],
    [
      "A7: a refused token",
      { reach: { is: "unauthorized", message: "m", nextTryTime: 0 } },
      {},
      "Unauthorized True/Reachable False/Unauthorized True/Verified",
    ],
    [
      "another certificate",
      { reach: { is: "untrusted", message: "m" }, missing: undefined },
      {},
      "CertificateMismatch False/CertificateMismatch Unknown/Unknown False/CertificateMismatch",
    ],
    [
      "P3: no Secret",
      { reach: { is: "secretMissing", message: "m" }, seen: undefined, missing: undefined },
      {},
      "SecretMissing Unknown/SecretMissing Unknown/Unknown Unknown/Unknown",
    ],
    [
      "before the first answer",
      { reach: { is: "connecting" }, seen: undefined, missing: undefined },
      {},
      "Connecting Unknown/Connecting Unknown/Unknown Unknown/Unknown",
    ],
    [
      "api: verification switched off",
      { tlsVerified: false },
      {},
      "Settled True/Reachable True/Authorized False/VerificationOff",
    ],
    ["suspended", {}, { suspend: true }, "Suspended True/Reachable True/Authorized True/Verified"],
  ];
  for (const [what, change, spec, expected] of rows)
    it(what, () => {
      expect(told(change, spec)).to.equal(expected);
    });

  it("api: the first privileges are in the message, all of them in status", () => {
    const missing = Array.from({ length: 9 }, (_, n) => ({
      privilege: "VM.Audit",
      path: `/vms/${String(100 + n)}`,
      or: ["X"],
    }));
    const { outcome, report } = planCluster(cluster(), input({ missing }));
    expect(outcome.message).to.include("VM.Audit on /vms/105 and 3 more (status.missingPermissions)");
    expect(report.missingPermissions).to.have.length(9);
    expect(report.missingPermissions?.[0]).to.deep.equal({ privilege: "VM.Audit", path: "/vms/100" });
  });

  it("L10: a boot time measured a little otherwise is the same boot; another is told", () => {
    const before = cluster({}, { nodes: [{ name: "pve1", online: true, bootTime: "2026-01-01T00:00:04Z" }] });
    const same = planCluster(before, input());
    expect(same.report.nodes?.[0]?.bootTime).to.equal("2026-01-01T00:00:04Z");
    expect(same.events).to.deep.equal([]);
    const other = planCluster(before, input({ seen: seen({ bootTime: BOOTED + 60_000 }) }));
    expect(other.events?.map((event) => event.reason)).to.deep.equal(["HostReboot"]);
  });

  it("a node that goes offline and comes back is told once each", () => {
    const was = (online: boolean): ProxmoxCluster =>
      cluster({}, { nodes: [{ name: "pve1", online, bootTime: "2026-01-01T00:00:00Z" }] });
    const events = (before: boolean, now: boolean): string[] =>
      (planCluster(was(before), input({ seen: seen({ online: now }) })).events ?? []).map((event) => event.reason);
    expect([events(true, false), events(false, true), events(true, true)]).to.deep.equal([
      ["NodeOffline"],
      ["NodeOnline"],
      [],
    ]);
  });
});
