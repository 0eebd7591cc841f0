import { expect } from "chai";
import { parseConfig, type Config, type Parsed, type Surroundings } from "../controller/config.ts";

function parse(argv: readonly string[], more: Partial<Surroundings> = {}): Parsed {
  return parseConfig({ argv, env: {}, isTerminal: false, version: "1.2.3", read: () => undefined, ...more });
}

function config(argv: readonly string[], more: Partial<Surroundings> = {}): Config {
  const parsed = parse(argv, more);
  if (parsed.is !== "config") throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

describe("parseConfig", () => {
  it("has defaults for everything", () => {
    expect(config([])).to.deep.equal({
      namespaces: [],
      leaderElect: true,
      leaseDurationSeconds: 15,
      metrics: { port: 8080 },
      logLevel: "info",
      logFormat: "json",
      workers: 8,
      standalone: false,
    });
  });

  it("is frozen", () => {
    expect(Object.isFrozen(config([])) && Object.isFrozen(config([]).namespaces)).to.equal(true);
  });

  it("writes for a person on a terminal, unless told otherwise", () => {
    expect(config([], { isTerminal: true }).logFormat).to.equal("pretty");
    expect(config(["--log-format=json"], { isTerminal: true }).logFormat).to.equal("json");
  });

  it("P3: namespaces: those named, once each; else the pod's own", () => {
    const pod = { read: () => "own\n", env: { POD_NAMESPACE: "env" } };
    expect(config(["--namespace", "a", "--namespace=b", "--namespace=a"], pod).namespaces).to.deep.equal(["a", "b"]);
    expect(config([], pod).namespaces).to.deep.equal(["own"]);
    expect(config([], { env: { POD_NAMESPACE: "env" } }).namespaces).to.deep.equal(["env"]);
  });

  const elections = [
    { argv: ["--leader-elect"], elect: true },
    { argv: ["--leader-elect=true"], elect: true },
    { argv: ["--leader-elect=false"], elect: false },
    { argv: ["--no-leader-elect"], elect: false },
  ];
  for (const { argv, elect } of elections)
    it(`${argv.join(" ")} ${elect ? "elects" : "does not elect"}`, () => {
      expect(config(argv).leaderElect).to.equal(elect);
    });

  const addresses = [
    { text: "0", metrics: undefined },
    { text: ":9090", metrics: { port: 9090 } },
    { text: "127.0.0.1:1", metrics: { host: "127.0.0.1", port: 1 } },
    { text: "[::1]:8443", metrics: { host: "::1", port: 8443 } },
  ];
  for (const { text, metrics } of addresses)
    it(`--metrics-bind-address ${text}`, () => {
      expect(config(["--metrics-bind-address", text]).metrics).to.deep.equal(metrics);
    });

  it("takes the rest as given", () => {
    const argv = [
      "--kubeconfig",
      "k",
      "--context",
      "c",
      "--lease-duration-seconds",
      "30",
      "--workers=3",
      "--log-level=debug",
    ];
    expect(config(argv, { env: { POD_NAME: "p" } })).to.deep.include({
      kubeconfig: "k",
      context: "c",
      leaseDurationSeconds: 30,
      workers: 3,
      logLevel: "debug",
      podName: "p",
    });
    expect(config(["--standalone", "--data-dir=d"])).to.deep.include({ standalone: true, dataDir: "d" });
  });

  const errors = [
    { argv: ["--nothing"], line: "Unknown option '--nothing'" },
    { argv: ["nothing"], line: "Unexpected argument 'nothing'" },
    { argv: ["--workers=0"], line: '--workers: "0" is not a whole number from 1 to 64' },
    { argv: ["--workers=many"], line: '--workers: "many" is not a whole number from 1 to 64' },
    {
      argv: ["--lease-duration-seconds=1"],
      line: '--lease-duration-seconds: "1" is not a whole number from 3 to 3600',
    },
    { argv: ["--log-level=loud"], line: '--log-level: "loud" is none of debug, info, warn, error' },
    { argv: ["--log-format=xml"], line: '--log-format: "xml" is none of json, pretty' },
    { argv: ["--namespace=Home"], line: '--namespace: "Home" is no namespace name' },
    {
      argv: ["--metrics-bind-address=8080"],
      line: '--metrics-bind-address: "8080" is neither host:port nor :port nor 0',
    },
    {
      argv: ["--metrics-bind-address=:99999"],
      line: '--metrics-bind-address: ":99999" is neither host:port nor :port nor 0',
    },
    { argv: ["--data-dir=d"], line: "--data-dir: only with --standalone" },
    { argv: ["--standalone", "--kubeconfig=k"], line: "--kubeconfig: not with --standalone" },
  ];
  for (const { argv, line } of errors)
    it(`P3: ${argv.join(" ")} is one line that names the flag`, () => {
      const parsed = parse(argv);
      expect(parsed.is === "error" ? parsed.line : parsed).to.satisfy((said: unknown) => String(said).startsWith(line));
      expect(parsed.is === "error" && parsed.line.includes("\n")).to.equal(false);
    });

  it("P3: a flag without its value names the flag", () => {
    const parsed = parse(["--workers"]);
    expect(parsed).to.deep.include({ is: "error" });
    expect(JSON.stringify(parsed)).to.contain("--workers");
  });

  it("--help names every flag, --version the version", () => {
    const text = JSON.stringify(parse(["--help"]));
    for (const flag of [
      "namespace",
      "kubeconfig",
      "context",
      "leader-elect",
      "lease-duration-seconds",
      "metrics-bind-address",
    ])
      expect(text).to.contain(`--${flag}`);
    expect(parse(["--version"])).to.deep.equal({ is: "text", text: "1.2.3\n" });
  });
});
