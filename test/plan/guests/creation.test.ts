import { expect } from "chai";
import type { Container } from "../../../controller/api/index.ts";
import { creationOf } from "../../../controller/plan/guests/creation.ts";
import { labOf, member } from "../labs.ts";

const SITE = { node: "pve1", nodes: ["pve1"], segments: new Map() };
const LEAST = { template: "local:vztmpl/a.tar.zst", rootfs: { storage: "local-zfs", size: "8Gi" } };

function created(spec: object, site: object = {}): ReturnType<typeof creationOf> {
  const lab = labOf({ layers: { base: {} }, guests: { db: { layer: "base", spec: { ...LEAST, ...spec } } } });
  return creationOf(member(lab, "db").object as Container, { ...SITE, ...site });
}

describe("the create call", () => {
  it("fills in what creation alone needs, and asks for nothing else", () => {
    expect(created({})).to.deep.equal({
      vmid: 101,
      node: "pve1",
      template: LEAST.template,
      hostname: "db",
      unprivileged: true,
      memoryMiB: 512,
      swapMiB: 512,
      rootfs: { storage: "local-zfs", sizeMiB: 8192 },
      mounts: [],
      networks: [],
      nameservers: [],
      features: {},
      tags: ["hl.lab.db"],
    });
  });

  it("is not asked for without template and rootfs", () => {
    const lab = labOf({ layers: { base: {} }, guests: { db: { layer: "base" } } });
    expect(creationOf(member(lab, "db").object as Container, SITE)).to.equal(undefined);
  });

  it("api: an interface without ipv4 comes up by DHCP", () => {
    const networks = [{ name: "eth0", bridge: "vmbr0" }];
    expect(created({ networks })).to.deep.include({ networks: [{ name: "eth0", bridge: "vmbr0", ipv4: "dhcp" }] });
  });

  const refusals: readonly (readonly [string, object, object, string, "SpecInvalid" | "RootOnly"])[] = [
    [
      "several nodes and none named",
      {},
      { node: undefined, nodes: ["a", "b"] },
      "spec.node is needed: the cluster has nodes a, b",
      "SpecInvalid",
    ],
    [
      "a node that is not there",
      { node: "c" },
      { nodes: ["a", "b"] },
      "the cluster has no node c, only a, b",
      "SpecInvalid",
    ],
    [
      "a bind mount",
      { mounts: [{ name: "mp0", path: "/m", hostPath: "/tank/m" }] },
      {},
      "pct set 101 -mp0 /tank/m,mp=/m",
      "RootOnly",
    ],
    [
      "a feature beside nesting",
      { features: { fuse: true } },
      {},
      "features fuse may be set by root@pam only",
      "RootOnly",
    ],
    [
      "any feature of a privileged one",
      { unprivileged: false, features: { nesting: true } },
      {},
      "features nesting may be set by root@pam only",
      "RootOnly",
    ],
  ];
  for (const [what, spec, site, text, reason] of refusals)
    it(`9.2, A10: ${what} is refused before anything is sent`, () => {
      const creation = created(spec, site);
      expect(creation).to.include({ reason });
      expect(creation !== undefined && "refused" in creation ? creation.refused : "").to.include(text);
    });

  it("features that are written false are not sent", () => {
    expect(created({ features: { nesting: false, keyctl: false } })).to.deep.include({ features: {} });
  });
});
