import { expect } from "chai";
import { startOmadaSimulator, type RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { openOmada, rowsOf, type OmadaAnswer, type OmadaClient } from "./omadaClient.ts";

interface Logged {
  readonly sequence: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly errorCode?: number;
  readonly write: boolean;
  readonly effect?: string;
  readonly fault?: string;
  readonly body: Record<string, unknown>;
}

const LIST = "lan-networks?page=1&pageSize=100";
const body = (name: string, vlan: number): object => ({ name, purpose: 0, vlan, igmpSnoopEnable: false });

describe("what can go wrong with a simulated Omada controller", () => {
  let simulator: RunningOmadaSimulator;
  let client: OmadaClient;
  let vlan = 100;

  before(async () => {
    simulator = await startOmadaSimulator({ listLagSeconds: 0, speed: 50 });
    client = await openOmada(simulator);
    for (let index = 1; index <= 3; index += 1) await client.call("POST", "lan-networks", body(`n${index}`, index + 1));
  });

  after(() => simulator.stop());

  const arm = (effect: object, change: object = {}): Promise<unknown> =>
    simulator.admin("POST", "/faults", { path: "lan-networks$", count: 1, ...change, effect });

  const create = (name: string): Promise<OmadaAnswer | Error> => {
    vlan += 1;
    return client.call("POST", "lan-networks", body(name, vlan)).catch((error: unknown) => error as Error);
  };
  const exists = async (name: string): Promise<boolean> =>
    (await client.find("lan-networks", "name", name)) !== undefined;

  const outcomes: readonly [string, object, string, boolean][] = [
    ["an errorCode with HTTP 200 before anything happens", { kind: "errorCode", code: -39051 }, "-39051", false],
    ["an errorCode once it has happened", { kind: "errorCode", code: -1, after: true }, "-1", true],
    ["a status of the server", { kind: "status", status: 503, text: "busy" }, "HTTP 503", false],
    ["the login page", { kind: "loginPage" }, "HTTP 200", false],
    ["the login page once it has happened", { kind: "loginPage", after: true }, "HTTP 200", true],
    ["a connection cut before", { kind: "reset", when: "before" }, "cut", false],
    ["a connection cut after", { kind: "reset", when: "after" }, "cut", true],
    ["half a body", { kind: "halfBody" }, "cut", true],
    ["a slow body", { kind: "slowBody", ms: 50 }, "0", true],
  ];
  for (const [index, [what, effect, expected, happened]] of outcomes.entries()) {
    it(`${what}: ${happened ? "it happened" : "nothing happened"}`, async () => {
      await arm(effect, { method: "POST" });
      const answer = await create(`fault-${index}`);
      const seen = answer instanceof Error ? "cut" : String(answer.errorCode ?? `HTTP ${answer.status}`);
      expect(seen).to.equal(expected);
      expect(await exists(`fault-${index}`)).to.equal(happened);
      expect(await simulator.admin("GET", "/faults")).to.deep.equal([]);
    });
  }

  describe("N1: lists that lie", () => {
    before(async () => {
      for (const row of await client.rows("lan-networks"))
        if (!/^(Default|n\d)$/.test(String(row["name"])))
          await client.call("DELETE", `lan-networks/${String(row["id"])}`);
    });

    it("empty, and the counters say so", async () => {
      await arm({ kind: "emptyList" });
      expect((await client.call("GET", LIST)).result)
        .to.include({ totalRows: 0 })
        .and.deep.include({ data: [] });
    });

    it("shrunk, and the counters say so", async () => {
      await arm({ kind: "shrunkList" });
      const answer = await client.call("GET", LIST);
      expect([answer.result["totalRows"], rowsOf(answer).length]).to.deep.equal([2, 2]);
    });

    it("half a page, and the counters know better", async () => {
      await arm({ kind: "halfPage" });
      const answer = await client.call("GET", LIST);
      expect([answer.result["totalRows"], rowsOf(answer).length]).to.deep.equal([4, 2]);
    });

    it("whole again afterwards", async () => {
      expect(rowsOf(await client.call("GET", LIST))).to.have.length(4);
    });
  });

  it("meets requests after some that pass, and as many as told", async () => {
    await arm({ kind: "errorCode", code: -1 }, { skip: 1, count: 2 });
    const codes = [];
    for (let index = 0; index < 4; index += 1) codes.push((await client.call("GET", LIST)).errorCode);
    expect(codes).to.deep.equal([0, -1, -1, 0]);
  });

  it("a busy site refuses every write and no read", async () => {
    await simulator.admin("PUT", "/busy", { busy: true });
    expect(await create("busy")).to.include({ errorCode: -33004 });
    expect((await client.call("GET", LIST)).errorCode).to.equal(0);
    await simulator.admin("PUT", "/busy", { busy: false });
    expect(await create("busy")).to.include({ errorCode: 0 });
  });

  it("more than five writes at once fail", async () => {
    const slow = await startOmadaSimulator({ writeMs: 1000 });
    const other = await openOmada(slow);
    const writes = Array.from({ length: 8 }, (_, index) =>
      other.call("POST", "lan-networks", body(`many-${index}`, index + 2)),
    );
    const codes = (await Promise.all(writes)).map((answer) => answer.errorCode);
    await slow.stop();
    expect(codes.toSorted()).to.deep.equal([-1, -1, -1, 0, 0, 0, 0, 0]);
  });

  it("N4: a list does not show yet what was just created, and its name is taken all the same", async () => {
    const late = await startOmadaSimulator({ listLagSeconds: 3600 });
    const other = await openOmada(late);
    expect((await other.call("POST", "lan-networks", body("late", 77))).errorCode).to.equal(0);
    expect(rowsOf(await other.call("GET", LIST)).map((row) => row["name"])).to.deep.equal(["Default"]);
    expect(await other.find("lan-profiles", "name", "late")).to.equal(undefined);
    expect((await other.call("POST", "lan-networks", body("late", 78))).errorCode).to.equal(-33500);
    await late.stop();
  });

  it("its restart cuts connections and forgets tokens", async () => {
    await simulator.admin("POST", "/controller/restart", { stayDown: true });
    expect(await client.call("GET", LIST).catch(() => "away")).to.equal("away");
    await simulator.admin("POST", "/controller/start");
    expect((await client.call("GET", LIST)).errorCode).to.equal(-44113);
    client = await openOmada(simulator);
  });

  it("the witness: each request with what it did, without secrets", async () => {
    const before = ((await simulator.admin("GET", "/log")) as Logged[]).at(-1)?.sequence ?? 0;
    await create("seen");
    await client.call("GET", LIST);
    const wlan = String(rowsOf(await client.call("GET", "wireless-network/wlans"))[0]?.["wlanId"]);
    await client.call("POST", `wireless-network/wlans/${wlan}/ssids`, { pskSetting: { securityKey: "hush-hush" } });
    const log = (await simulator.admin("GET", `/log?since=${before}`)) as Logged[];
    expect(log[0]).to.include({ method: "POST", errorCode: 0, write: true, effect: "network seen created" });
    expect(log[1]).to.include({ method: "GET", write: false }).and.not.have.property("effect");
    expect(log[3]).to.include({ errorCode: -1001, write: true }).and.not.have.property("effect");
    expect(JSON.stringify(log)).to.not.include("hush-hush");
    const counts = (await simulator.admin("GET", `/counts?since=${before}`)) as Record<string, unknown>;
    expect(counts).to.include({ requests: 4, writes: 2, effects: 1 });
    expect(counts["byCall"]).to.include({ "GET /openapi/v1/*/sites/*/lan-networks": 1 });
  });
});
