import { expect } from "chai";
import { largeLab, layeredLab, spreadLab } from "../../hack/bench/labs.ts";
import { terminal } from "../../hack/bench/progress.ts";
import { Tally } from "../../hack/bench/tally.ts";

describe("benchmark: a large lab", () => {
  const object = (kind: string, name: string): Parameters<typeof largeLab>[0][number] => ({
    ...{ apiVersion: "homelab.neuralcodelab.com/v1alpha1", kind, metadata: { name } },
    spec: { layerRef: { name: "top" }, vmid: 100 },
  });
  const seed = [object("HomelabLayer", "top"), object("Container", "web"), object("Homelab", "home")];

  it("has as many containers as asked for, each with a vmid of its own, and the Homelab last", () => {
    const lab = largeLab(seed, 4, { probed: true });
    const containers = lab.filter(({ kind }) => kind === "Container");
    expect(containers.map(({ metadata }) => metadata.name)).to.deep.equal([
      "web",
      "guest-1001",
      "guest-1002",
      "guest-1003",
    ]);
    expect(containers.map(({ spec }) => spec?.["vmid"])).to.deep.equal([100, 1001, 1002, 1003]);
    expect(containers.every(({ spec }) => JSON.stringify(spec?.["layerRef"]) === '{"name":"top"}')).to.equal(true);
    expect(lab.at(-1)?.kind).to.equal("Homelab");
  });

  it("has further guests with a probe each, or without any", () => {
    const probes = (probed: boolean): unknown => largeLab(seed, 2, { probed }).at(-2)?.spec?.["probes"];
    expect(probes(true)).to.deep.equal([{ name: "web", httpGet: { port: 18080 } }]);
    expect(probes(false)).to.equal(undefined);
  });

  it("in layers has its own layers, each on the one below, and its guests spread over them", () => {
    const lab = layeredLab(seed, 7, 3);
    const layers = lab.filter(({ kind }) => kind === "HomelabLayer");
    expect(layers.map(({ metadata, spec }) => [metadata.name, spec?.["dependsOn"]])).to.deep.equal([
      ["layer-1", []],
      ["layer-2", [{ name: "layer-1" }]],
      ["layer-3", [{ name: "layer-2" }]],
    ]);
    const containers = lab.filter(({ kind }) => kind === "Container");
    const placed = containers.map(({ spec }) => (spec?.["layerRef"] as { readonly name: string }).name);
    expect(placed).to.deep.equal(["layer-1", "layer-1", "layer-1", "layer-2", "layer-2", "layer-2", "layer-3"]);
    expect(new Set(containers.map(({ spec }) => spec?.["vmid"])).size).to.equal(7);
    expect(lab.at(-1)?.kind).to.equal("Homelab");
  });

  it("over a cluster has its containers on the nodes in turn", () => {
    const lab = spreadLab(largeLab(seed, 4, { probed: false }), ["a", "b", "c"]);
    const nodes = lab.filter(({ kind }) => kind === "Container").map(({ spec }) => spec?.["node"]);
    expect(nodes).to.deep.equal(["a", "b", "c", "a"]);
    expect(lab.find(({ kind }) => kind === "HomelabLayer")?.spec).to.not.have.property("node");
  });

  it("is the seed's own where that has enough", () => {
    expect(largeLab(seed, 1, { probed: true })).to.have.deep.members(seed);
  });
});

describe("benchmark: containers counted", () => {
  it("are counted by Ready's reason as they change, come and go", () => {
    let tell: (collection: string, name: string, item: unknown) => void = () => undefined;
    const tally = new Tally({
      onItem: (listener) => {
        tell = listener;
      },
    });
    const put = (name: string, reason: string): void => {
      tell("containers", name, { status: { conditions: [{ type: "Ready", reason }] } });
    };
    put("a", "Starting");
    put("b", "Settled");
    put("a", "Settled");
    put("a", "Settled");
    tell("containers", "c", { status: { observedGeneration: -1 } });
    tell("homelabs", "home", { status: { conditions: [{ type: "Ready", reason: "Settled" }] } });
    expect([tally.count("Settled"), tally.count("Starting")]).to.deep.equal([2, 0]);
    tell("containers", "b", undefined);
    expect(tally.count("Settled")).to.equal(1);
  });
});

describe("benchmark: progress", () => {
  function written(isTTY: boolean): string[] {
    const texts: string[] = [];
    const write = (text: string | Uint8Array): boolean => texts.push(String(text)) > 0;
    const { say, progress, end } = terminal({ isTTY, write });
    progress("1 of 2");
    progress("1 of 2");
    progress("2 of 2");
    say("done");
    end();
    return texts;
  }

  it("is one line that is replaced, and gone before the next line that stays", () => {
    expect(written(true)).to.deep.equal(["\r\u001b[2K  1 of 2", "\r\u001b[2K  2 of 2", "\r\u001b[2K", "done\n"]);
  });

  it("is not shown where there is no terminal", () => {
    expect(written(false)).to.deep.equal(["done\n"]);
  });
});
