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
});
