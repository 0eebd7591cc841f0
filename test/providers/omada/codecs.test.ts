import { expect } from "chai";
import fc from "fast-check";
import { aclBody, aclSeen } from "../../../controller/providers/omada/aclWire.ts";
import {
  groupBody,
  groupSeen,
  reservationBody,
  reservationSeen,
} from "../../../controller/providers/omada/groupWire.ts";
import { networkBody, networkSeen } from "../../../controller/providers/omada/networkWire.ts";
import { profileBody, profileSeen } from "../../../controller/providers/omada/profileWire.ts";
import { radioBody, radiosSeen } from "../../../controller/providers/omada/radioWire.ts";
import { passphraseOf, wlanBody, wlanSeen } from "../../../controller/providers/omada/wlanWire.ts";
import type { AclTable } from "../../../controller/providers/omadaSeen.ts";
import type { Row } from "../../../controller/providers/shared/decode.ts";

/** Settings that no version we know has. */
const unknown = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).map((name) => `x-${name}`),
  fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.constant({ enable: true, list: [1, 2] })),
  { maxKeys: 4 },
);
const id = fc.stringMatching(/^[0-9a-f]{24}$/);
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 4 });
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const byte = fc.integer({ min: 1, max: 254 });
const address = fc.tuple(byte, byte).map(([third, fourth]) => `192.168.${third}.${fourth}`);

const pool = fc.record({ ipaddrStart: address, ipaddrEnd: address });
const dhcp = fc.record({
  enable: fc.boolean(),
  dhcpns: fc.constantFrom("auto", "manual"),
  priDns: address,
  sndDns: fc.oneof(address, fc.constant("")),
  leasetime: fc.integer({ min: 2, max: 2_880 }),
  ipRangeStart: fc.integer(),
  ipRangeEnd: fc.integer(),
});
const network = fc.record({
  id,
  name,
  primary: fc.boolean(),
  purpose: fc.constantFrom(0, 1),
  vlanType: fc.constant(0),
  vlan: fc.integer({ min: 1, max: 4_090 }),
  gatewaySubnet: address.map((ip) => `${ip}/24`),
  isolation: fc.boolean(),
  domain: fc.constantFrom("", "lab.lan"),
  igmpSnoopEnable: fc.boolean(),
  interfaceIds: ids,
  existRA: fc.boolean(),
  totalIpNum: fc.nat(),
  portalId: fc.constant(null),
  lanNeworkIpv6Config: fc.constant({ proto: 0, enable: 0 }),
  others: unknown,
  inside: unknown,
});

