import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { play } from "./play.ts";
import { readScene } from "./scene.ts";

const folder = join(import.meta.dirname, "scenes");
const update = process.env["UPDATE_GOLDEN"] === "1";

/** Text in, text out. `UPDATE_GOLDEN=1` writes the logs anew; the difference is then a person's to judge. */
describe("golden stories", () => {
  for (const file of globSync("*.scene", { cwd: folder }).sort()) {
    const text = readFileSync(join(folder, file), "utf8");
    const title = (text.split("\n")[0] ?? "").replace(/^# */, "");
    it(`${basename(file, ".scene")}: ${title}`, async () => {
      const log = await play(readScene(text));
      const golden = join(folder, file.replace(/\.scene$/, ".log"));
      if (update) writeFileSync(golden, log);
      expect(existsSync(golden), `${golden} is there; UPDATE_GOLDEN=1 writes it`).to.equal(true);
      expect(log).to.equal(readFileSync(golden, "utf8"));
    });
  }

  it("what docs/testing.md names is there, and it names every scene", () => {
    const root = join(import.meta.dirname, "../..");
    const page = readFileSync(join(root, "docs/testing.md"), "utf8");
    const table = page.slice(page.indexOf("## What happened to others"), page.indexOf("## Conformance"));
    const named = [...table.matchAll(/`([\w-]+\.(?:scene|test\.ts))`/g)].map(([, name = ""]) => name);
    const there = globSync("test/**/*.{scene,test.ts}", { cwd: root }).map((file) => basename(file));
    expect(there).to.include.members(named);
    expect(named).to.include.members(globSync("*.scene", { cwd: folder }));
  });

  it("the same scene gives the same log", async () => {
    const text = readFileSync(join(folder, "killed.scene"), "utf8");
    expect(await play(readScene(text))).to.equal(await play(readScene(text)));
  });

  it("a sentence that no scene has is refused", () => {
    expect(() => readScene("the moon is full\nend at 1 s")).to.throw("the moon is full");
    expect(() => readScene("homelab")).to.throw("end at");
  });
});
