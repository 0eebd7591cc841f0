import { expect } from "chai";
import type { Key } from "../../../controller/api/meta.ts";
import { graphOf, orderOf } from "../../../controller/plan/graph.ts";
import type { Lab, Member } from "../../../controller/plan/lab.ts";
import { lowestGuestsFirst } from "../../../controller/reconcilers/wakes/wakeOrder.ts";

const layers: Readonly<Record<string, string>> = { db: "base", cache: "base", app: "apps", tv: "media", stray: "none" };
const order = orderOf(
  graphOf([
    ["media", ["apps"]],
    ["apps", ["base"]],
    ["base", []],
  ]),
);
// Only what the order of wakes goes by.
const lab = {
  order,
  members: new Map(Object.entries(layers).map(([name, layer]) => [`Container/${name}`, { layer } as Member])),
} as unknown as Lab;

function sorted(...texts: readonly string[]): string[] {
  const keys = texts.map((text): Key => {
    const [kind = "", name = ""] = text.split("/");
    return { kind, namespace: "lab", name };
  });
  return lowestGuestsFirst(
    lab,
    keys.map((key) => ({ key })),
  ).map(({ key }) => `${key.kind}/${key.name}`);
}

describe("order of wakes", () => {
  it("L5: guests go before the parents, which only report", () => {
    expect(sorted("Homelab/home", "HomelabLayer/base", "Container/db")).to.deep.equal([
      "Container/db",
      "Homelab/home",
      "HomelabLayer/base",
    ]);
  });

  it("A6: guests of lower layers go first, however they were found", () => {
    expect(sorted("Container/tv", "Container/app", "Container/db")).to.deep.equal([
      "Container/db",
      "Container/app",
      "Container/tv",
    ]);
  });

  it("what is alike keeps its order", () => {
    expect(sorted("Container/db", "Container/cache")).to.deep.equal(["Container/db", "Container/cache"]);
    expect(sorted("Homelab/b", "Homelab/a")).to.deep.equal(["Homelab/b", "Homelab/a"]);
  });

  it("a guest of a layer that does not exist comes after those with a place, and before the parents", () => {
    expect(sorted("Homelab/home", "Container/stray", "Container/tv")).to.deep.equal([
      "Container/tv",
      "Container/stray",
      "Homelab/home",
    ]);
  });
});
