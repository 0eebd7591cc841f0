import { expect } from "chai";
import type { NetworkSegment } from "../../../controller/api/index.ts";
import type { Remains } from "../../../controller/plan/network/deletion.ts";
import { leftoverProfile, ownProfiles } from "../../../controller/plan/network/ownProfiles.ts";
import { segmentRemains } from "../../../controller/plan/network/segmentRemains.ts";
import type { AclSeen, PortSeen, ProfileSeen, WlanSeen } from "../../../controller/providers/omadaSeen.ts";
import { declared, device, network, paths, site } from "./inputs.ts";

const bound = { omada: { networkId: "n20", name: "servers", vlan: 20, created: true } };
const creating = { what: "network servers (VLAN 20)", startTime: "2026-01-01T11:59:50Z" };

function segment(name: string, spec: object = {}, status?: object, leaving = false): NetworkSegment {
  const metadata = leaving ? { deletionTimestamp: "2026-01-01T11:00:00Z" } : {};
  const whole = { cidr: "192.168.20.0/24", omada: {}, vlan: 20, ...spec };
  return declared("NetworkSegment", name, whole, { metadata, ...(status === undefined ? {} : { status }) });
}

interface Wish {
  readonly spec?: object;
  readonly status?: object;
  readonly others?: readonly NetworkSegment[];
  readonly seen?: Parameters<typeof site>[0];
  readonly hosts?: readonly string[];
}

function remains({ spec, status = bound, others = [], seen, hosts = [] }: Wish): Remains {
  const itself = segment("servers", spec, status, true);
  const around = {
    others: [itself, ...others],
    paths: paths({ hosts: hosts.map((address) => ({ what: "Omada", address })) }),
  };
  return segmentRemains(itself, site({ networks: [network()], ...seen }), around);
}

