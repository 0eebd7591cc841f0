import { expect } from "chai";
import { carriedBy, networkLocksOut, portLocksOut, ruleLocksOut } from "../../../controller/plan/network/lockOut.ts";
import type { Paths, PortChange, Traffic } from "../../../controller/plan/network/lockOut.ts";
import type { NetworkWish } from "../../../controller/providers/omadaPort.ts";
import type { ClientSeen, DeviceSeen } from "../../../controller/providers/omadaSeen.ts";
import { device, network, paths, site } from "./inputs.ts";

const omada = { what: "the Omada controller", address: "192.168.20.2" };
const proxmox = { what: "Proxmox host", address: "192.168.0.10" };
const onPath = paths({ hosts: [omada] });
const unknown = "it is, or may be, in use and Omada does not tell what hangs on it: it may carry the uplink";

describe("the network that carries the controller's path", () => {
  const rows: readonly (readonly [string, string, string | undefined, boolean])[] = [
    ["holds the address", "192.168.20.2", "192.168.20.1/24", true],
    ["does not hold it", "192.168.21.2", "192.168.20.1/24", false],
    ["has no address of its own", "192.168.20.2", undefined, false],
    ["is not of its family", "fd00::2", "192.168.20.1/24", false],
    ["is of its family", "fd00::2", "fd00::1/64", true],
    ["cannot hold what is no address", "omada.lan", "192.168.20.1/24", false],
    ["is no network", "192.168.20.2", "nonsense", false],
  ];
  for (const [title, address, gatewaySubnet, carries] of rows)
    it(`N2: ${title}`, () => {
      const found = carriedBy(
        { ...(gatewaySubnet === undefined ? {} : { gatewaySubnet }) },
        paths({ hosts: [{ ...omada, address }] }),
      );
      expect(found).to.equal(carries ? `the Omada controller (${address})` : undefined);
    });

  it("N2: may be where this process itself is", () => {
    expect(carriedBy(network(), paths({ own: ["192.168.20.9"] }))).to.equal("this controller itself (192.168.20.9)");
  });

  const cuts: readonly (readonly [Partial<NetworkWish> | "delete", string | undefined])[] = [
    ["delete", "it carries the Omada controller (192.168.20.2)"],
    [{ vlan: 30 }, "its VLAN would change under it"],
    [{ purpose: "VLAN" }, "its purpose would change under it"],
    [{ gatewaySubnet: "192.168.20.254/24" }, "its gateway address would change under it"],
    [{ isolated: true }, "its isolation would change under it"],
    [{ dhcp: { enabled: false } }, "its DHCP would change under it"],
    [{ vlan: 30, isolated: true }, "its VLAN and its isolation would change under it"],
    [{ isolated: false }, undefined],
    [{ dhcp: { enabled: true, leaseSeconds: 60 } }, undefined],
    [{ name: "lab", domain: "lan" }, undefined],
  ];
  for (const [wish, expected] of cuts)
    it(`N2: ${expected === undefined ? "may" : "must not"} be changed so: ${JSON.stringify(wish)}`, () => {
      const why = networkLocksOut(network(), wish, onPath);
      if (expected === undefined) expect(why).to.equal(undefined);
      else expect(why).to.include(expected).and.include("it carries the Omada controller (192.168.20.2)");
    });

  it("N2: may be changed and deleted when nobody of the path is in it", () => {
    const elsewhere = paths({ hosts: [proxmox] });
    expect(networkLocksOut(network(), "delete", elsewhere)).to.equal(undefined);
    expect(networkLocksOut(network(), { vlan: 30 }, elsewhere)).to.equal(undefined);
  });
});

const cerebro = device({ mac: "S1", name: "Cerebro" });
const second = device({ mac: "S2", name: "Second", uplink: { mac: "S1", port: 5 } });
const third = device({ mac: "S3", name: "Third", uplink: { mac: "S2", port: 1 } });
const ap = device({ mac: "A1", name: "Antenitas", role: "AccessPoint", uplink: { mac: "S1", port: 5 } });
const meshed = device({ mac: "A2", name: "Mesh", role: "AccessPoint", uplink: { mac: "A1" } });
const client = (ip: string | undefined, deviceMac: string, port?: number): ClientSeen => ({
  ...{ mac: ip ?? "x", name: "", wireless: false, deviceMac },
  ...(ip === undefined ? {} : { ip }),
  ...(port === undefined ? {} : { port }),
});

interface PortWish {
  readonly change?: Partial<PortChange>;
  readonly devices?: readonly DeviceSeen[];
  readonly clients?: readonly ClientSeen[] | "untold";
  readonly around?: Partial<Paths>;
}

/** A change of port 5 of the switch Cerebro, whose own cable is in port 1; the Omada controller is on port 2. */
function port({
  change,
  devices = [],
  clients = [client(omada.address, "S1", 2)],
  around,
}: PortWish): string | undefined {
  const seen = site({ devices: [cerebro, ...devices], ...(clients === "untold" ? {} : { clients }) });
  const whole = { device: cerebro, number: 5, linkUp: true, onlyAdds: false, ...change };
  return portLocksOut(whole, seen, paths({ hosts: [omada], localPorts: new Map([["S1", 1]]), ...around }));
}

