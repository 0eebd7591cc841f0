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