describe("what is left of a segment that is being deleted", () => {
  it("I7: is its network", () => {
    expect(remains({})).to.deep.equal({
      what: "network servers (VLAN 20)",
      heir: undefined,
      stays: undefined,
      inUse: undefined,
      step: { write: { call: "deleteNetwork", id: "n20" }, what: "network servers (VLAN 20)", locksOut: undefined },
    });
  });

  const gone: readonly (readonly [string, Wish])[] = [
    ["where there is no such network", { seen: { networks: [] } }],
    ["where no list is told", { seen: { networks: undefined as never } }],
    ["where it was renamed by a person", { seen: { networks: [network({ name: "lab" })] } }],
    ["where a person gave it another VLAN", { seen: { networks: [network({ vlan: 30 })] } }],
  ];
  for (const [title, wish] of gone)
    it(`I9: is nothing ${title}`, () => {
      expect(remains(wish)).to.deep.equal({ what: "network servers (VLAN 20)" });
    });

  it("N4: is what a create has made that was never answered", () => {
    expect(remains({ status: { creating } })).to.include({ stays: undefined });
  });

  const staying: readonly (readonly [string, Wish, string])[] = [
    [
      "I9: found by name alone stays",
      { status: {} },
      "it is not known to be this object's, and nothing is deleted on a match by name",
    ],
    [
      "I9: with another id than on record stays",
      { seen: { networks: [network({ id: "n99" })] } },
      "it is not known to be this object's",
    ],
    [
      "the site's default network stays",
      {
        spec: { vlan: undefined },
        status: { omada: { networkId: "n20", name: "servers", created: true } },
        seen: { networks: [network({ primary: true })] },
      },
      "it is the site's default network, which is never deleted",
    ],
  ];
  for (const [title, wish, expected] of staying)
    it(title, () => {
      expect(remains(wish).stays).to.include(expected);
    });

  const heirs: readonly (readonly [string, NetworkSegment, boolean])[] = [
    ["of the same VLAN", segment("lab"), true],
    ["of the same name in Omada", segment("lab", { vlan: 30, omada: { networkName: "servers" } }), true],
    ["of another name and VLAN", segment("lab", { vlan: 30 }), false],
    ["without a VLAN and of another name", segment("lab", { vlan: undefined }), false],
    ["that is being deleted too", segment("lab", {}, undefined, true), false],
    ["without an Omada side", segment("lab", { omada: undefined, proxmox: { bridge: "vmbr0" } }), false],
  ];
  for (const [title, other, isHeir] of heirs)
    it(`I5: is ${isHeir ? "" : "not "}taken over by another segment ${title}`, () => {
      expect(remains({ others: [other] }).heir).to.equal(isHeir ? "NetworkSegment lab" : undefined);
    });

  it("I5: a network without a VLAN has no heir that has none either", () => {
    const wish = {
      spec: { vlan: undefined },
      status: {},
      seen: { networks: [{ ...network({ primary: true }), vlan: undefined as never }] },
    };
    expect(remains({ ...wish, others: [segment("lab", { vlan: undefined })] }).heir).to.equal(undefined);
  });

  it("N2: would cut off the controller where it carries it", () => {
    expect(remains({ hosts: ["192.168.20.2"] }).step?.locksOut).to.equal("it carries Omada (192.168.20.2)");
  });

  const profile = (change: Partial<ProfileSeen>): ProfileSeen => ({
    id: "p",
    name: "ours",
    builtIn: false,
    taggedNetworkIds: [],
    ...change,
  });
  const port = (change: Partial<PortSeen>): Parameters<typeof site>[0] => ({
    devices: [device({ mac: "S1", name: "Cerebro", ports: [{ number: 3, ...change }] })],
  });
  const wlan = (change: Partial<WlanSeen>): { wlans: WlanSeen[] } => ({
    wlans: [
      {
        ...{ id: "w", groupId: "g", ssid: "home", bands: [], hidden: false, security: "WPA2", guest: false },
        ...change,
      },
    ],
  });
  const end = (type: "network" | "ipGroup", ids: readonly string[]): AclSeen["source"] => ({ type, ids });
  const acl = (source: AclSeen["source"], destination: AclSeen["source"]): { acls: AclSeen[] } => ({
    acls: [
      {
        ...{
          id: "a",
          table: "gateway",
          index: 1,
          description: "apart",
          enabled: true,
          action: "Deny",
          protocols: [256],
        },
        source,
        destination,
      },
    ],
  });
  const elsewhere = end("ipGroup", ["n20"]);
  const users: readonly (readonly [string, Parameters<typeof site>[0], string | undefined])[] = [
    ["a profile that has it native", { profiles: [profile({ nativeNetworkId: "n20" })] }, "port profile ours"],
    ["a profile that has it tagged", { profiles: [profile({ taggedNetworkIds: ["n1", "n20"] })] }, "port profile ours"],
    ["a profile that Omada made for it", { profiles: [profile({ nativeNetworkId: "n20", builtIn: true })] }, undefined],
    ["a profile of others", { profiles: [profile({ nativeNetworkId: "n1" })] }, undefined],
    ["a port that has it native", port({ nativeNetworkId: "n20" }), "port 3 of Cerebro"],
    ["a port that has it tagged", port({ taggedNetworkIds: ["n20"] }), "port 3 of Cerebro"],
    ["a port of others", port({ nativeNetworkId: "n1", taggedNetworkIds: ["n2"] }), undefined],
    ["an SSID in it", wlan({ networkId: "n20" }), "SSID home"],
    ["an SSID of its VLAN", wlan({ vlan: 20 }), "SSID home"],
    ["an SSID of another VLAN", wlan({ vlan: 30 }), undefined],
    ["a rule from it", acl(end("network", ["n20"]), elsewhere), "rule apart"],
    ["a rule to it", acl(elsewhere, end("network", ["n1", "n20"])), "rule apart"],
    ["a rule between others", acl(end("network", ["n1"]), elsewhere), undefined],
    [
      "reservations in it",
      {
        reservations: ["n20", "n1"].map((networkId) => ({
          mac: networkId,
          networkId,
          ip: `ip-${networkId}`,
          enabled: true,
          description: "",
        })),
      },
      "servers's address reservations (ip-n20)",
    ],
  ];
  for (const [title, seen, expected] of users)
    it(`N2: ${expected === undefined ? "is not used by" : "waits for"} ${title}`, () => {
      expect(remains({ seen: seen ?? {} }).inUse).to.equal(expected);
    });

  it("N2: an SSID without a VLAN is not in a network without one", () => {
    const seen = { networks: [{ ...network(), vlan: undefined as never }], ...wlan({}) };
    const inUse = remains({
      spec: { vlan: undefined },
      seen: { ...seen, networks: [{ ...network({ primary: true }), vlan: undefined as never }] },
    }).inUse;
    expect(inUse).to.equal(undefined);
  });

  it("N2: names the first six of its users", () => {
    const ports = Array.from({ length: 8 }, (_, index) => ({ number: index + 1, nativeNetworkId: "n20" }));
    const { inUse } = remains({ seen: { devices: [device({ mac: "S1", name: "S", ports })] } });
    expect(inUse).to.equal([1, 2, 3, 4, 5, 6].map((number) => `port ${String(number)} of S`).join(", "));
  });
});

