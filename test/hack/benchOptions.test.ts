import { expect } from "chai";
import { helpText, parseWish, rowText } from "../../hack/bench/options.ts";
import { spreadOf } from "../../hack/bench/statistics.ts";
import { decimals, tableText } from "../../hack/bench/table.ts";
import { plain } from "../../hack/demo/ink.ts";

const known = ["boot", "steady"];

describe("benchmark: command line", () => {
  it("runs every row once when nothing is said", () => {
    expect(parseWish([], known)).to.deep.equal({ is: "run", options: { rows: known, runs: 1, json: false } });
  });

  it("runs the rows that are named, each once", () => {
    const wish = parseWish(["steady", "steady", "--runs", "3", "--out", "x.json", "--json"], known);
    expect(wish).to.deep.equal({ is: "run", options: { rows: ["steady"], runs: 3, out: "x.json", json: true } });
  });

  for (const word of ["--help", "-h"])
    it(`shows its help with ${word}, whatever else is there`, () => {
      expect(parseWish([word, "nonsense"], known)).to.deep.equal({ is: "help", rows: [] });
    });

  it("shows one row's help", () => {
    expect(parseWish(["steady", "--help"], known)).to.deep.equal({ is: "help", rows: ["steady"] });
    const text = rowText({ name: "steady", about: "at rest", sizes: [12, 100], windowSeconds: 60 });
    expect(text).to.contain("steady: at rest").and.contain("(default 12,100)").and.contain("(default 60)");
    expect(rowText({ name: "boot", about: "up" }))
      .to.not.contain("--sizes")
      .and.not.contain("--window");
  });

  it("takes sizes and a window", () => {
    const wish = parseWish(["steady", "--sizes", "12,10000", "--window", "600"], known);
    expect(wish).to.deep.include({
      options: { rows: ["steady"], runs: 1, json: false, sizes: [12, 10000], windowSeconds: 600 },
    });
  });

  const refused: readonly (readonly [readonly string[], string])[] = [
    [["speed"], '"speed" is no row; there are boot, steady'],
    [["--runs", "0"], '--runs: "0" is not a whole number from 1 to 100'],
    [["--runs", "1.5"], '--runs: "1.5" is not a whole number from 1 to 100'],
    [["--runs", "101"], '--runs: "101" is not a whole number from 1 to 100'],
    [["--runs", "1,2"], '--runs: "1,2" is not a whole number from 1 to 100'],
    [["--sizes", "12,7"], '--sizes: "7" is not a whole number from 12 to 10000'],
    [["--sizes", ""], '--sizes: "" is not a whole number from 12 to 10000'],
    [["--window", "0"], '--window: "0" is not a whole number from 1 to 3600'],
    [["--out="], "--out: needs the name of a file"],
  ];
  for (const [argv, line] of refused)
    it(`refuses ${argv.join(" ")} with one line`, () => {
      expect(parseWish(argv, known)).to.deep.equal({ is: "error", line });
    });

  it("names an option it does not know", () => {
    const wish = parseWish(["--fast"], known);
    expect(wish.is).to.equal("error");
    expect(wish.is === "error" && wish.line).to.contain("--fast");
  });

  it("lists the rows in its help", () => {
    expect(helpText([{ name: "boot", about: "boot efficiency" }])).to.contain("\n  boot  boot efficiency\n");
  });
});

describe("benchmark: statistics", () => {
  const cases: readonly (readonly [readonly number[], { median: number; p90: number; min: number; max: number }])[] = [
    [[7], { median: 7, p90: 7, min: 7, max: 7 }],
    [[3, 1], { median: 2, p90: 3, min: 1, max: 3 }],
    [[9, 1, 5], { median: 5, p90: 9, min: 1, max: 9 }],
    [[10, 1, 2, 3, 4, 5, 6, 7, 8, 9], { median: 5.5, p90: 9, min: 1, max: 10 }],
  ];
  for (const [values, expected] of cases)
    it(`of ${values.join(", ")}`, () => {
      expect(spreadOf(values)).to.deep.equal({ count: values.length, ...expected });
    });

  it("of nothing is nothing", () => {
    expect(spreadOf([])).to.equal(undefined);
  });
});

describe("benchmark: table", () => {
  it("aligns names to the left and figures to the right, without spaces at the end", () => {
    const table = {
      title: "Boot",
      columns: ["", "median", "max"],
      rows: [
        ["ratio", "1.05", "1.123"],
        ["wall", "9"],
      ],
    };
    expect(tableText(table, plain)).to.equal("Boot\n       median    max\nratio    1.05  1.123\nwall        9\n");
  });

  it("shows what was not measured as a dash", () => {
    expect([decimals(undefined, 1), decimals(NaN, 1), decimals(1.25, 1)]).to.deep.equal(["–", "–", "1.3"]);
  });
});
