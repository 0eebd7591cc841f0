import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { annotation, GROUP } from "../../controller/api/meta.ts";
import { reasons } from "../../controller/base/reasons.ts";
import { kinds, parseSpec } from "../../controller/api/index.ts";
import { documentsOf, projectRoot } from "../api/manifests.ts";

const pages = [
  "README.md",
  "docs/runbook.md",
  "docs/permissions.md",
  "docs/data-safety.md",
  "docs/faults.md",
  "docs/architecture.md",
  "docs/benchmarks.md",
  "docs/adopt.md",
  "docs/snapshots.md",
  "docs/omada.md",
  "docs/machines.md",
];

function read(page: string): string {
  return readFileSync(join(projectRoot, page), "utf8");
}

/** What GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

describe("pages for people", () => {
  for (const page of pages)
    it(`${page} links only to files and headings that are there`, () => {
      const text = read(page);
      for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [file = "", anchor] = target.split("#");
        const path = file === "" ? join(projectRoot, page) : join(projectRoot, dirname(page), file);
        expect(existsSync(path), `${page}: ${target}`).to.equal(true);
        if (anchor === undefined) continue;
        const headings = [...readFileSync(path, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, each = ""]) => anchorOf(each));
        expect(headings, `${page}: ${target}`).to.include(anchor);
      }
    });

  for (const page of ["README.md", "docs/runbook.md"])
    it(`${page} names annotations as the API does`, () => {
      const found = [...read(page).matchAll(new RegExp(`${GROUP.replaceAll(".", "\\.")}/([a-z-]+)(?==)`, "g"))];
      expect(found.length).to.be.greaterThan(0);
      for (const [key] of found) expect(Object.values(annotation)).to.include(key);
    });

  it("the runbook explains only words that STATUS can show", () => {
    const rows = [...read("docs/runbook.md").matchAll(/^\| ([A-Z][A-Za-z, ]+?) +\|/gm)].map(([, words = ""]) => words);
    const words = rows.flatMap((row) => row.split(", ")).filter((word) => word !== "STATUS");
    expect(words.length).to.be.greaterThan(20);
    for (const word of words) expect(Object.keys(reasons), word).to.include(word);
  });

  it("the lab in README is what the kinds declare, with the Homelab last and suspended", () => {
    const [yaml = ""] = [...read("README.md").matchAll(/^```yaml\n(apiVersion.*?)^```$/gms)].map(
      ([, body = ""]) => body,
    );
    const objects = documentsOf(yaml);
    for (const object of objects) {
      const kind = kinds.find((each) => each.kind === object.kind);
      if (kind === undefined) throw new Error(`README declares a ${object.kind}`);
      const parsed = parseSpec(kind, object);
      expect(parsed.ok ? [] : parsed.problems, object.metadata.name).to.deep.equal([]);
    }
    expect(objects.at(-1)).to.deep.include({ kind: "Homelab", spec: { suspend: true } });
  });
});
