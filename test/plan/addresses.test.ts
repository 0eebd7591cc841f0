import { expect } from "chai";
import { Container, NetworkSegment, parseSpec } from "../../controller/api/index.ts";
import { API_VERSION } from "../../controller/api/meta.ts";
import { addressFaults } from "../../controller/plan/addresses.ts";

const metadata = (name: string): Container["metadata"] => ({
  name,
  namespace: "lab",
  uid: name,
  resourceVersion: "1",
  generation: 1,
  creationTimestamp: "2026-01-01T00:00:00Z",
});

function container(name: string, ipv4: object, more: object = {}): Container {
  const networks = [{ name: "eth0", segmentRef: { name: "servers" }, ipv4: { method: "Static", ...ipv4 }, ...more }];
  const object = { apiVersion: API_VERSION, kind: "Container" as const, metadata: metadata(name) };
  const parsed = parseSpec(Container, { spec: { vmid: 101, layerRef: { name: "base" }, networks } });
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  return { ...object, spec: parsed.spec };
}

function servers(): NetworkSegment {
  const dhcp = { enabled: true, start: "192.168.20.100", end: "192.168.20.200" };
  const spec = { cidr: "192.168.20.0/24", gateway: "192.168.20.1", dhcp, omada: {}, proxmox: { bridge: "vmbr0" } };
  const parsed = parseSpec(NetworkSegment, { spec });
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  return { apiVersion: API_VERSION, kind: "NetworkSegment", metadata: metadata("servers"), spec: parsed.spec };
}

describe("a Static address", () => {
  const mac = "BC:24:11:00:01:01";
  const rows: readonly (readonly [string, object, object, string])[] = [
    ["inside, outside the range, is right", { address: "192.168.20.53/24" }, {}, ""],
    ["outside the segment", { address: "192.168.30.53/24" }, {}, "192.168.30.53 lies outside 192.168.20.0/24"],
    ["that is the gateway's", { address: "192.168.20.1/24" }, {}, "is the gateway of its segment"],
    ["in what DHCP gives away", { address: "192.168.20.150/24" }, {}, "that DHCP gives away"],
    ["at either end of the range", { address: "192.168.20.200/24" }, {}, "that DHCP gives away"],
    ["just behind the range is right", { address: "192.168.20.201/24" }, {}, ""],
    ["reserved for it is right", { address: "192.168.20.160/24" }, { mac }, ""],
    ["reserved for another", { address: "192.168.20.161/24" }, { mac }, "is kept by DHCP for AA:00:00:00:00:09"],
    ["with another prefix length", { address: "192.168.20.53/16" }, {}, "has prefix length 16, its segment 24"],
    [
      "with another gateway than the segment's",
      { address: "192.168.20.53/24", gateway: "192.168.20.254" },
      {},
      "its gateway is 192.168.20.254, that of its segment 192.168.20.1",
    ],
    ["that another has", { address: "192.168.20.99/24" }, {}, "192.168.20.99 is that of Container other too"],
  ];
  for (const [what, ipv4, more, says] of rows)
    it(`${what}${says === "" ? "" : ` is named: ${says}`}`, () => {
      const db = container("db", ipv4, more);
      const found = addressFaults(db, {
        segments: new Map([["servers", servers()]]),
        guests: [db, container("other", { address: "192.168.20.99/24" })],
        reserved: new Map([
          ["192.168.20.160", mac],
          ["192.168.20.161", "AA:00:00:00:00:09"],
        ]),
      });
      if (says === "") expect(found).to.deep.equal([]);
      else expect(found.join("; ")).to.include(`eth0: `).and.include(says);
    });
});
