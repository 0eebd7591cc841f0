import { expect } from "chai";
import { BridgeBook, type BridgeQuestion } from "../../../controller/reconcilers/network/bridgeBook.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { clusterSeen, never, node, scriptedPort } from "../scriptedPort.ts";

const lan: BridgeQuestion = { asker: "NetworkSegment/lab/lan", text: "1" };
const MINUTE_MS = 60_000;

/** A book, and a cluster that counts how often the bridges of its nodes are read. */
function bench(): {
  readonly clock: FakeClock;
  readonly online: Set<string>;
  readonly reads: string[];
  readonly ask: (question?: BridgeQuestion) => Promise<readonly string[]>;
} {
  const clock = new FakeClock();
  const book = new BridgeBook(clock);
  const online = new Set(["pve1"]);
  const reads: string[] = [];
  const port = scriptedPort({
    seen: () => clusterSeen([], { nodes: ["pve1", "pve2"].map((name) => node({ name, online: online.has(name) })) }),
    bridges: (name) => {
      reads.push(name);
      return Promise.resolve([{ name: "vmbr0", active: true, vlanAware: true, mtu: 1500 }]);
    },
  });
  return { clock, online, reads, ask: async (question = lan) => [...(await book.of(port, question, never)).keys()] };
}

describe("the bridges of the nodes", () => {
  it("O1: are not read again for passes that ask nothing new", async () => {
    const { reads, ask, clock } = bench();
    for (let pass = 0; pass < 20; pass++) {
      expect(await ask()).to.deep.equal(["pve1"]);
      await clock.advance(2_000);
    }
    expect(reads).to.deep.equal(["pve1"]);
  });

  it("are read again after some minutes, once for all segments", async () => {
    const { reads, ask, clock } = bench();
    const other = { asker: "NetworkSegment/lab/cameras", text: "1" };
    await ask();
    await ask(other);
    reads.length = 0;
    await clock.advance(5 * MINUTE_MS);
    await ask();
    await ask(other);
    expect(reads).to.deep.equal(["pve1"]);
  });

  it("are read for what a person declares or asks for anew", async () => {
    const { reads, ask } = bench();
    await ask();
    await ask({ ...lan, text: "2" });
    await ask({ asker: "NetworkSegment/lab/new", text: "1" });
    expect(reads).to.have.length(3);
  });

  it("are read of a node that is there again, and of no node that is away", async () => {
    const { reads, ask, online } = bench();
    await ask();
    online.clear();
    expect(await ask()).to.deep.equal([]);
    online.add("pve1").add("pve2");
    expect(await ask()).to.deep.equal(["pve1", "pve2"]);
    expect(reads).to.deep.equal(["pve1", "pve1", "pve2"]);
  });

  it("a read that failed leaves the question open", async () => {
    const clock = new FakeClock();
    const book = new BridgeBook(clock);
    let reads = 0;
    const port = scriptedPort({
      bridges: () => (reads++ === 0 ? Promise.reject(new Error("away")) : Promise.resolve([])),
    });
    const failure = await book.of(port, lan, never).catch((error: unknown) => (error as Error).message);
    expect(failure).to.equal("away");
    expect([...(await book.of(port, lan, never)).keys()]).to.deep.equal(["pve1"]);
    expect(reads).to.equal(2);
  });
});
