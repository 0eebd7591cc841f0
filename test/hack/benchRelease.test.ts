import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { releaseCommand } from "../../hack/bundle.ts";
import { root } from "../../hack/command.ts";

describe("benchmark: the release", () => {
  it("is measured with the settings that the Containerfile runs it with", () => {
    const text = readFileSync(join(root, "Containerfile"), "utf8");
    const [, setting = "?", , ...args] = releaseCommand("/app/homelab-controller.mjs");
    const entry = ["/usr/local/bin/node", ...args].map((word) => `"${word}"`).join(", ");
    expect(text).to.contain(`ENV ${setting}\n`).and.contain(`ENTRYPOINT [${entry}]\n`);
  });
});
