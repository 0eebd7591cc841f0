import { expect } from "chai";
import { filesOf, importHelp, labWishOf, parseImport } from "../../controller/import/importCommand.ts";

const FINGERPRINT = Array.from({ length: 32 }, () => "ab").join(":");
const files: Readonly<Record<string, string>> = {
  token: "root@pam!hl=secret-1\n",
  bad: "secret",
  ca: "PEM",
  client: "0a1b=f9e8\n",
  web: "ana=pass=word 1\n",
};
const parse = (...argv: readonly string[]): ReturnType<typeof parseImport> => parseImport(argv, (path) => files[path]);
const site = ["--omada", "https://10.0.0.2", "--omada-client-file", "client"];
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

  it("reads the Omada side, alone or beside Proxmox; a password may hold anything but a line's end", () => {
    const alone = parse(...site, "--omada-web-file", "web", "--omada-site", "Home", "--omada-ca-file", "ca");
    expect(alone).to.deep.equal({
      is: "wish",
      wish: {
        omada: {
          name: "omada",
          endpoint: "https://10.0.0.2:8043",
          site: "Home",
          clientId: "0a1b",
          clientSecret: "f9e8",
          web: { username: "ana", password: "pass=word 1" },
          tls: { ca: "PEM" },
          pollIntervalSeconds: 10,
        },
        name: undefined,
        output: undefined,
      },
    });
    const both = parse(...host, ...site);
    expect(both).to.have.nested.property("wish.connection.tokenId", "root@pam!hl");
    expect(both).to.have.nested.property("wish.omada.site", "Default");
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
    ["no Open API application", ["--omada", "https://x"], /^--omada-client-file: is needed.*CLIENT_ID=CLIENT_SECRET/],
    ["an application without its secret", [...site.slice(0, 3), "bad"], /CLIENT_ID=CLIENT_SECRET in one line/],
    ["a user without Omada", [...host, "--omada-web-file", "web"], /^--omada-web-file: needs --omada$/],
    ["a token without Proxmox", [...site, "--token-file", "token"], /^--token-file: needs --proxmox$/],
    ["two ways to verify Omada", [...site, "--omada-insecure", "--omada-ca-file", "ca"], /^--omada-fingerprint, /],
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
