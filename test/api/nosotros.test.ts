import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HomelabLayer, parseSpec } from "../../controller/api/index.ts";
import { manifestsIn, projectRoot } from "./manifests.ts";

/** The lab nosotros: number, name and layer of each container, as its description has them. */
const lab = [
  [101, "Omada21", "infra-base"],
  [102, "twingate-connector", "infra-base"],
  [120, "Monitoring30", "infra-base"],
  [159, "dbEmpleosdelatlantico", "core"],
  [155, "nodebb", "core"],
  [124, "devops-lab", "core"],
  [122, "web-lab22", "apps"],
  [243, "ollamaServer", "apps"],
  [289, "ridemotohub", "apps"],
  [100, "CasaOSMedia105", "user-media"],
  [200, "homeassistant119", "user-media"],
  [104, "NVR69", "user-media"],
] as const;

interface Named {
  readonly name: string;
}

describe("manifests/nosotros", () => {
  it("declares the twelve containers with their numbers, names and layers", async () => {
    const containers = (await manifestsIn("nosotros")).filter((object) => object.kind === "Container");
    const found = containers.map(({ spec }) => [spec["vmid"], spec["hostname"], (spec["layerRef"] as Named).name]);
    expect(found).to.have.deep.members(lab.map((row) => [...row]));
  });

  it("adopts each, carries what creating it on an empty host needs, and names it after its host name", async () => {
    const containers = (await manifestsIn("nosotros")).filter((object) => object.kind === "Container");
    for (const { metadata, spec } of containers) {
      expect(spec, metadata.name).to.include({ adoption: "Adopt" });
      expect(spec, metadata.name).to.include.all.keys("template", "rootfs", "resources", "networks");
      expect(metadata.name).to.equal(String(spec["hostname"]).toLowerCase());
    }
  });

  it("chains the four layers as their names say", async () => {
    const layers = (await manifestsIn("nosotros")).filter((object) => object.kind === "HomelabLayer");
    const chain = layers.map((layer) => {
      const parsed = parseSpec(HomelabLayer, layer);
      return [layer.metadata.name, ...(parsed.ok ? (parsed.spec.dependsOn ?? []).map((below) => below.name) : [])];
    });
    expect(chain).to.deep.equal([["infra-base"], ["core", "infra-base"], ["apps", "core"], ["user-media", "apps"]]);
  });

  it("declares router, switch and access point with models and cables as the lab has them", async () => {
    const devices = (await manifestsIn("nosotros")).filter((object) => object.kind === "NetworkDevice");
    expect(devices.map(({ metadata, spec }) => [metadata.name, spec["role"], spec["model"], spec["uplink"]])).to.eql([
      ["er605", "Gateway", "ER605", undefined],
      ["cerebro", "Switch", "SG3428", { deviceRef: { name: "er605" }, port: 5, localPort: 1, speedMbps: 1000 }],
      ["antenitas", "AccessPoint", "EAP225-Outdoor", { deviceRef: { name: "cerebro" }, port: 24 }],
    ]);
    expect(devices[0]?.spec).to.deep.include({ mac: "1C-61-B4-2C-1B-E3", wan: [{ name: "WAN1", speedMbps: 1000 }] });
    expect(devices[2]?.spec["radios"]).to.deep.equal([
      { band: "2.4GHz", channel: 6 },
      { band: "5GHz", channel: 36 },
    ]);
  });

  it("expects the lab's client groups, and can write nothing for them", async () => {
    const groups = (await manifestsIn("nosotros")).filter((object) => object.kind === "ClientGroup");
    expect(groups.map(({ metadata, spec }) => [metadata.name, spec["connection"], spec["expected"]])).to.deep.equal([
      ["client-group-7", "Wired", 7],
      ["client-group-6", "WiFi", 6],
      ["camera-group-4", "WiFi", 4],
    ]);
    for (const { spec } of groups) expect(spec).to.not.have.any.keys("members", "driftPolicy");
  });

  it("makes nothing in Omada that the lab's description does not name: that is suspended, or only compared", async () => {
    for (const { kind, metadata, spec } of await manifestsIn("nosotros")) {
      if (kind === "WirelessNetwork" || kind === "AccessRule" || (kind === "NetworkSegment" && "vlan" in spec))
        expect(spec, `${kind} ${metadata.name}`).to.include({ suspend: true });
      if (kind === "NetworkDevice") expect(spec, metadata.name).to.not.have.property("driftPolicy");
    }
  });

  it("leaves Proxmox's own start off and says that no guest is protected", async () => {
    const objects = await manifestsIn("nosotros");
    const find = (kind: string) => objects.find((object) => object.kind === kind)?.spec;
    expect(find("Homelab")).to.include({ proxmoxStartup: "NoAutostart" });
    expect(find("ProxmoxCluster")?.["protectedVmids"]).to.deep.equal([]);
  });

  it("keeps the Secret out of the kustomization", async () => {
    for (const folder of ["nosotros", "samples"]) {
      const text = await readFile(join(projectRoot, "manifests", folder, "kustomization.yaml"), "utf8");
      expect(text).to.not.match(/^- .*secret/m);
    }
  });
});
