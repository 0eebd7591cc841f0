import { expect } from "chai";
import { guessLayers } from "../../controller/import/layers.ts";
import { found } from "./found.ts";

const told = (guests: Parameters<typeof guessLayers>[0]): unknown =>
  guessLayers(guests).map(({ name, because, members }) => [name, because, members.map(({ seen }) => seen.vmid)]);

describe("guessing layers", () => {
  it("a tag layer-N of the owner's goes before everything", () => {
    const guests = [
      found(101, { name: "postgres", startup: { order: 9 } }, { tags: ["layer-1", "x"] }),
      found(102, { name: "omada", startup: { order: 1 } }, { tags: ["layer-20"] }),
      found(103, { name: "web", startup: { order: 1 } }),
    ];
    expect(told(guests)).to.deep.equal([
      ["layer-1", "guests with tag layer-1", [101]],
      ["layer-2", "guests with tag layer-20", [102]],
      ["layer-3", "guests without a tag layer; last", [103]],
    ]);
  });

  it("else Proxmox's startup order, guests without one last, where half of them have one", () => {
    const guests = [
      found(101, { name: "web", startup: { order: 20 } }),
      found(102, { name: "omada", startup: { upSeconds: 5 } }),
      found(103, { name: "db", startup: { order: 3 } }),
    ];
    expect(told(guests)).to.deep.equal([
      ["layer-1", "guests with startup order 3", [103]],
      ["layer-2", "guests with startup order 20", [101]],
      ["layer-3", "guests without a startup order; last", [102]],
    ]);
  });

  it("else what the names, descriptions and tags say they are; nothing said is an application", () => {
    const because = "names and descriptions of the guests";
    const guests = [
      found(100, { name: "CasaOSMedia105" }),
      found(101, { name: "Omada21" }),
      found(122, { name: "web-lab22", startup: { order: 1 } }),
      found(159, { name: "dbEmpleosdelatlantico" }),
      found(160, { name: "ct160", description: "our Jellyfin" }),
      found(161, { name: "ct161" }, { tags: ["redis"] }),
    ];
    expect(told(guests)).to.deep.equal([
      ["foundation", because, [101]],
      ["data", because, [159, 161]],
      ["apps", because, [122]],
      ["media", because, [100, 160]],
    ]);
  });

  it("a lab without guests has no layers", () => {
    expect(told([])).to.deep.equal([]);
  });
});
