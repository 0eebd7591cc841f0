import { expect } from "chai";
import { guessSegments } from "../../controller/import/networks.ts";
import type { NetworkInterface } from "../../controller/providers/port.ts";
import { found, inventoryOf } from "./found.ts";

const net = (more: Partial<NetworkInterface>): NetworkInterface => ({ key: "net0", name: "eth0", ...more });
const bridge = { name: "vmbr0", active: true, vlanAware: true, mtu: 1500 };

describe("guessing networks", () => {
  it("the untagged network of a bridge has the node's own addresses", () => {
    const guests = [found(101, { networks: [net({ bridge: "vmbr0", ipv4: "dhcp" })] })];
    const bridges = new Map([["pve1", [{ ...bridge, cidr: "10.0.0.11/24", gateway: "10.0.0.1" }]]]);
    expect(guessSegments(inventoryOf(guests, { bridges }))).to.deep.equal([
      {
        name: "lan",
        bridge: "vmbr0",
        cidr: "10.0.0.0/24",
        gateway: "10.0.0.1",
        because: "the address of bridge vmbr0 on node pve1",
      },
    ]);
  });

  it("a VLAN has those of a guest with a static address; without one it is none", () => {
    const guests = [
      found(101, { networks: [net({ bridge: "vmbr0", vlan: 20, ipv4: "dhcp" })] }),
      found(102, { networks: [net({ bridge: "vmbr0", vlan: 20, ipv4: "192.168.20.5/24", gateway4: "192.168.20.1" })] }),
      found(103, { networks: [net({ bridge: "vmbr0", vlan: 30, ipv4: "dhcp" })] }),
    ];
    const bridges = new Map([["pve1", [{ ...bridge, cidr: "10.0.0.11/24" }]]]);
    expect(guessSegments(inventoryOf(guests, { bridges }))).to.deep.equal([
      {
        name: "vlan-20",
        bridge: "vmbr0",
        vlan: 20,
        cidr: "192.168.20.0/24",
        gateway: "192.168.20.1",
        because: "the address of guest 102",
      },
    ]);
  });

  it("networks that overlap are not both declared, a single address is no network, a gateway outside is none", () => {
    const guests = [
      found(101, { networks: [net({ bridge: "vmbr1", vlan: 1, ipv4: "10.1.0.5/16", gateway4: "10.2.0.1" })] }),
      found(102, { networks: [net({ bridge: "vmbr1", vlan: 2, ipv4: "10.1.9.5/24" })] }),
      found(103, { networks: [net({ bridge: "vmbr1", vlan: 3, ipv4: "10.9.9.5/32" })] }),
      found(104, { networks: [net({ ipv4: "10.8.0.1/24" })] }),
    ];
    expect(guessSegments(inventoryOf(guests))).to.deep.equal([
      { name: "vlan-1", bridge: "vmbr1", vlan: 1, cidr: "10.1.0.0/16", because: "the address of guest 101" },
    ]);
  });

  it("networks of Omada come first, joined with the bridge that carries their VLAN or has their addresses", () => {
    const guests = [
      found(101, { networks: [net({ bridge: "vmbr0", ipv4: "192.168.0.2/24" })] }),
      found(102, { networks: [net({ bridge: "vmbr1", vlan: 30, ipv4: "dhcp" })] }),
      found(103, { networks: [net({ bridge: "vmbr0", vlan: 30, ipv4: "dhcp" })] }),
      found(104, { networks: [net({ bridge: "vmbr0", vlan: 30, ipv4: "10.3.0.4/24" })] }),
      found(105, { networks: [net({ bridge: "vmbr0", vlan: 40, ipv4: "10.4.0.4/24" })] }),
      found(106, { networks: [net({ bridge: "vmbr0", vlan: 50, ipv4: "192.168.30.9/24" })] }),
    ];
    const omada = { primary: false, purpose: "Interface" } as const;
    const found30 = { ...omada, id: "n30", name: "Cámaras", vlan: 30, gatewaySubnet: "192.168.30.1/24" };
    const found40 = { ...omada, id: "n40", name: "storage", vlan: 40, purpose: "VLAN" as const };
    const untold = { ...omada, id: "n60", name: "untold", vlan: 60, purpose: "VLAN" as const };
    const lan = { ...omada, id: "n1", name: "Default", vlan: 1, primary: true, gatewaySubnet: "192.168.0.1/24" };
    const segments = guessSegments(inventoryOf(guests), [lan, found30, found40, untold]);
    expect(segments).to.deep.equal([
      {
        name: "lan",
        bridge: "vmbr0",
        cidr: "192.168.0.0/24",
        gateway: "192.168.0.1",
        because: "network Default of Omada",
        network: lan,
      },
      {
        name: "camaras",
        bridge: "vmbr0",
        vlan: 30,
        cidr: "192.168.30.0/24",
        gateway: "192.168.30.1",
        because: "network Cámaras of Omada",
        network: found30,
      },
      {
        name: "storage",
        bridge: "vmbr0",
        vlan: 40,
        cidr: "10.4.0.0/24",
        because: "the address of guest 105",
        network: found40,
      },
    ]);
  });

  it("one VLAN on two bridges is one segment: the other's guests keep bridge and tag", () => {
    const guests = [
      found(101, { networks: [net({ bridge: "vmbr0", vlan: 20, ipv4: "10.1.0.5/24" })] }),
      found(102, { networks: [net({ bridge: "vmbr1", vlan: 20, ipv4: "10.2.0.5/24" })] }),
    ];
    expect(guessSegments(inventoryOf(guests)).map(({ name, bridge }) => `${name} ${bridge ?? ""}`)).to.deep.equal([
      "vlan-20 vmbr0",
    ]);
  });
});
