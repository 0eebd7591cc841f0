import { expect } from "chai";
import { join } from "node:path";
import { kinds } from "../../controller/api/index.ts";
import type { Kind } from "../../controller/api/kind.ts";
import { GROUP, VERSION } from "../../controller/api/meta.ts";
import { kubectlOrThrow } from "../../hack/kubectl.ts";
import { useCluster } from "./harness.ts";

const each: readonly Kind[] = kinds;
const manifests = join(import.meta.dirname, "../../manifests");

/** The part of an OpenAPI schema that kubectl explain prints. */
interface Explained {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Explained>>;
  readonly items?: Explained;
}

/** Paths of the fields without a text. */
function silent(schema: Explained, at: string): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...((field.description ?? "") === "" ? [`${at}.${name}`] : []),
    ...silent(field.items ?? field, `${at}.${name}`),
  ]);
}

describe("CRDs at a real API server", () => {
  const cluster = useCluster();

  for (const kind of each) {
    const name = `${kind.plural}.${GROUP}`;
    it(`${kind.kind} is accepted as a structural schema, its names are free, and its selectable fields work`, async () => {
      const crd = JSON.parse(await kubectlOrThrow(cluster.controlPlane, ["get", "crd", name, "-o", "json"])) as {
        readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
      };
      const states = Object.fromEntries(crd.status.conditions.map(({ type, status }) => [type, status]));
      expect(states).to.include({ Established: "True", NamesAccepted: "True" });
      expect(states["NonStructuralSchema"] ?? "False").to.equal("False");
      for (const field of kind.selectableFields) {
        const selected = await cluster.kubectl(["get", name, `--field-selector=${field.slice(1)}=none`]);
        expect([selected.code, selected.stdout], field).to.deep.equal([0, ""]);
      }
    });
  }

  for (const folder of ["samples", "nosotros", "demo"]) {
    it(`manifests/${folder} passes strict validation; a second apply says unchanged and the diff is empty`, async () => {
      const from = ["-k", join(manifests, folder)];
      const apply = async (): Promise<readonly string[]> => {
        const reply = await cluster.kubectl(["apply", "--validate=strict", ...from]);
        expect(reply.code, reply.stderr).to.equal(0);
        return reply.stdout.trim().split("\n");
      };
      const first = await apply();
      expect(first.filter((line) => !line.endsWith(" created"))).to.deep.equal([]);
      expect(first.at(-1)).to.match(/^homelab\./);
      expect((await apply()).filter((line) => !line.endsWith(" unchanged"))).to.deep.equal([]);
      const diff = await cluster.kubectl(["diff", ...from]);
      expect([diff.code, diff.stdout]).to.deep.equal([0, ""]);
    });
  }

  it("kubectl get lab lists every kind, and a new object reads as not yet observed", async () => {
    await cluster.kubectl(["apply", "-k", join(manifests, "samples")]);
    const names = (await cluster.kubectl(["get", "lab", "-o", "name"])).stdout.split("\n");
    for (const kind of each) expect(names.join(" "), kind.kind).to.include(`${kind.singular}.${GROUP}/`);
    const seen = await cluster.get("hct", "dns");
    expect(seen?.status).to.deep.equal({ observedGeneration: -1 });
  });

  it("the columns of containers are those of the manual", async () => {
    await cluster.kubectl(["apply", "-k", join(manifests, "samples")]);
    const [head = ""] = (await cluster.kubectl(["get", "hct"])).stdout.split("\n");
    expect(head.trim().split(/\s+/)).to.deep.equal(
      "NAME VMID LAYER NODE POWER HEALTH ADDRESS READY STATUS AGE".split(" "),
    );
  });

  it("kubectl explain has a text for every field of every kind", async () => {
    const path = `/openapi/v3/apis/${GROUP}/${VERSION}`;
    const document = await kubectlOrThrow(cluster.controlPlane, ["get", "--raw", path]);
    const { components } = JSON.parse(document) as {
      readonly components: { readonly schemas: Readonly<Record<string, Explained>> };
    };
    for (const kind of each) {
      const schemas = Object.entries(components.schemas);
      const schema = schemas.find(([name]) => name.endsWith(`.${VERSION}.${kind.kind}`))?.[1];
      const { spec, status } = schema?.properties ?? {};
      if (spec === undefined || status === undefined) throw new Error(`${kind.kind} has no schema`);
      expect([...silent(spec, "spec"), ...silent(status, "status")], kind.kind).to.deep.equal([]);
      const all = await cluster.kubectl(["explain", kind.plural, "--recursive"]);
      expect([all.code, all.stdout.includes("suspend\t<boolean>")]).to.deep.equal([0, true]);
    }
    const told = await cluster.kubectl(["explain", "containers.spec.shutdown.force"]);
    expect(told.stdout.replaceAll(/\s+/g, " ")).to.include("loses data; leave it off for databases. Default: false.");
  });
});
