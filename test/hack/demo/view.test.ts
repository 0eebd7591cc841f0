import { expect } from "chai";
import type { ClientGroup, Container, HomelabLayer, NetworkDevice } from "../../../controller/api/index.ts";
import { fitted, inkFor, plain } from "../../../hack/demo/ink.ts";
import type { Scene } from "../../../hack/demo/scene.ts";
import type { Progress } from "../../../hack/demo/progress.ts";
import { draw } from "../../../hack/demo/view.ts";

const ready = (status: string, reason: string): object => ({
  conditions: [{ type: "Ready", status, reason, message: "" }],
});

function guest(name: string, vmid: number, status: object): Container {
  return { metadata: { name }, spec: { vmid, layerRef: { name: "core" } }, status } as unknown as Container;
}

const layer = {
  metadata: { name: "core" },
  status: { ...ready("False", "Gating"), order: 1, summary: { members: "1/2" } },
} as unknown as HomelabLayer;

const scene: Scene = {
  homelab: {
    status: { ...ready("False", "Booting"), summary: { layers: "0/1", guests: "1/2" } },
  } as unknown as NonNullable<Scene["homelab"]>,
  cluster: { status: { version: "9.2.11" } } as unknown as NonNullable<Scene["cluster"]>,
  layers: [layer],
  containers: [
    guest("web", 102, {
      ...ready("False", "StoppedByHand"),
      powerState: "Stopped",
      hold: { by: "root@pam", time: "2026-01-01T00:00:00Z" },
    }),
    guest("db", 101, {
      ...ready("True", "Settled"),
      powerState: "Running",
      health: "Healthy",
      lastStart: { bootID: "b", requestTime: "2026-01-01T00:00:00.000Z", healthyTime: "2026-01-01T00:00:03.500Z" },
    }),
  ],
  network: { controller: undefined, segments: [], devices: [], wlans: [], rules: [], groups: [] },
  happenings: [],
};

const story: readonly Progress[] = ["one", "two", "three", "four"].map((id, index) => ({
  id,
  title: id,
  state: index < 2 ? "seen" : index === 2 ? "playing" : "pending",
  detail: "",
  seconds: 0,
}));

describe("the demo's view", () => {
  it("draws the tree with state, health, timing and who holds what", () => {
    const lines = draw({ scene, story, seconds: 4, ink: plain }, 40).map((line) => line.trimEnd());
    expect(lines.slice(0, 5)).to.deep.equal([
      "homelab-controller · Booting · layers 0/1 · healthy 1/2 · 4 s · Proxmox VE 9.2.11 (simulated)",
      "1 core                          1/2                Gating",
      "  ●  101 db                     Running  Healthy   Settled         up in 3.5 s",
      "  ○  102 web                    Stopped            StoppedByHand   held for root@pam",
      "",
    ]);
    expect(lines).to.include.members(["✔ one", "✔ two", "… three", "· four"]);
  });

  it("draws the network: on a tall screen a line for each device, else one line", () => {
    const device = (name: string, uplink: string, said: object): NetworkDevice =>
      ({
        ...{ metadata: { name }, spec: { role: name === "er605" ? "Gateway" : "AccessPoint", model: "EAP225" } },
        status: { ...said, summary: { uplink } },
      }) as unknown as NetworkDevice;
    const group = { status: { ...ready("True", "Settled"), summary: { online: "6/6" } } } as unknown as ClientGroup;
    const network: Scene["network"] = {
      ...scene.network,
      controller: {
        status: { ...ready("True", "Settled"), version: "6.2.10", summary: { devices: "2/2" } },
      } as unknown as NonNullable<Scene["network"]["controller"]>,
      devices: [
        device("antenitas", "Cerebro:3", ready("False", "WiringDiffers")),
        device("er605", "WAN1", ready("True", "Settled")),
      ],
      groups: [group],
    };
    const drawn = (rows: number): readonly string[] =>
      draw({ scene: { ...scene, network }, story, seconds: 4, ink: plain }, rows).map((line) => line.trimEnd());
    expect(drawn(45).slice(4, 8)).to.deep.equal([
      "  network                       2/2                Settled         Omada 6.2.10 (simulated)",
      "  ● er605                       WAN1               Settled         EAP225",
      "  ○ antenitas                   Cerebro:3          WiringDiffers   EAP225",
      "  ● segments 0/0  ● SSIDs 0/0  ● rules 0/0  ○ clients 6",
    ]);
    expect(drawn(24)[4]).to.equal("  network  ○ devices 1/2  ● segments 0/0  ● SSIDs 0/0  ● rules 0/0  ○ clients 6");
    for (let rows = 1; rows < 60; rows += 1) expect(drawn(rows).length).to.be.at.most(rows);
  });

  it("never needs more lines than there are, and keeps the present step in sight", () => {
    for (let rows = 1; rows < 40; rows += 1) {
      const lines = draw({ scene, story, seconds: 4, ink: plain }, rows);
      expect(lines.length).to.be.at.most(rows);
      if (rows > 20) expect(lines).to.include("… three");
    }
  });

  it("has colours only on a terminal, and not where NO_COLOR is set", () => {
    expect(inkFor(true, {})("green", "x")).to.equal("\u001b[32mx\u001b[39m");
    expect(inkFor(false, {})("green", "x")).to.equal("x");
    expect(inkFor(true, { NO_COLOR: "1" })("green", "x")).to.equal("x");
    expect(inkFor(true, { TERM: "dumb" })("green", "x")).to.equal("x");
  });

  it("cuts a line by what is seen of it, and leaves no colour on", () => {
    const green = inkFor(true, {})("green", "abcdef");
    expect(fitted(green, 6)).to.equal(green);
    expect(fitted(green, 4)).to.equal("\u001b[32mabc\u001b[39m…");
  });
});
