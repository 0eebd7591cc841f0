import { expect } from "chai";
import { ApiError } from "./proxmox/apiError.ts";
import { bytesOf, normalTags, sizeText } from "./proxmox/guestSettings.ts";
import { LXC_CONFIG } from "./proxmox/lxcSchema.ts";
import { flag, GUEST, type Params } from "./proxmox/schema.ts";
import { validate, type RawValue } from "./proxmox/validate.ts";

const PARAMS: Params = { ...GUEST, ...LXC_CONFIG, restore: flag, unique: { ...flag, requires: "restore" } };

function complaints(raw: Record<string, RawValue>): Readonly<Record<string, string>> {
  try {
    validate(PARAMS, { node: "pve1", vmid: 101, ...raw });
    return {};
  } catch (error) {
    return (error as ApiError).errors ?? {};
  }
}

const UNKNOWN = "property is not defined in schema and the schema does not allow additional properties";
const MISSING = "property is missing and it is not optional";

/** The texts of the real validator (contract §1.4). */
const TABLE: readonly (readonly [Record<string, RawValue>, Record<string, string>])[] = [
  [{ vmid: "99" }, { vmid: "invalid format - value does not look like a valid VM ID\n" }],
  [{ vmid: "x" }, { vmid: "type check ('integer') failed - got 'x'" }],
  [{ node: "a_b" }, { node: "invalid format - value does not look like a valid node name\n" }],
  [{ foo: 1 }, { foo: UNKNOWN }],
  [{ net0: "bridge=vmbr0" }, { net0: `invalid format - format error\nnet0.name: ${MISSING}\n` }],
  [{ net0: "name=eth0,foo=1" }, { net0: `invalid format - format error\nnet0.foo: ${UNKNOWN}\n` }],
  [{ net0: "name=a,name=b" }, { net0: "invalid format - duplicate key in comma-separated list property: name\n" }],
  [{ net0: "eth0" }, { net0: "invalid format - value without key, but schema does not define a default key\n" }],
  [
    { net0: "name=eth0,tag=5000" },
    { net0: "invalid format - format error\nnet0.tag: value must have a maximum value of 4094\n" },
  ],
  [
    { net0: "name=eth0,firewall=maybe" },
    { net0: "invalid format - format error\nnet0.firewall: type check ('boolean') failed - got 'maybe'\n" },
  ],
  [
    { net0: "name=eth0,ip=10.0.0.1" },
    {
      net0: "invalid format - format error\nnet0.ip: invalid format - value does not look like a valid ipv4 network configuration\n\n",
    },
  ],
  [
    { net0: "name=eth0,hwaddr=01:00:5e:00:00:01" },
    {
      net0: "invalid format - format error\nnet0.hwaddr: invalid format - value does not look like a valid unicast MAC address\n\n",
    },
  ],
  [{ memory: "8" }, { memory: "value must have a minimum value of 16" }],
  [{ memory: "" }, { memory: "type check ('integer') failed - got ''" }],
  [{ memory: true }, { memory: "type check ('integer') failed - got JSON::PP::Boolean" }],
  [{ memory: ["1", "2"] }, { memory: "type check ('integer') failed - got ARRAY" }],
  [{ memory: 640.5 }, { memory: "type check ('integer') failed - got '640.5'" }],
  [{ onboot: "true" }, { onboot: "type check ('boolean') failed - got 'true'" }],
  [{ onboot: true }, {}],
  [{ tags: "a!b" }, { tags: "invalid format - invalid characters in tag\n" }],
  [{ hostname: "a_b" }, { hostname: "invalid format - value does not look like a valid DNS name\n" }],
  [{ startup: "order=1,up=x" }, { startup: "invalid format - unable to parse startup options\n" }],
  [
    { arch: "foo" },
    { arch: "value 'foo' does not have a value in the enumeration 'amd64, i386, arm64, armhf, riscv32, riscv64'" },
  ],
  [{ unique: 1 }, { restore: "missing property required by 'unique'" }],
  [{ net0: { name: "x" } }, { net0: "type check ('string') failed - got HASH" }],
  [{ net32: "name=eth0" }, { net32: UNKNOWN }],
  [
    { mp0: "local-zfs:1,mp=/a/../b" },
    { mp0: "invalid format - format error\nmp0.mp: invalid format - /a/../b contains illegal character sequences\n\n" },
  ],
  [{ memory: null }, {}],
  [{ net0: "name=eth0,firewall=yes,ip=dhcp" }, {}],
];

describe("validation in the Proxmox VE simulator", () => {
  for (const [raw, expected] of TABLE) {
    it(`${JSON.stringify(raw)} gives ${JSON.stringify(expected)}`, () => {
      expect(complaints(raw)).to.deep.equal(expected);
    });
  }

  it("reports everything that is missing or wrong together", () => {
    expect(complaints({ memory: "8", swap: "-1", foo: 1 })).to.have.all.keys("memory", "swap", "foo");
    expect(() => validate(PARAMS, {}))
      .to.throw(ApiError)
      .with.deep.property("errors", { node: MISSING, vmid: MISSING });
  });

  it("gives values as text, booleans as 1 and 0", () => {
    expect(validate(PARAMS, { node: "n", vmid: 101, onboot: true, protection: false, memory: 512 })).to.deep.equal({
      node: "n",
      vmid: "101",
      onboot: "1",
      protection: "0",
      memory: "512",
    });
  });

  it("writes tags lower case, once and sorted, and sizes in the largest exact unit", () => {
    expect([normalTags("Zeta;alpha,beta alpha"), normalTags("")]).to.deep.equal(["alpha;beta;zeta", " "]);
    expect([sizeText(bytesOf("8G")), sizeText(bytesOf("1.5G")), sizeText(bytesOf("1024M"))]).to.deep.equal([
      "8G",
      "1536M",
      "1G",
    ]);
  });
});
