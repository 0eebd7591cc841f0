import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { generatedFiles } from "../../hack/generate/files.ts";
import { projectRoot } from "./manifests.ts";

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

describe("generate", () => {
  it("makes the same files twice, and they are the ones in the project", async () => {
    const [first, second] = await Promise.all([generatedFiles(projectRoot), generatedFiles(projectRoot)]);
    expect(first).to.deep.equal(second);
    for (const file of first)
      expect(await readFile(join(projectRoot, file.path), "utf8"), file.path).to.equal(file.text);
  });

  it("writes YAML that a YAML 1.1 and a YAML 1.2 reader understand alike", async () => {
    const files = (await generatedFiles(projectRoot)).filter((file) => file.path.startsWith("crds/"));
    for (const { path, text } of files) {
      expect(parse(text, { version: "1.1" }), path).to.deep.equal(parse(text, { version: "1.2" }));
      expect(text, path).to.not.match(/(^|\s)[&*][a-z0-9]+(\s|$)/m);
    }
  });

  it("gives the controller no verb on Secrets but get, and no right to delete or create what people declare", async () => {
    const roles = (await generatedFiles(projectRoot)).find((file) => file.path === "manifests/base/roles.yaml");
    const [role] = (roles?.text ?? "").split("---\n");
    const { rules } = parse(role ?? "") as { readonly rules: readonly PolicyRule[] };
    const verbsOn = (resource: string) =>
      rules.filter((rule) => rule.resources.includes(resource)).flatMap((rule) => rule.verbs);
    expect(verbsOn("secrets")).to.deep.equal(["get"]);
    expect(verbsOn("homelabs")).to.deep.equal(["get", "list", "watch"]);
    expect(verbsOn("containers")).to.deep.equal(["get", "list", "watch", "patch"]);
    expect(rules.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs])).to.not.include("*");
  });

  it("shows each field, rule and column of a kind on its page", async () => {
    const page =
      (await generatedFiles(projectRoot)).find((file) => file.path === "docs/kinds/container.md")?.text ?? "";
    expect(page).to.include("| `networks[].ipv4.method` | `DHCP`, `Static`, `None` | `DHCP` |");
    expect(page).to.include("| `vmid`* | integer, 100 to 999999999 |");
    expect(page).to.include("- rootfs grows and never shrinks");
    expect(page).to.include("| HEALTH | `.status.health` |");
  });
});