describe("a change of a switch port", () => {
  const rows: readonly (readonly [string, PortWish, string | undefined])[] = [
    ["may be made where nobody of the path is", {}, undefined],
    ["that takes nothing away may be made anywhere", { change: { number: 1, onlyAdds: true } }, undefined],
    ["is refused on the port of its own cable", { change: { number: 1 } }, "the cable to its uplink is in it"],
    ["is refused where another switch hangs on it", { devices: [second] }, "the uplink of Second is in it"],
    [
      "is refused where the gateway hangs on it",
      { devices: [device({ mac: "G", name: "ER605", role: "Gateway", uplink: { mac: "S1", port: 5 } })] },
      "the uplink of ER605 is in it",
    ],
    ["may be made where an access point hangs on it", { devices: [ap] }, undefined],
    [
      "may be made where a switch hangs on another port",
      { devices: [device({ mac: "S2", uplink: { mac: "S1", port: 6 } })] },
      undefined,
    ],
    [
      "may be made where a switch hangs on that port of another switch",
      { devices: [device({ mac: "S2", uplink: { mac: "S9", port: 5 } })] },
      undefined,
    ],
    [
      "is refused where a host of the path is on it",
      { clients: [client(omada.address, "S1", 5)] },
      "the Omada controller (192.168.20.2) is behind it",
    ],
    [
      "is refused where a host of the path is behind its access point",
      { devices: [ap], clients: [client(omada.address, "A1")] },
      "the Omada controller (192.168.20.2) is behind it",
    ],
    [
      "is refused where a host of the path is behind a mesh of access points",
      { devices: [meshed, ap], clients: [client(omada.address, "A2")] },
      "the Omada controller (192.168.20.2) is behind it",
    ],
    [
      "is refused where this process is on it",
      { clients: [client("192.168.0.7", "S1", 5)], around: { own: ["192.168.0.7"] } },
      "this controller itself (192.168.0.7) is behind it",
    ],
    [
      "is refused where a guest is on it, and so its Proxmox host",
      { clients: [client("192.168.0.101", "S1", 5)], around: { guests: ["192.168.0.101"] } },
      "guest 192.168.0.101 is behind it, and so its Proxmox host",
    ],
    [
      "may be made where a host of the path is on that port of another switch",
      { clients: [client(omada.address, "S9", 5)] },
      undefined,
    ],
    [
      "may be made where somebody else is on it, though hosts of the path are nowhere seen",
      { clients: [client("192.168.0.99", "S1", 5)] },
      undefined,
    ],
    [
      "may be made where the link is down, though hosts of the path are nowhere seen",
      { change: { linkUp: false }, clients: "untold" },
      undefined,
    ],
    ["is refused where the link is up and hosts of the path are nowhere seen", { clients: [] }, unknown],
    ["is refused where nobody tells of clients", { clients: "untold" }, unknown],
    [
      "is refused where a client has no address and hosts are nowhere seen",
      { clients: [client(undefined, "S1", 5)] },
      unknown,
    ],
    ["is refused where it is not told whether the link is up", { change: { linkUp: undefined }, clients: [] }, unknown],
    ["is refused where only some hosts of the path are seen", { around: { hosts: [omada, proxmox] } }, unknown],
    [
      "is refused where it is not declared in which port the switch's own cable is",
      { around: { localPorts: new Map() } },
      unknown,
    ],
  ];
  for (const [title, wish, expected] of rows)
    it(`N2: ${title}`, () => {
      const why = port(wish);
      if (expected === undefined) expect(why).to.equal(undefined);
      else expect(why).to.include(expected);
    });

  it("N2: is judged to its end where cables go in a circle", () => {
    const back = device({ mac: "A1", role: "AccessPoint", uplink: { mac: "A3", port: 5 } });
    const ring = [ap, meshed, device({ mac: "A3", role: "AccessPoint", uplink: { mac: "A2" } }), back];
    expect(port({ devices: [...ring.slice(0, 3), third] })).to.equal(undefined);
    expect(port({ devices: ring })).to.equal(undefined);
  });
});

describe("a rule", () => {
  const mine = ["192.168.0.0/24"];
  const theirs = ["192.168.20.0/24"];
  const other = ["10.0.0.0/8"];
  const rows: readonly (readonly [string, Traffic, Partial<Paths>, boolean])[] = [
    ["that denies our way to a host is refused", { denies: true, from: mine, to: theirs }, {}, true],
    ["that denies a host's answer is refused", { denies: true, from: theirs, to: mine }, {}, true],
    ["that denies everything is refused", { denies: true, from: undefined, to: undefined }, {}, true],
    ["that denies everything from us is refused", { denies: true, from: mine, to: undefined }, {}, true],
    ["that allows cuts nothing", { denies: false, from: mine, to: theirs }, {}, false],
    ["that denies our way to others cuts nothing", { denies: true, from: mine, to: other }, {}, false],
    ["that denies others the way to a host cuts nothing", { denies: true, from: other, to: theirs }, {}, false],
    [
      "of a process whose place is not known is judged as if it were beside the hosts",
      { denies: true, from: theirs, to: theirs },
      { own: [] },
      true,
    ],
    [
      "of a process whose place is known is judged by that place",
      { denies: true, from: theirs, to: theirs },
      {},
      false,
    ],
    ["that covers one of two networks is refused", { denies: true, from: [...other, ...mine], to: theirs }, {}, true],
  ];
  for (const [title, traffic, around, cut] of rows)
    it(`N2: ${title}`, () => {
      const why = ruleLocksOut(traffic, paths({ hosts: [omada], own: ["192.168.0.7"], ...around }));
      expect(why).to.equal(
        cut ? "it covers the way from this controller to the Omada controller (192.168.20.2)" : undefined,
      );
    });
});
