import { expect } from "chai";
import type { GuestRef, ProxmoxPort } from "../../../controller/providers/port.ts";
import { startProxmoxSimulator, type RunningSimulator } from "../../simulators/proxmox/startProxmoxSimulator.ts";
import { errorOf } from "./host.ts";
import { accessLog, connectTo, until } from "./simulated.ts";

const signal = new AbortController().signal;
const status = (code: number, text: string): object => ({ kind: "status", status: code, text });

/** How an answer fails, and the words that a person then reads. */
const failures: readonly (readonly [what: string, effect: object, words: RegExp])[] = [
  ["595, no route to the node", status(595, "No route to host"), /^No route to host$/],
  ["595, no answer of the node", status(595, "Connection timed out"), /^Connection timed out$/],
  ["596, a daemon that is busy", status(596, "Connection timed out"), /^Connection timed out$/],
  ["597, a body that broke off behind the proxy", status(597, "Unexpected end-of-file"), /^Unexpected end-of-file$/],
  ["598, a body that the proxy gave up", status(598, "Request aborted"), /^Request aborted$/],
  ["599, anything else behind the proxy", status(599, "Too many redirections"), /^Too many redirections$/],
  ["502, a gateway before Proxmox", status(502, "Bad Gateway"), /^Bad Gateway$/],
  ["504, a gateway before Proxmox", status(504, "Gateway Timeout"), /^Gateway Timeout$/],
  ["half a body", { kind: "halfBody" }, /^https:.* does not answer: ./],
];

/** What the wire can do to one call (contract 11.2), with the real adapter on real HTTPS. Each call has a guest of its own. */
describe("an answer that fails on the wire", function () {
  this.timeout(40_000);
  let simulator: RunningSimulator;
  let port: ProxmoxPort;
  let used = 600;

  before(async () => {
    const guests = Array.from({ length: 2 * failures.length + 2 }, (_, index) => ({
      vmid: 601 + index,
      running: false,
    }));
    simulator = await startProxmoxSimulator({ speed: 50, guests });
    // Looks of its own would take the faults that are meant for the calls.
    port = connectTo(simulator, { pollIntervalSeconds: 600 });
    await until("the first look", () => port.reach().is === "reachable");
  });

  after(async () => {
    port.close();
    await simulator.stop();
  });

  const next = (): GuestRef => ({ type: "lxc", node: "pve1", vmid: ++used });
  const meets = (method: string, path: string, effect: object): Promise<unknown> =>
    simulator.admin("POST", "/faults", { method, path, count: 1, effect });
  const starts = async ({ vmid }: GuestRef): Promise<number> =>
    (await accessLog(simulator)).filter((one) => one.method === "POST" && one.path.includes(`/${vmid}/status/start`))
      .length;
  const runs = async (ref: GuestRef): Promise<boolean> => (await port.readGuest(ref, signal)).power === "Running";

  for (const [what, effect, words] of failures) {
    it(`O3: ${what}: a read says that nobody answered, in those words and with the call, and the next one is answered`, async () => {
      const ref = { type: "lxc", node: "pve1", vmid: 601 } as const;
      await meets("GET", "lxc/601/status/current$", effect);
      const error = await errorOf(port.readGuest(ref, signal));
      expect(error).to.include({ kind: "unreachable", call: "GET /nodes/pve1/lxc/601/status/current" });
      expect(error.message, error.message).to.match(words);
      expect((await port.readGuest(ref, signal)).vmid).to.equal(601);
      expect(port.reach().is).to.equal("reachable");
    });

    it(`A2: ${what}: of a start nobody knows what became; it is sent once, with its effect`, async () => {
      const ref = next();
      const after = (effect as { kind: string }).kind === "status" ? { ...effect, after: true } : effect;
      await meets("POST", `lxc/${ref.vmid}/status/start$`, after);
      const error = await errorOf(port.start(ref, signal));
      expect(error).to.include({
        kind: "outcomeUnknown",
        call: `POST /nodes/pve1/lxc/${ref.vmid}/status/start`,
      });
      expect(error.message, error.message).to.match(words);
      await until("it runs", () => runs(ref));
      expect(await starts(ref)).to.equal(1);
    });
  }

  it("A2: a status of the proxy's before anything was done is as unknown, and no second start is sent", async () => {
    const ref = next();
    await meets("POST", `lxc/${ref.vmid}/status/start$`, status(595, "No route to host"));
    expect(await errorOf(port.start(ref, signal))).to.include({ kind: "outcomeUnknown", status: 595 });
    expect(await starts(ref)).to.equal(1);
    expect(await port.tasks("pve1", { vmid: ref.vmid }, signal)).to.deep.equal([]);
  });

  it("O3: a body that takes its time is an answer", async () => {
    await meets("GET", "lxc/601/status/current$", { kind: "slowBody", ms: 700 });
    expect((await port.readGuest({ type: "lxc", node: "pve1", vmid: 601 }, signal)).vmid).to.equal(601);
  });
});
