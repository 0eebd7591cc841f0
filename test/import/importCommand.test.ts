import { expect } from "chai";
import { filesOf, importHelp, labWishOf, parseImport } from "../../controller/import/importCommand.ts";

const FINGERPRINT = Array.from({ length: 32 }, () => "ab").join(":");
const files: Readonly<Record<string, string>> = { token: "root@pam!hl=secret-1\n", bad: "secret", ca: "PEM" };
const parse = (...argv: readonly string[]): ReturnType<typeof parseImport> => parseImport(argv, (path) => files[path]);
const host = ["--proxmox", "https://10.0.0.5", "--token-file", "token"];

describe("homelab-controller import", () => {
  it("reads address, token and how to verify", () => {
    expect(parse(...host, "--fingerprint", FINGERPRINT, "--name", "lab", "-o", "out")).to.deep.equal({
      is: "wish",
      wish: {
        connection: {
          name: "lab",
          endpoints: ["https://10.0.0.5:8006"],
          tokenId: "root@pam!hl",
          tokenSecret: "secret-1",
          tls: { fingerprints: [FINGERPRINT.toUpperCase()] },
          pollIntervalSeconds: 10,
        },
        name: "lab",
        output: "out",
      },
    });
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no address", ["--token-file", "token"], /^--proxmox: is needed/],
    [
      "an address without TLS",
      ["--proxmox", "http://10.0.0.5", "--token-file", "token"],
      /^--proxmox: "http:\/\/10.0.0.5" is no https/,
    ],
    ["no token", ["--proxmox", "https://10.0.0.5"], /^--token-file: is needed/],
    ["a token file that is not there", ["--proxmox", "https://x", "--token-file", "nope"], /nope can't be read/],
    [
      "a token file with the secret alone",
      ["--proxmox", "https://x", "--token-file", "bad"],
      /USER@REALM!NAME=SECRET in one line/,
    ],
    ["two ways to verify", [...host, "--insecure", "--ca-file", "ca"], /give one of them/],
    ["a fingerprint that is none", [...host, "--fingerprint", "AA"], /^--fingerprint: 32 pairs/],
    ["a name Kubernetes would refuse", [...host, "--name", "My Lab"], /^--name: "My Lab" is no name/],
    ["an unknown flag", [...host, "--nope"], /nope/],
  ];
  for (const [what, argv, line] of refused)
    it(`P3: refuses ${what} in one line with the flag's name`, () => {
      const parsed = parse(...argv);
      expect(parsed.is).to.equal("error");
      expect(parsed).to.have.property("line").that.matches(line);
    });

  it("--help says everything", () => {
    expect(parse("--help")).to.deep.equal({ is: "text", text: importHelp });
  });

  it("a lab of one node is called after it, one of several is the homelab", () => {
    const parsed = parse(...host, "--ca-file", "ca");
    if (parsed.is !== "wish") throw new Error("refused");
    expect(labWishOf(parsed.wish, ["Nosotros"])).to.include({ name: "nosotros", ca: true, insecure: false });
    expect(labWishOf(parsed.wish, ["a", "b"]).name).to.equal("homelab");
  });

  it("the files have a kustomization in their order", () => {
    const written = filesOf([
      { name: "b.yaml", documents: ["b1\n", "b2\n"] },
      { name: "a.yaml", documents: ["a\n"] },
    ]);
    expect([...written.keys()]).to.deep.equal(["b.yaml", "a.yaml", "kustomization.yaml"]);
    expect(written.get("b.yaml")).to.equal("b1\n---\nb2\n");
    expect(written.get("kustomization.yaml")).to.contain("  order: fifo\nresources:\n  - b.yaml\n  - a.yaml\n");
  });
});
