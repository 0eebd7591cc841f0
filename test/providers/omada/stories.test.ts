import { expect } from "chai";
import { ProviderError } from "../../../controller/base/outcome.ts";
import type { OmadaPort } from "../../../controller/providers/omadaPort.ts";
import type { SitePart } from "../../../controller/providers/omadaSeen.ts";
import type { RequestRecord } from "../../../controller/providers/shared/requestRecord.ts";
import type { RunningOmadaSimulator } from "../../simulators/omada/startOmadaSimulator.ts";
import { startOmadaSimulator } from "../../simulators/omada/startOmadaSimulator.ts";
import { refusalOf } from "../portLab.ts";
import { until } from "../proxmox/simulated.ts";
import { connectTo, connectWithoutWeb } from "./simulated.ts";

const never = new AbortController().signal;
const ALL: ReadonlySet<SitePart> = new Set<SitePart>([
  ...(["networks", "profiles", "ports", "wlans", "acls", "groups", "reservations", "clients"] as const),
]);

interface Logged {
  readonly sequence: number;
  readonly method: string;
  readonly path: string;
  readonly caller: string;
  readonly status: number;
  readonly errorCode?: number;
  readonly write: boolean;
  readonly effect?: string;
}

/** What goes wrong on the way to a real controller, over real HTTPS. */
describe("an Omada connection through the day", function () {
  this.timeout(60_000);
  let simulator: RunningOmadaSimulator;
  let port: OmadaPort | undefined;

  before(async () => {
    simulator = await startOmadaSimulator({ speed: 20 });
  });
  after(() => simulator.stop());
  afterEach(async () => {
    port?.close();
    port = undefined;
    await simulator.admin("DELETE", "/faults");
  });

  const log = async (): Promise<readonly Logged[]> => (await simulator.admin("GET", "/log")) as readonly Logged[];
  const since = async (begin: number): Promise<readonly Logged[]> => (await log()).slice(begin);
  const fault = (method: string, path: string, effect: object, count = 1): Promise<unknown> =>
    simulator.admin("POST", "/faults", { ...(method === "" ? {} : { method }), path, count, effect });

  /** A connection that has looked at everything once. */
  async function opened(open: () => OmadaPort, parts = ALL): Promise<OmadaPort> {
    port = open();
    port.want("test", parts);
    const mine = port;
    await until(
      "the first look",
      () => mine.seen() !== undefined && (parts.size === 0 || mine.seen()?.networks !== undefined),
    );
    return mine;
  }

  async function looks(of: OmadaPort, times = 1): Promise<void> {
    for (let at = 0; at < times; at += 1) {
      const mark = of.mark();
      of.hurry();
      await until("a newer look", () => (of.seen()?.sequence ?? 0) >= mark);
    }
  }

  /** What was asked to make networks since then, whether or not it was heard. */
  const creates = async (begin: number): Promise<readonly Logged[]> =>
    (await since(begin)).filter((entry) => entry.method === "POST" && entry.path.endsWith("/lan-networks"));

  const names = (of: OmadaPort): readonly string[] => of.seen()?.networks?.map((network) => network.name) ?? [];

  it("asks for one token and one session, and for neither again while they live", async () => {
    const begin = (await log()).length;
    const mine = await opened(() => connectTo(simulator));
    await looks(mine, 3);
    const asked = (await since(begin)).map((entry) => entry.path);
    expect(asked.filter((path) => path === "/openapi/authorize/token")).to.have.length(1);
    expect(asked.filter((path) => path.endsWith("/api/v2/login"))).to.have.length(1);
    expect(asked.filter((path) => path === "/api/info").length).to.be.below(3);
  });

  it("goes on with a new token, once, when the controller no longer takes the old one", async () => {
    const mine = await opened(() => connectTo(simulator));
    for (const how of ["expire", "forget"]) {
      await looks(mine);
      const begin = (await log()).length;
      await simulator.admin("POST", `/tokens/${how}`);
      await looks(mine);
      const all = await since(begin);
      expect(all.filter((entry) => entry.path === "/openapi/authorize/token")).to.have.length(1);
      expect(mine.reach().is).to.equal("reachable");
    }
  });

  it("a write whose token is over is sent again with a new one, and takes effect once", async () => {
    const mine = await opened(() => connectTo(simulator));
    await fault("POST", "lan-networks$", { kind: "errorCode", code: -44112 });
    const begin = (await log()).length;
    await mine.createNetwork({ name: "again", purpose: "VLAN", vlan: 70 }, never);
    const sent = await creates(begin);
    expect(sent.map((entry) => entry.errorCode)).to.deep.equal([-44112, 0]);
    expect(sent.filter((entry) => entry.effect !== undefined)).to.have.length(1);
  });

  it("N1: a session that died with the controller's restart is renewed in each of its three forms", async () => {
    for (const deadSession of ["page", "redirect", "error"] as const) {
      const other = await startOmadaSimulator({ speed: 20, deadSession });
      try {
        const mine = await opened(() => connectTo(other));
        await other.admin("POST", "/sessions/end");
        await looks(mine);
        expect(mine.seen()?.abilities.readsPorts, deadSession).to.equal(true);
        const ports = [...(mine.seen()?.devices.values() ?? [])].find((device) => device.role === "Switch")?.ports;
        expect(ports?.[0], deadSession).to.have.property("nativeNetworkId");
        expect(mine.reach().is).to.equal("reachable");
      } finally {
        port?.close();
        await other.stop();
      }
    }
  });

  it("N1: a page instead of data is asked for once more, of a write nobody knows what became of it", async () => {
    const mine = await opened(() => connectTo(simulator));
    await fault("GET", "/devices$", { kind: "loginPage" });
    await looks(mine);
    expect(mine.reach().is).to.equal("reachable");
    await fault("POST", "lan-networks$", { kind: "loginPage" });
    const begin = (await log()).length;
    const lost = mine.createNetwork({ name: "page", purpose: "VLAN", vlan: 71 }, never);
    expect(await refusalOf(lost)).to.include({ kind: "outcomeUnknown" });
    expect(await creates(begin)).to.have.length(1);
    expect(names(mine)).to.not.include("page");
  });

  it("A2: a write without an answer is sent once and its outcome is unknown, whether it took effect or not", async () => {
    const mine = await opened(() => connectTo(simulator));
    for (const [when, vlan] of [
      ["before", 72],
      ["after", 73],
    ] as const) {
      await fault("POST", "lan-networks$", { kind: "reset", when });
      const begin = (await log()).length;
      const lost = mine.createNetwork({ name: `reset-${when}`, purpose: "VLAN", vlan }, never);
      expect(await refusalOf(lost)).to.include({ kind: "outcomeUnknown" });
      expect(await creates(begin)).to.have.length(1);
    }
    await until("the one that took effect", () => names(mine).includes("reset-after"));
    expect(names(mine)).to.not.include("reset-before");
  });

  it("A7: codes of a write are classed: overload, a viewer's role, a site without access", async () => {
    const mine = await opened(() => connectTo(simulator));
    const table = [
      [{ kind: "errorCode", code: -1 }, "outcomeUnknown"],
      [{ kind: "errorCode", code: -39051 }, "overloaded"],
      [{ kind: "errorCode", code: -1007 }, "permission"],
      [{ kind: "errorCode", code: -1505 }, "permission"],
      [{ kind: "status", status: 429, text: "Too Many Requests" }, "overloaded"],
      [{ kind: "status", status: 502, text: "Bad Gateway" }, "outcomeUnknown"],
    ] as const;
    for (const [effect, kind] of table) {
      await fault("POST", "lan-networks$", effect);
      const begin = (await log()).length;
      const refused = mine.createNetwork({ name: "no", purpose: "VLAN", vlan: 74 }, never);
      expect(await refusalOf(refused), JSON.stringify(effect)).to.include({ kind });
      expect(await creates(begin)).to.have.length(1);
    }
    expect(names(mine)).to.not.include("no");
  });

  it("A7: a part that the role may not read is told and left out; the others are seen", async () => {
    const mine = await opened(() => connectTo(simulator));
    await fault("GET", "profiles/groups$", { kind: "errorCode", code: -1005 }, 1_000);
    await looks(mine);
    expect(mine.seen()?.refused?.get("groups")).to.contain("role of the application");
    expect(mine.seen()).to.not.have.property("groups");
    expect(mine.seen()?.networks).to.not.equal(undefined);
    expect(mine.reach().is).to.equal("reachable");
  });

  it("reads a page again that is shorter than its counters say, and does not believe it twice", async () => {
    const mine = await opened(() => connectTo(simulator));
    const before = names(mine);
    const unsure: boolean[] = [];
    mine.onChange(() => unsure.push(!mine.sure()));
    await fault("GET", "lan-networks$", { kind: "halfPage" });
    await looks(mine);
    expect(names(mine)).to.deep.equal(before);
    expect(unsure).to.not.include(true);
    await fault("GET", "lan-networks$", { kind: "halfPage" }, 4);
    await until("looks fail", () => !mine.sure());
    expect(names(mine)).to.deep.equal(before);
    await until("and go on", () => mine.sure());
  });

  it("O3: while the controller restarts the last view stands, nothing is written, and then it goes on", async () => {
    const mine = await opened(() => connectTo(simulator));
    const before = names(mine);
    await simulator.admin("POST", "/controller/restart", { stayDown: true });
    await until("a failed look", () => !mine.sure());
    expect(names(mine)).to.deep.equal(before);
    const begin = (await log()).length;
    const early = mine.createNetwork({ name: "early", purpose: "VLAN", vlan: 75 }, never);
    expect(await refusalOf(early)).to.include({ kind: "unreachable" });
    expect((await since(begin)).filter((entry) => entry.write)).to.have.length(0);
    await until("unreachable", () => mine.reach().is === "unreachable");
    await simulator.admin("POST", "/controller/start");
    await until("reachable", () => mine.sure());
    await mine.createNetwork({ name: "late", purpose: "VLAN", vlan: 76 }, never);
    await until("the network", () => names(mine).includes("late"));
  });

  it("A7: a wrong client secret is said and tried again only after a minute", async () => {
    const begin = (await log()).length;
    const mine = connectTo(simulator, { clientSecret: "0".repeat(32) });
    port = mine;
    await until("unauthorized", () => mine.reach().is === "unauthorized");
    for (let times = 0; times < 5; times += 1) mine.hurry();
    const reach = mine.reach();
    expect(reach)
      .to.have.property("nextTryTime")
      .that.is.above(Date.now() + 50_000);
    expect(reach).to.have.property("message").that.contains("client id or client secret");
    expect((await since(begin)).filter((entry) => entry.path.includes("authorize/token"))).to.have.length(1);
  });

  it("A7: a wrong password of the web session is said once, and the rest goes on without it", async () => {
    const begin = (await log()).length;
    const mine = await opened(() => connectTo(simulator, { web: { username: "homelab", password: "wrong" } }));
    await looks(mine, 2);
    expect(mine.seen()?.abilities).to.include({ readsPorts: false });
    expect(mine.seen()?.abilities.webRefused).to.contain("username or password");
    expect((await since(begin)).filter((entry) => entry.path.endsWith("/login"))).to.have.length(1);
    expect(mine.reach().is).to.equal("reachable");
  });

  it("names the sites there are when the declared one is not among them", async () => {
    const mine = connectTo(simulator, { site: "Cabin" });
    port = mine;
    await until("unreachable", () => mine.reach().is === "unreachable");
    expect(mine.reach()).to.have.property("message").that.contains('no site "Cabin"; it sees "Default"');
  });

  it("does not trust another certificate, and sends it nothing", async () => {
    const begin = (await log()).length;
    const mine = connectTo(simulator, { tls: { fingerprints: ["00".repeat(32)] } });
    port = mine;
    await until("untrusted", () => mine.reach().is === "untrusted");
    expect(await since(begin)).to.deep.equal([]);
  });

  it("a look costs the same with few networks as with thirty more, and tells each request to the metrics", async () => {
    const records: RequestRecord[] = [];
    const cost = async (mine: OmadaPort): Promise<number> => {
      await looks(mine, 2);
      const begin = records.length;
      await looks(mine);
      return records.slice(begin).filter((record) => record.kind === undefined).length;
    };
    const few = await opened(() =>
      connectWithoutWeb(simulator, { pollIntervalSeconds: 600 }, { onRequest: (one) => records.push(one) }),
    );
    const before = await cost(few);
    const made = Array.from({ length: 30 }, (_, at) => 200 + at);
    for (const vlan of made) await few.createNetwork({ name: `bulk-${vlan}`, purpose: "VLAN", vlan }, never);
    few.keepBusy("test", true);
    await until("all of them", () => made.every((vlan) => names(few).includes(`bulk-${vlan}`)));
    few.keepBusy("test", false);
    expect(await cost(few)).to.equal(before);
    expect(records.every((record) => !/[0-9a-f]{24}/.test(record.template))).to.equal(true);
    expect(records[0]).to.include({ method: "GET", template: "/api/info", status: 200 });
  });

  it("makes and changes networks by another way where a version does not have the first", async () => {
    const absent = { kind: "errorCode", code: -1600, msg: "Unsupported request path." };
    const dhcp = { enabled: true, ranges: [{ start: "192.168.91.10", end: "192.168.91.20" }], dns: [] };
    const wish = { name: "by-wizard", purpose: "Interface", vlan: 91, gatewaySubnet: "192.168.91.1/24", dhcp } as const;
    const network = (of: OmadaPort, name: string) => of.seen()?.networks?.find((one) => one.name === name);
    const withWeb = await opened(() => connectTo(simulator));
    await fault("", "openapi/v2/.*/lan-networks", absent, 1_000);
    const begin = (await log()).length;
    await withWeb.createNetwork(wish, never);
    await until("the network of the wizard", () => network(withWeb, "by-wizard") !== undefined);
    expect(network(withWeb, "by-wizard")).to.deep.include({ ...wish, dhcp: { ...dhcp, leaseSeconds: 7_200 } });
    expect((await since(begin)).some((entry) => entry.path.endsWith("/networks/confirm"))).to.equal(true);
    withWeb.close();
    const without = await opened(() => connectWithoutWeb(simulator));
    const other = { ...wish, name: "by-v1", vlan: 92, gatewaySubnet: "192.168.92.1/24" };
    const ranges = [{ start: "192.168.92.10", end: "192.168.92.20" }];
    await without.createNetwork({ ...other, dhcp: { ...dhcp, ranges } }, never);
    await until("the network of v1", () => network(without, "by-v1") !== undefined);
    const { id = "" } = network(without, "by-v1") ?? {};
    await without.updateNetwork(id, { dhcp: { leaseSeconds: 3_600 } }, never);
    await until("its lease", () => network(without, "by-v1")?.dhcp?.leaseSeconds === 3_600);
    expect(network(without, "by-v1")?.dhcp?.ranges).to.deep.equal(ranges);
  });

  it("P1: the lease is asked right before a write leaves, also when it was there when the write began", async () => {
    let held = true;
    port = connectTo(
      simulator,
      {},
      {
        allowed: () => {
          if (!held) throw new ProviderError("unreachable", "the lease is not held");
        },
      },
    );
    const mine = port;
    mine.want("test", ALL);
    await until("the first look", () => mine.seen()?.networks !== undefined);
    await simulator.admin("POST", "/faults", {
      method: "GET",
      path: "lan-networks$",
      count: 1,
      effect: { kind: "delay", ms: 300 },
    });
    const begin = (await log()).length;
    const late = mine.createNetwork({ name: "lease", purpose: "VLAN", vlan: 77 }, never);
    held = false;
    expect(await refusalOf(late)).to.include({ message: "the lease is not held" });
    expect((await since(begin)).filter((entry) => entry.write)).to.have.length(0);
  });
});
