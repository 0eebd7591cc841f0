import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { reasons } from "../../controller/base/reasons.ts";
import { projectRoot } from "../api/manifests.ts";

interface Row {
  readonly fault: string;
  readonly said: string;
  readonly file: string;
  readonly title: string;
}

function rowsOf(page: string): readonly Row[] {
  const lines = readFileSync(join(projectRoot, page), "utf8").matchAll(/^\| (.+?) +\| (.+?) +\| `(.+?)`: (.+?) +\|$/gm);
  return [...lines].map(([, fault = "", said = "", file = "", title = ""]) => ({ fault, said, file, title }));
}

function reasonsIn(said: string): readonly string[] {
  return [...said.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, word = ""]) => word);
}

/** Reasons, and what log or event are said to say. */
function wordsOf(said: string): readonly string[] {
  const other = /^(?:log|event): (.+)$/.exec(said)?.[1];
  return [...reasonsIn(said), ...(other === undefined ? [] : [other])];
}

describe("the table of faults", () => {
  const rows = rowsOf("docs/faults.md");

  it("has lost none of its forty rows, and tells each fault once", () => {
    expect(rows.length).to.be.at.least(40);
    expect(new Set(rows.map(({ fault }) => fault)).size).to.equal(rows.length);
  });

  for (const { fault, said, file, title } of rows)
    it(`${fault}: the test is there, and its file has the words that are said`, () => {
      expect(existsSync(join(projectRoot, file)), file).to.equal(true);
      const source = readFileSync(join(projectRoot, file), "utf8");
      expect(source.includes(title), `${file} has no test "${title}"`).to.equal(true);
      for (const word of wordsOf(said))
        expect(source.includes(word), `${file} does not mention ${word}`).to.equal(true);
    });

  it("names only reasons that there are", () => {
    const words = rows.flatMap(({ said }) => reasonsIn(said));
    for (const word of words) expect(Object.keys(reasons), word).to.include(word);
  });
});
