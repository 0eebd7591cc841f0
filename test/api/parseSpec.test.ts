import { expect } from "chai";
import { Container, Homelab, HomelabLayer, ProxmoxCluster, kinds, parseSpec } from "../../controller/api/index.ts";
import type { Kind } from "../../controller/api/kind.ts";
import type { Probe } from "../../controller/health/port.ts";
import { manifestsIn } from "./manifests.ts";

/** The keys that are written and not declared, as paths. */
function undeclared(written: unknown, parsed: unknown, path: string): readonly string[] {
  if (Array.isArray(written)) {
    return written.flatMap((item, index) =>
      undeclared(item, (parsed as unknown[])[index], `${path}[${String(index)}]`),
    );
  }
  if (typeof written !== "object" || written === null) return [];
  return Object.entries(written).flatMap(([key, value]) => {
    if (typeof parsed !== "object" || parsed === null || !(key in parsed)) return [`${path}.${key}`];
    return undeclared(value, (parsed as Readonly<Record<string, unknown>>)[key], `${path}.${key}`);
  });
}

describe("parseSpec", () => {
  for (const folder of ["samples", "nosotros"]) {
    it(`reads every object of manifests/${folder} and knows each of its fields`, async () => {
      const objects = await manifestsIn(folder);
      expect(objects.length).to.be.greaterThan(5);
      for (const object of objects) {
        const kind: Kind | undefined = kinds.find((one) => one.kind === object.kind);
        expect(kind, object.kind).to.not.equal(undefined);
        if (kind === undefined) continue;
        const parsed = parseSpec(kind, object);
        expect(parsed.ok ? [] : parsed.problems, object.metadata.name).to.deep.equal([]);
        if (parsed.ok) expect(undeclared(object.spec, parsed.spec, "spec")).to.deep.equal([]);
      }
    });
  }

  it("fills in the documented defaults, those of numbers and list items too", () => {
    const parsed = parseSpec(Container, {
      spec: { layerRef: { name: "core" }, vmid: 155, probes: [{ name: "web", httpGet: { port: 4567 } }] },
    });
    if (!parsed.ok) throw new Error(parsed.problems.join());
    expect(parsed.spec).to.deep.include({
      management: "Full",
      adoption: "Refuse",
      deletionPolicy: "Retain",
      powerState: "Running",
      startupTimeoutSeconds: 300,
      recovery: {
        onStopped: "Restart",
        onUnhealthy: "None",
        maxRestarts: 3,
        windowSeconds: 900,
        respectManualStop: true,
      },
      shutdown: { timeoutSeconds: 60, force: false },
      suspend: false,
    });
    const probes: readonly Probe[] | undefined = parsed.spec.probes;
    expect(probes).to.deep.equal([
      {
        name: "web",
        httpGet: { port: 4567, path: "/", scheme: "HTTP" },
        initialDelaySeconds: 0,
        periodSeconds: 5,
        timeoutSeconds: 2,
        successThreshold: 1,
        failureThreshold: 3,
      },
    ]);
  });

  it("has the same defaults for probes as the prober itself", () => {
    const probes = [
      { name: "dns", dns: { name: "home.arpa" } },
      { name: "time", ntp: {} },
      { name: "db", postgres: {} },
    ];
    const parsed = parseSpec(Container, { spec: { layerRef: { name: "core" }, vmid: 155, probes } });
    const read = parsed.ok ? parsed.spec.probes : undefined;
    expect(read?.[0]?.dns).to.deep.equal({ port: 53, name: "home.arpa", type: "SOA" });
    expect(read?.[1]?.ntp).to.deep.equal({ port: 123, maxOffsetMilliseconds: 1000 });
    expect(read?.[2]?.postgres).to.deep.equal({ port: 5432 });
  });

  it("leaves what is absent about the guest absent: it is not managed", () => {
    const parsed = parseSpec(Container, { spec: { layerRef: { name: "core" }, vmid: 155 } });
    const keys = parsed.ok ? Object.keys(parsed.spec) : [];
    expect(keys).to.not.include.members(["hostname", "unprivileged", "resources", "rootfs", "networks", "node"]);
  });

  it("tells an empty list of protected guests from an absent one", () => {
    const base = { endpoints: ["https://192.168.0.10:8006"], credentialsRef: { name: "token" } };
    const absent = parseSpec(ProxmoxCluster, { spec: base });
    const empty = parseSpec(ProxmoxCluster, { spec: { ...base, protectedVmids: [] } });
    expect(absent.ok && "protectedVmids" in absent.spec).to.equal(false);
    expect(empty.ok && empty.spec.protectedVmids).to.deep.equal([]);
  });

  it("P5: tells what is wrong in sentences with the field's path, and never throws", () => {
    const wrong = { vmid: 99, probes: [{ name: "web", tcpSocket: { port: "http" } }], powerState: "running" };
    const parsed = parseSpec(Container, { spec: wrong });
    expect(parsed.ok ? [] : parsed.problems).to.deep.equal([
      "spec.layerRef is required",
      "spec.vmid: Too small: expected number to be >=100",
      'spec.powerState: Invalid option: expected one of "Running"|"Stopped"',
      "spec.probes[0].tcpSocket.port: Invalid input: expected number, received string",
    ]);
    for (const spec of [undefined, null, "text", 7, []]) expect(() => parseSpec(Homelab, { spec })).to.not.throw();
    expect(parseSpec(HomelabLayer, { spec: { healthGate: { quorum: true } } })).to.deep.equal({
      ok: false,
      problems: ["spec.healthGate.quorum: has the wrong type"],
    });
  });
});
