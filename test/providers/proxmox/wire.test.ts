import { expect } from "chai";
import fc from "fast-check";
import type { Mount, NetworkInterface, Startup } from "../../../controller/providers/port.ts";
import { present } from "../../../controller/providers/shared/decode.ts";
import {
  newVolume,
  parseContainerNet,
  parseFeatures,
  parseMount,
  parseSize,
  parseStartup,
  parseTags,
  parseVmNet,
  printContainerNet,
  printFeatures,
  printMount,
  printSize,
  printStartup,
  printTags,
} from "../../../controller/providers/proxmox/wire.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
const mac = fc
  .array(fc.nat(255), { minLength: 5, maxLength: 5 })
  .map((bytes) => ["BC", ...bytes.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase())].join(":"));
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const seconds = maybe(fc.nat(9999));

const net: fc.Arbitrary<NetworkInterface> = fc
  .record({
    key: fc.constant("net0"),
    name: word,
    bridge: maybe(word),
    vlan: maybe(fc.integer({ min: 1, max: 4094 })),
    mtu: maybe(fc.integer({ min: 64, max: 65535 })),
    mac: maybe(mac),
    firewall: maybe(fc.boolean()),
    ipv4: maybe(fc.constantFrom("dhcp", "manual", "10.0.20.5/24")),
    gateway4: maybe(fc.constant("10.0.20.1")),
    ipv6: maybe(fc.constantFrom("auto", "fd00::5/64")),
    gateway6: maybe(fc.constant("fd00::1")),
  })
  .map((fields) => present(fields));

const mount: fc.Arbitrary<Mount> = fc
  .record({
    key: fc.constant("mp0"),
    volume: word.map((name) => `local-zfs:subvol-${name}`),
    sizeMiB: maybe(fc.integer({ min: 1, max: 1 << 24 })),
    path: maybe(word.map((name) => `/${name}`)),
    backup: maybe(fc.boolean()),
    readOnly: maybe(fc.boolean()),
  })
  .map((fields) => present(fields));

describe("property strings of Proxmox", () => {
  it("an interface of a container reads back as written", () => {
    fc.assert(
      fc.property(net, ({ key, ...rest }) => {
        expect(parseContainerNet(key, printContainerNet(rest))).to.deep.equal({ key, ...rest });
      }),
    );
  });

  it("the order of the parts does not matter", () => {
    fc.assert(
      fc.property(net, fc.nat(20), fc.boolean(), ({ key, ...rest }, shift, reversed) => {
        const parts = printContainerNet(rest).split(",");
        const at = shift % parts.length;
        const turned = [...parts.slice(at), ...parts.slice(0, at)];
        const other = (reversed ? turned.toReversed() : turned).join(",");
        expect(parseContainerNet(key, other)).to.deep.equal({ key, ...rest });
      }),
    );
  });

  it("a mount reads back as written", () => {
    fc.assert(
      fc.property(mount, ({ key, ...rest }) => {
        expect(parseMount(key, printMount(rest))).to.deep.equal({ key, ...rest });
      }),
    );
  });

  it("sizes, startup, features and tags read back as written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1 << 30 }), (mib) => {
        expect(parseSize(printSize(mib))).to.equal(mib);
      }),
    );
    fc.assert(
      fc.property(fc.record({ order: seconds, upSeconds: seconds, downSeconds: seconds }), (fields) => {
        const startup: Startup = present(fields);
        expect(parseStartup(printStartup(startup))).to.deep.equal(startup);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(word, fc.constantFrom("0", "1", "nfs;cifs")), (features) => {
        expect(parseFeatures(printFeatures(features))).to.deep.equal({ ...features });
      }),
    );
    fc.assert(
      fc.property(fc.array(word), (tags) => {
        expect(parseTags(printTags(tags))).to.deep.equal([...new Set(tags)].toSorted());
      }),
    );
  });

  it("reads what Proxmox prints", () => {
    const text = "name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:AA:BB:CC,ip=dhcp,tag=20,type=veth";
    expect(parseContainerNet("net0", text)).to.deep.equal({
      key: "net0",
      name: "eth0",
      bridge: "vmbr0",
      vlan: 20,
      mac: "BC:24:11:AA:BB:CC",
      firewall: true,
      ipv4: "dhcp",
    });
    expect(parseMount("rootfs", "local-zfs:subvol-101-disk-0,size=1536M")).to.deep.equal({
      key: "rootfs",
      volume: "local-zfs:subvol-101-disk-0",
      sizeMiB: 1536,
    });
    expect(parseMount("mp0", "/srv/data,mp=/data,ro=1")).to.include({
      volume: "/srv/data",
      path: "/data",
      readOnly: true,
    });
    expect([parseSize("8G"), parseSize("1T"), parseSize("528K"), parseSize("1048576")]).to.deep.equal([
      8192,
      1048576,
      528 / 1024,
      1,
    ]);
  });

  it("reads both forms of a VM's interface, with what cloud-init gives it", () => {
    const wanted = {
      key: "net0",
      name: "net0",
      model: "virtio",
      bridge: "vmbr0",
      vlan: 20,
      mac: "BC:24:11:00:00:01",
    };
    const ip = { ipv4: "10.0.20.7/24", gateway4: "10.0.20.1" };
    expect(
      parseVmNet("net0", "virtio=bc:24:11:00:00:01,bridge=vmbr0,tag=20", "ip=10.0.20.7/24,gw=10.0.20.1"),
    ).to.deep.equal({ ...wanted, ...ip });
    expect(parseVmNet("net0", "model=virtio,macaddr=BC:24:11:00:00:01,bridge=vmbr0,tag=20", undefined)).to.deep.equal(
      wanted,
    );
  });

  it("reads lists with any separator; an emptied list, which comes back as a blank, is empty", () => {
    expect(parseTags("K8s;managed k8s,x")).to.deep.equal(["k8s", "managed", "x"]);
    expect(parseTags(" ")).to.deep.equal([]);
    expect(parseStartup("3")).to.deep.equal({ order: 3 });
  });

  it("asks for a new volume in GiB, with decimals where needed", () => {
    expect(newVolume("local-zfs", 8192)).to.equal("local-zfs:8");
    expect(newVolume("local-zfs", 512)).to.equal("local-zfs:0.5");
  });
});