describe("a port profile of ours (5.x)", () => {
  const profile = { id: "p1", name: "hl lan", builtIn: false, taggedNetworkIds: [] };
  const known = { profileId: "p1", name: "hl lan" };
  const record = { profiles: [known] };
  const made = { creating: { what: "port profile hl lan", startTime: "2026-01-01T11:59:50Z" } };
  const object = (status: object): ReturnType<typeof declared<"NetworkDevice">> =>
    declared("NetworkDevice", "cerebro", { role: "Switch", mac: "1C:61:B4:10:34:28" }, { status });

  const rows: readonly (readonly [string, object, readonly ProfileSeen[] | undefined, readonly object[]])[] = [
    ["is what is on record and still has its name", record, [profile], [known]],
    ["is no longer ours when a person renamed it", record, [{ ...profile, name: "theirs" }], []],
    ["is no longer there", record, [], []],
    ["is not ours by its name alone", {}, [profile], []],
    ["with our name and another id is not ours", record, [{ ...profile, id: "p2" }], []],
    ["is what the create on record has made", made, [profile], [known]],
    [
      "is not what another create has made",
      { creating: { ...made.creating, what: "port profile hl iot" } },
      [profile],
      [],
    ],
    ["is never one that Omada made", made, [{ ...profile, builtIn: true }], []],
    ["is named once when it is on record and of the create", { ...record, ...made }, [profile], [known]],
    ["is kept as recorded while no list is told", record, undefined, [known]],
  ];
  for (const [title, status, profiles, expected] of rows)
    it(`I9: ${title}`, () => {
      expect(ownProfiles(object(status), site(profiles === undefined ? {} : { profiles }))).to.deep.equal(expected);
    });

  const ports = (...ids: readonly (string | undefined)[]): PortSeen[] =>
    ids.map((profileId, index) => ({ number: index + 1, ...(profileId === undefined ? {} : { profileId }) }));
  const cerebro = (seen: readonly PortSeen[] | undefined): ReturnType<typeof device> =>
    device({ mac: "S1", ...(seen === undefined ? {} : { ports: seen }) });
  const port = (native: string | undefined, tagged?: readonly string[]): object => ({
    number: 1,
    ...(native === undefined ? { name: "printer" } : { nativeSegmentRef: { name: native } }),
    ...(tagged === undefined ? {} : { taggedSegmentRefs: tagged }),
  });

  const leftovers: readonly (readonly [string, readonly ReturnType<typeof device>[], readonly object[], boolean])[] = [
    ["is deleted when no port has it and none shall have it", [cerebro(ports("all"))], [], true],
    ["stays while a port has it", [cerebro(ports("all", "p1"))], [], false],
    [
      "stays while a port of another switch has it",
      [cerebro(ports("all")), device({ mac: "S2", ports: ports("p1") })],
      [],
      false,
    ],
    ["stays while a port shall have it", [cerebro(ports("all"))], [port("lan")], false],
    [
      "is deleted when ports shall have others",
      [cerebro(ports("all"))],
      [port("iot"), port(undefined), port("lan", ["iot"])],
      true,
    ],
    ["stays while a switch does not tell its ports", [cerebro(undefined)], [], false],
    ["stays while a switch tells no port at all", [cerebro([])], [], false],
    ["stays while a switch does not tell the profile of a port", [cerebro(ports("all", undefined))], [], false],
    ["is deleted whatever a gateway has", [cerebro(ports("all")), device({ mac: "G", role: "Gateway" })], [], true],
  ];
  for (const [title, devices, declaredPorts, isDeleted] of leftovers)
    it(`N2: ${title}`, () => {
      const other = declared("NetworkDevice", "other", {
        role: "Switch",
        mac: "1C:61:B4:10:34:29",
        ports: declaredPorts,
      });
      const itself = object(record);
      const around = new Map([itself, other].map((one) => [one.metadata.name, one]));
      const step = leftoverProfile(itself, site({ profiles: [profile], devices }), around);
      const what = "port profile hl lan";
      expect(step).to.deep.equal(
        isDeleted ? { write: { call: "deleteProfile", id: "p1" }, what, destroys: what } : undefined,
      );
    });

  it("N2: of several the one that is left over is deleted", () => {
    const two = object({ profiles: [{ profileId: "p2", name: "hl iot" }, known] });
    const profiles = [profile, { ...profile, id: "p2", name: "hl iot" }];
    const step = leftoverProfile(two, site({ profiles, devices: [cerebro(ports("p2"))] }), new Map());
    expect(step?.write).to.deep.equal({ call: "deleteProfile", id: "p1" });
  });
});
