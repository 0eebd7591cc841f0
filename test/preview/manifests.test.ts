import { expect } from "chai";
import { manifestsOf } from "../../controller/preview/manifests.ts";
import { manifestTexts, type Files } from "../../controller/preview/manifestTexts.ts";
import { parsePlan } from "../../controller/preview/planCommand.ts";

const API = "apiVersion: homelab.neuralcodelab.com/v1alpha1";
const layer = (name: string): string => `${API}\nkind: HomelabLayer\nmetadata: { name: ${name} }\n`;

function filesOf(tree: Readonly<Record<string, string>>): Files {
  const paths = Object.keys(tree);
  const isFolder = (path: string): boolean => paths.some((one) => one.startsWith(`${path}/`));
  return {
    read: (path) => tree[path] ?? expect.fail(`no file ${path}`),
    isFolder,
    list: (path) => [
      ...new Set(
        paths.filter((one) => one.startsWith(`${path}/`)).map((one) => one.slice(path.length + 1).split("/")[0] ?? ""),
      ),
    ],
    standardInput: () => Promise.resolve(tree["-"] ?? ""),
  };
}

async function namesIn(
  tree: Readonly<Record<string, string>>,
  ...paths: readonly string[]
): Promise<readonly string[]> {
  const { objects } = manifestsOf(await manifestTexts(paths, filesOf(tree)), "lab");
  return objects.map(({ namespace, name }) => `${namespace}/${name}`);
}

async function refusalOf(run: () => Promise<unknown>): Promise<string> {
  const error: unknown = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Error ? error.message : "";
}

describe("the manifests of a plan", () => {
  it("are read from files, folders with what is below them, several documents, Lists and standard input", async () => {
    const tree = {
      "lab/a.yaml": `${layer("a")}---\n${layer("b")}`,
      "lab/sub/c.yml": layer("c"),
      "lab/notes.txt": "not one",
      "-": `apiVersion: v1\nkind: List\nitems:\n  - { ${API}, kind: HomelabLayer, metadata: { name: d, namespace: other } }\n`,
    };
    expect(await namesIn(tree, "lab", "-")).to.deep.equal(["lab/a", "lab/b", "lab/c", "other/d"]);
  });

  it("follow a plain kustomization, its order and its namespace", async () => {
    const tree = {
      "lab/kustomization.yaml": "namespace: home\nresources: [b.yaml, a.yaml]\n",
      "lab/a.yaml": layer("a"),
      "lab/b.yaml": layer("b"),
      "lab/c.yaml": layer("c"),
    };
    expect(await namesIn(tree, "lab")).to.deep.equal(["home/b", "home/a"]);
  });

  it("of any other kustomization are for kubectl to build, which is said", async () => {
    const tree = { "lab/kustomization.yaml": "resources: [a.yaml]\npatches: []\n", "lab/a.yaml": layer("a") };
    expect(await refusalOf(() => namesIn(tree, "lab"))).to.equal(
      "lab/kustomization.yaml uses patches, which only kustomize builds: kubectl kustomize lab | homelab-controller plan -f -",
    );
  });

  it("P5: that are wrong are named with their file, their object and the field, all of them at once", async () => {
    const wrong = `${API}\nkind: Container\nmetadata: { name: db }\nspec: { layerRef: { name: a }, resources: { memroy: 1Gi } }\n`;
    const said = await refusalOf(() => namesIn({ "x.yaml": `${wrong}---\n${layer("a")}---\n${layer("a")}` }, "x.yaml"));
    expect(said.split("\n")).to.deep.equal([
      "x.yaml: Container db: spec.vmid is required",
      "x.yaml: Container db: spec.resources.memroy is no field; there is memory",
      "HomelabLayer a in lab is there twice",
    ]);
  });

  it("P3: a flag that cannot be used is named in one line", () => {
    const refused = (...argv: readonly string[]): unknown => parsePlan(argv, () => undefined);
    expect(refused("--no-cluster")).to.deep.equal({ is: "error", line: "--no-cluster: needs --filename" });
    expect(refused("--prune")).to.deep.equal({ is: "error", line: "--prune: needs --filename" });
    expect(refused("-f", "x", "--token-file", "t")).to.deep.equal({
      is: "error",
      line: "--token-file: t can't be read",
    });
  });
});
