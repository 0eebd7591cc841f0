import { expect } from "chai";
import type { Container } from "../../../controller/api/index.ts";
import { differencesOf } from "../../../controller/plan/guests/configuration/differences.ts";
import { driftOf, unmanagedOf } from "../../../controller/plan/guests/drift.ts";
import type { GuestConfig, GuestSeen } from "../../../controller/providers/port.ts";
import { config, seen } from "../inputs.ts";
import { labOf, member } from "../labs.ts";

function container(spec: object): Container {
  const lab = labOf({ layers: { base: {} }, guests: { db: { layer: "base", spec: { ...spec } } } });
  return member(lab, "db").object as Container;
}

function drift(spec: object, stored: Partial<GuestConfig> = {}, guest: Partial<GuestSeen> = {}): string[] {
  const found = driftOf(differencesOf(container(spec), config(stored), seen(guest), { segments: new Map() }));
  return found.map(({ field, desired, actual }) => `${field}: ${desired} / ${actual}`);
}

describe("drift", () => {
  it("A11: what is not declared is not compared", () => {
    expect(
      drift({}, { cores: 8, memoryMiB: 9999, description: "x", nameservers: ["1.1.1.1"], otherKeys: ["dev0"] }),
    ).to.deep.equal([]);
  });

  const eth0 = { key: "net0", name: "eth0", bridge: "vmbr0", mac: "BC:24:11:00:00:01" };
  const same: readonly (readonly [string, object, Partial<GuestConfig>])[] = [
    ["units", { resources: { memory: "2Gi", swap: "0Mi" } }, { memoryMiB: 2048, swapMiB: 0 }],
    ["decimals", { resources: { cpuLimit: "1.50" } }, { cpuLimit: "1.5" }],
    ["Proxmox's defaults", { resources: { memory: "512Mi", swap: "512Mi", cpuWeight: 100 }, unprivileged: false }, {}],
    [
      "case of names and addresses",
      { hostname: "DB", networks: [{ name: "eth0", mac: "bc:24:11:00:00:01" }] },
      { networks: [eth0] },
    ],
    ["the line end of a description", { description: "mine" }, { description: "mine\n" }],
    ["order of file systems", { features: { mount: ["nfs", "cifs"] } }, { features: { mount: "cifs;nfs" } }],
    ["a feature that is off", { features: { nesting: false } }, { features: {} }],
  ];
  for (const [what, spec, stored] of same)
    it(`O5: values are compared, not their spelling: ${what}`, () => {
      expect(drift(spec, stored)).to.deep.equal([]);
    });

  const differs: readonly (readonly [string, object, Partial<GuestConfig>, readonly string[]])[] = [
    ["memory", { resources: { memory: "1Gi" } }, { memoryMiB: 2048 }, ["resources.memory: 1Gi / 2Gi"]],
    [
      "a volume elsewhere",
      { rootfs: { storage: "a", size: "8Gi" } },
      { rootfs: { key: "rootfs", volume: "b:x", sizeMiB: 4096 } },
      ["rootfs.storage: a / b", "rootfs.size: 8Gi / 4Gi"],
    ],
    [
      "a mount that is missing",
      { mounts: [{ name: "mp1", path: "/m", hostPath: "/tank/m" }] },
      {},
      ["mounts[mp1]: /tank/m / (not set)"],
    ],
    [
      "an interface that is missing",
      { networks: [{ name: "eth1", bridge: "vmbr0" }] },
      { networks: [eth0] },
      ["networks[eth1]: eth1 / (not set)"],
    ],
    [
      "address and bridge",
      { networks: [{ name: "eth0", bridge: "vmbr1", ipv4: { method: "DHCP" } }] },
      { networks: [eth0] },
      ["networks[eth0].bridge: vmbr1 / vmbr0", "networks[eth0].ipv4: dhcp / none"],
    ],
    [
      "the order of name servers",
      { dns: { nameservers: ["1.1.1.1", "9.9.9.9"] } },
      { nameservers: ["9.9.9.9", "1.1.1.1"] },
      ["dns.nameservers: 1.1.1.1 9.9.9.9 / 9.9.9.9 1.1.1.1"],
    ],
  ];
  for (const [what, spec, stored, expected] of differs)
    it(`shows ${what}`, () => {
      expect(drift(spec, stored)).to.deep.equal(expected);
    });

  it("A10: a guest found on another node is drift", () => {
    expect(drift({ node: "pve1" }, {}, { node: "pve2" })).to.deep.equal(["node: pve1 / pve2"]);
  });

  it("S1: never more nor longer than the status holds", () => {
    const networks = Array.from({ length: 16 }, (_, n) => ({
      name: `eth${String(n)}`,
      bridge: "vmbr9",
      vlan: 9,
      mtu: 9000,
      firewall: true,
      mac: "BC:24:11:00:00:09",
    }));
    const stored = networks.map(({ name }, n) => ({ ...eth0, key: `net${String(n)}`, name }));
    const declared = container({ description: "x".repeat(8000), networks });
    const found = driftOf(differencesOf(declared, config({ networks: stored }), seen(), { segments: new Map() }));
    expect(found.length).to.be.at.most(64);
    expect(found.find(({ field }) => field === "description")?.desired.length).to.equal(1024);
  });

  it("A11: of lists that are declared the rest is unmanaged, of others nothing is listed", () => {
    const stored = config({
      networks: [eth0, { ...eth0, key: "net1", name: "eth1" }],
      mounts: [{ key: "mp7", volume: "a:b" }],
      otherKeys: ["dev0"],
    });
    expect(unmanagedOf(container({ networks: [{ name: "eth0" }] }), stored)).to.deep.equal(["dev0", "net1"]);
    expect(unmanagedOf(container({}), stored)).to.deep.equal(["dev0"]);
  });
});
