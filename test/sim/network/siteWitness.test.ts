import { expect } from "chai";
import fc from "fast-check";
import type { OmadaPort } from "../../../controller/providers/omadaPort.ts";
import { NAMESPACE } from "../../fakes/lab.ts";
import { FAKE, WLAN_GROUP } from "../../fakes/omadaSite.ts";
import { NetworkHistory } from "./netHistory.ts";
import { netShapes, type NetShape } from "./netShape.ts";
import { judgeSite } from "./siteWitness.ts";

const never = new AbortController().signal;
const policies = { adoption: "Refuse", deletionPolicy: "Delete", driftPolicy: undefined, suspend: false } as const;

/** One segment of ours, and nothing else declared but the devices. */
function shapeOf(): NetShape {
  const [any] = fc.sample(netShapes(), { numRuns: 1, seed: 1 }) as [NetShape];
  const segment = { ...policies, vlan: 20, purpose: "Interface", isolated: undefined, dhcp: false } as const;
  return {
    ...any,
    ...{ version: "6.2.10.17", web: true, lagMs: 0, latencyMs: 0, hosted: false, wlans: [], rules: [] },
    segments: [{ ...segment, before: false, proxmox: false }],
    devices: { driftPolicy: "Report", localPort: true, ports: [], radio: false, named: false },
    clients: { ...policies, segment: -1, before: false },
  };
}

/** A site that has settled, its controller gone: what is sent now, no controller should. */
async function settled(): Promise<NetworkHistory> {
  const history = new NetworkHistory(shapeOf(), judgeSite);
  history.start();
  await history.pass(90_000);
  expect(history.violations, history.describe()).to.deep.equal([]);
  history.kill();
  return history;
}

async function send(history: NetworkHistory, run: (port: OmadaPort) => Promise<void>): Promise<void> {
  const port = history.site.port();
  await history.lab.clock.advance(1_000);
  const sent = run(port).catch((error: unknown) => error);
  await history.lab.clock.advance(1_000);
  await sent;
  port.close();
}

const ours = (history: NetworkHistory): string => history.site.networks.find(({ name }) => name === "net0")?.id ?? "";

const blamed: readonly (readonly [
  rule: string,
  what: string,
  (port: OmadaPort, history: NetworkHistory) => Promise<void>,
  told: string,
])[] = [
  [
    "I9",
    "a network that nobody declares",
    (port) => port.createNetwork({ name: "stray", purpose: "VLAN", vlan: 77 }, never),
    "nobody's of ours",
  ],
  ["I9", "the end of the default network", (port) => port.deleteNetwork("net-default", never), "default network"],
  ["deleted", "the end of what is declared", (port, h) => port.deleteNetwork(ours(h), never), "is not being deleted"],
  ["I9", "the end of a person's SSID", (port) => port.deleteWlan({ groupId: WLAN_GROUP, id: "w9" }, never), "nobody's"],
  [
    "A11",
    "a write of what nobody declares",
    (port, h) => port.updateNetwork(ours(h), { isolated: true }, never),
    "nobody declares isolated",
  ],
  [
    "N2",
    "a network taken from under the path",
    (port) => port.updateNetwork("net-default", { gatewaySubnet: "192.168.1.1/24" }, never),
    "it carries 192.168.0.2",
  ],
  [
    "N2",
    "a port of the path switched off",
    (port) => port.setPort(FAKE.switch, 4, { enabled: false }, never),
    "192.168.0.2",
  ],
  [
    "I4",
    "a port changed with driftPolicy Report",
    (port) => port.setPort(FAKE.switch, 12, { name: "x" }, never),
    "driftPolicy",
  ],
];

/** A rule that nothing can break says nothing: each is broken once, and the witness sees it. */
describe("the witness of a site", () => {
  for (const [rule, what, run, told] of blamed)
    it(`${rule}: sees ${what}`, async () => {
      const history = await settled();
      history.lab.start();
      await send(history, (port) => run(port, history));
      history.kill();
      expect(history.violations.filter((line) => line.startsWith(`${rule}: `)).join()).to.include(told);
    });

  it("P1: sees a write without the lease, and L2: one without a Homelab", async () => {
    const history = await settled();
    history.lab.kube.delete(history.lab.key("Homelab", "home"));
    await send(history, (port) => port.updateNetwork(ours(history), { isolated: true }, never));
    expect(history.violations.join()).to.include("P1: ").and.include("L2: ");
  });

  it("I5: sees a deletion before its minute is over; I7: one in a namespace that goes", async () => {
    const history = await settled();
    history.lab.kube.delete(history.lab.key("NetworkSegment", "net0"));
    await history.pass(2_000);
    history.lab.kube.terminateNamespace(NAMESPACE);
    await send(history, (port) => port.deleteNetwork(ours(history), never));
    expect(history.violations.join()).to.include("I5: ").and.include("I7: ");
  });

  it("N4: sees a create while no list shows the one before", async () => {
    const history = await settled();
    history.site.lagMs = 20_000;
    await send(history, (port) => port.createNetwork({ name: "net0", purpose: "VLAN", vlan: 78 }, never));
    await send(history, (port) => port.createNetwork({ name: "one", purpose: "VLAN", vlan: 78 }, never));
    await send(history, (port) => port.createNetwork({ name: "two", purpose: "VLAN", vlan: 79 }, never));
    expect(history.violations.join()).to.include("N4: ");
  });
});