describe("what is written back to Omada of what was read", () => {
  it("N3: a network in any version keeps what we do not manage, and says the same again", () => {
    const dialects = fc.constantFrom("v1", "v2", "v3");
    fc.assert(
      fc.property(network, dhcp, pool, dialects, ({ others, inside, ...known }, settings, range, dialect) => {
        const ranges = dialect === "v1" ? range : { ipRangePool: [range] };
        const key = dialect === "v3" ? "dhcpSettings" : "dhcpSettingsVO";
        const read: Row = { ...known, ...others, [key]: { ...settings, ...ranges, ...inside } };
        const body = networkBody(read, {}, dialect);
        expect(body).to.deep.include(others);
        expect(body[key]).to.deep.include({ ...inside, ...ranges });
        expect(body["lanNetworkIpv6Config"]).to.deep.equal({ proto: 0, enable: 0 });
        const telling = ["id", "primary", "existRA", "totalIpNum", "portalId", "lanNeworkIpv6Config"] as const;
        expect(body).to.not.have.any.keys(...telling);
        expect(body[key]).to.not.have.any.keys("ipRangeStart", "ipRangeEnd");
        const again = { ...body, id: read["id"], primary: read["primary"] };
        expect(networkSeen(again)).to.deep.equal(networkSeen(read));
      }),
    );
  });

  it("N3: what a network is told to change is all that changes", () => {
    fc.assert(
      fc.property(network, dhcp, pool, ({ others, inside: _inside, ...known }, settings, range) => {
        const dhcpSettingsVO = { ...settings, ipRangePool: [range] };
        const read: Row = { ...known, ...others, dhcpSettingsVO };
        const wish = { isolated: true, dhcp: { leaseSeconds: 3_661 } };
        const body = networkBody(read, wish, "v2");
        const { isolation, dhcpSettingsVO: after, ...rest } = body;
        const { isolation: _before, dhcpSettingsVO: before, ...same } = networkBody(read, {}, "v2");
        expect(isolation).to.equal(true);
        expect(rest).to.deep.equal(same);
        expect(after).to.deep.equal({ ...(before as Row), leasetime: 62 });
      }),
    );
  });

  it("N3: DHCP ranges of one version are written as another one takes them", () => {
    const range = { ipaddrStart: "192.168.5.10", ipaddrEnd: "192.168.5.20" };
    const base = { id: "1", name: "iot", purpose: 1, vlan: 5 };
    const old = { ...base, dhcpSettingsVO: { enable: true, ...range } };
    const later = { ...base, dhcpSettings: { enable: true, ipRangePool: [range] } };
    const pooled = { enable: true, ipRangePool: [range] };
    expect(networkBody(old, {}, "v2")["dhcpSettingsVO"]).to.deep.equal(pooled);
    expect(networkBody(later, {}, "v2")["dhcpSettingsVO"]).to.deep.equal(pooled);
    expect(networkBody(old, {}, "v3")["dhcpSettings"]).to.deep.equal(pooled);
    expect(networkBody(later, {}, "v1")["dhcpSettingsVO"]).to.deep.equal({ enable: true, ...range });
  });

  it("N3: a profile keeps its port settings", () => {
    fc.assert(
      fc.property(unknown, name, ids, (others, called, [native = "", ...tagged]) => {
        const read = { id: "1", flag: 2, type: 2, name: "old", poe: 2, untagNetworkIds: [native, "f0"], ...others };
        const wish = { name: called, nativeNetworkId: native, taggedNetworkIds: tagged };
        const body = profileBody(read, wish);
        expect(body).to.deep.include({ ...others, poe: 2, untagNetworkIds: ["f0"] });
        expect(body).to.not.have.any.keys("id", "flag", "type");
        expect(profileSeen({ ...body, id: "1", flag: 2, type: 2 })).to.deep.equal({ id: "1", builtIn: false, ...wish });
      }),
    );
  });

  it("N3: the basic block of an SSID is whole, holds nothing else, and says the same again", () => {
    const detail = fc.record({
      name,
      band: fc.integer({ min: 1, max: 7 }),
      guestNetEnable: fc.boolean(),
      security: fc.constantFrom(0, 2, 3, 4),
      broadcast: fc.boolean(),
      vlanEnable: fc.boolean(),
      vlanId: fc.integer({ min: 2, max: 4_094 }),
      mloEnable: fc.boolean(),
      pmfMode: fc.constantFrom(1, 2, 3),
      enable11r: fc.boolean(),
      pskSetting: fc.record({ versionPsk: fc.constantFrom(1, 2, 4), rekeyPskInterval: fc.nat(), securityKey: name }),
    });
    fc.assert(
      fc.property(detail, unknown, (basic, others) => {
        const read = { ...basic, ssidId: "s1", wlanSchedule: { wlanScheduleEnable: true }, ...others };
        const body = wlanBody(read, {}, "correct horse");
        expect(body).to.include({ greEnable: false, enable11r: basic.enable11r, mloEnable: basic.mloEnable });
        expect(body).to.not.have.any.keys("ssidId", "wlanSchedule", ...Object.keys(others));
        const psk = basic.pskSetting;
        const key = basic.security === 3 ? "correct horse" : psk.securityKey;
        expect(body["pskSetting"]).to.deep.equal({ ...psk, securityKey: key });
        expect(wlanSeen("g", {}, { ...body, ssidId: "s1" })).to.deep.equal(wlanSeen("g", {}, read));
      }),
    );
  });

  it("N3: stars are no passphrase, and are never written back", () => {
    const masked = { name: "x", security: 3, pskSetting: { versionPsk: 2, securityKey: "********" } };
    expect(wlanBody(masked, { hidden: true }, undefined)["pskSetting"]).to.deep.equal({ versionPsk: 2 });
    expect(passphraseOf({ pskSetting: { securityKey: "********" } })).to.equal(undefined);
    expect(passphraseOf({ pskSetting: {} })).to.equal(undefined);
    expect(passphraseOf({ pskSetting: { securityKey: "correct horse" } })).to.equal("correct horse");
  });

  it("N3: a rule of any table keeps what we do not manage, also a kind of end that we do not know", () => {
    const table = fc.constantFrom<AclTable>("gateway", "switch", "ap");
    const type = fc.constantFrom(0, 1, 2, 4, 6, 10, 11);
    fc.assert(
      fc.property(table, unknown, fc.tuple(type, type), ids, (where, others, [from, to], [one = "", ...more]) => {
        const read: Row = {
          ...others,
          id: "a1",
          index: 3,
          description: "[hl:lab/x] x",
          status: true,
          policy: 1,
          protocols: [6, 17],
          sourceType: from,
          sourceIds: [one],
          destinationType: to,
          destinationIds: more,
          ...(where === "gateway" ? { direction: { lanToLan: true, lanToWan: false }, stateMode: 1 } : {}),
        };
        const { id: _id, index: _index, ...wish } = aclSeen(where, read);
        const body = aclBody(read, wish);
        expect(body).to.deep.include(others);
        expect(body).to.not.have.any.keys("id", "index");
        if (where === "gateway") expect(body["stateMode"]).to.equal(1);
        expect(aclSeen(where, { ...body, id: "a1", index: 3 })).to.deep.equal(aclSeen(where, read));
        expect(body).to.include({ sourceType: from, destinationType: to });
      }),
    );
  });

  it("N3: a group keeps entries that stay with their descriptions, and our mark is on the first (I9)", () => {
    const entries = fc.uniqueArray(fc.record({ ip: address, mask: fc.constant(32), description: name }), {
      minLength: 2,
      maxLength: 5,
      selector: (entry) => entry.ip,
    });
    fc.assert(
      fc.property(entries, unknown, (ipList, others) => {
        const read = { ...others, groupId: "g1", buildIn: false, count: ipList.length, name: "cams", type: 0, ipList };
        const [, ...kept] = groupSeen(read).cidrs;
        const wish = { name: "cams", type: "ip", cidrs: kept, ports: [], description: "[hl:lab/cams]" } as const;
        const body = groupBody(read, wish);
        expect(body).to.deep.include(others);
        expect(body).to.not.have.any.keys("groupId", "buildIn", "count");
        const after = groupSeen({ ...body, groupId: "g1" });
        expect(after.cidrs).to.deep.equal(kept);
        const descriptions = ["[hl:lab/cams]", ...ipList.slice(2).map((entry) => entry.description)];
        expect(after.descriptions).to.deep.equal(descriptions);
      }),
    );
  });

  it("a reservation says the same again, and keeps its options", () => {
    fc.assert(
      fc.property(address, id, fc.boolean(), (ip, networkId, enabled) => {
        const wish = { mac: "02:00:00:00:07:01", networkId, ip, enabled, description: "tv" };
        const body = reservationBody({ id: "r1", options: [{ code: 66 }], clientName: "tv", type: 0 }, wish);
        expect(reservationSeen(body)).to.deep.equal(wish);
        expect(body["options"]).to.deep.equal([{ code: 66 }]);
        expect(body).to.not.have.any.keys("id", "clientName", "type");
        expect(body["mac"]).to.equal("02-00-00-00-07-01");
      }),
    );
  });

  it("a radio's channel goes with its frequency, and auto is frequency 0", () => {
    const bands = fc.constantFrom(
      { band: "2.4GHz", key: "radioSetting2g", channels: [1, 6, 11, 14] } as const,
      { band: "5GHz", key: "radioSetting5g", channels: [36, 100, 165] } as const,
      { band: "6GHz", key: "radioSetting6g", channels: [1, 93] } as const,
    );
    fc.assert(
      fc.property(bands, fc.nat(), unknown, ({ band, key, channels }, at, others) => {
        const channel = channels[at % channels.length] ?? 1;
        const setting = { radioEnable: true, channel: "0", freq: 0, channelWidth: "2", txPowerLevel: 4, ...others };
        const seen = (body: Row) => radiosSeen({ [key]: body }, {})[0];
        expect(seen(setting)).to.deep.equal({ band, enabled: true, setChannel: "Auto", widthMHz: 20, power: "Auto" });
        const body = radioBody(setting, { band, channel, power: "Low", widthMHz: 40 });
        expect(body).to.deep.include(others);
        expect(seen(body)).to.deep.equal({ band, enabled: true, setChannel: channel, widthMHz: 40, power: "Low" });
        expect(body["freq"]).to.be.above(2_400);
        expect(seen(radioBody(body, { band, channel: "Auto" }))?.setChannel).to.equal("Auto");
      }),
    );
  });
});
