import { FAKE } from "../../fakes/omadaSite.ts";
import type { NetShape, Policies, RuleShape, SegmentShape, WlanShape } from "./netShape.ts";

function policiesOf({ adoption, deletionPolicy, driftPolicy, suspend }: Policies): object {
  return {
    adoption,
    deletionPolicy,
    suspend,
    ...(driftPolicy === undefined ? {} : { driftPolicy }),
  };
}

/** A segment's addresses follow from its VLAN: 20 is 192.168.20.0/24. */
export function segmentSpec(one: SegmentShape): Readonly<Record<string, unknown>> {
  const net = `192.168.${one.vlan}`;
  const dhcp = { enabled: true, start: `${net}.100`, end: `${net}.200` };
  return {
    vlan: one.vlan,
    cidr: `${net}.0/24`,
    gateway: `${net}.1`,
    omada: {},
    ...(one.purpose === undefined ? {} : { purpose: one.purpose }),
    ...(one.isolated === undefined ? {} : { isolated: one.isolated }),
    ...(one.dhcp && one.purpose !== "VLAN" ? { dhcp } : {}),
    ...(one.proxmox ? { proxmox: { bridge: "vmbr0" } } : {}),
    ...policiesOf(one),
  };
}

const segmentName = (shape: NetShape, index: number): string =>
  index < 0 ? "lan" : `net${index % shape.segments.length}`;

export function wlanSpec(one: WlanShape, shape: NetShape): object {
  const passphraseRef = { name: "wifi", key: "passphrase" };
  return {
    ssid: one.ssid,
    security: one.open ? { mode: "Open" } : { mode: "WPA2", passphraseRef },
    ...(one.segment < 0 ? {} : { segmentRef: { name: segmentName(shape, one.segment) } }),
    ...(one.hidden === undefined ? {} : { hidden: one.hidden }),
    ...(one.bands === undefined ? {} : { bands: one.bands }),
    ...policiesOf(one),
  };
}

/** One end of a rule: a segment, the addresses of the default network, or everything. */
function endOf(shape: NetShape, index: number): object {
  if (index < shape.segments.length) return { segmentRef: { name: segmentName(shape, index) } };
  return index % 2 === 0 ? { cidr: "192.168.0.0/24" } : { any: true };
}

export function ruleSpec(one: RuleShape, shape: NetShape): object {
  const from = endOf(shape, one.from);
  const everything = "any" in from && one.action === "Deny";
  return {
    table: one.table,
    from,
    to: everything ? { cidr: "10.0.0.0/8" } : endOf(shape, one.to),
    ...(one.ports ? { protocol: "TCP", ports: ["443"] } : {}),
    action: one.action,
    priority: one.priority,
    ...policiesOf(one),
  };
}

/** The three devices of the fake's site. */
export function deviceSpecs(shape: NetShape): readonly (readonly [string, object])[] {
  const { driftPolicy, localPort, ports, radio, named } = shape.devices;
  const drift = driftPolicy === undefined ? {} : { driftPolicy };
  const cable = localPort ? { localPort: 1 } : {};
  return [
    ["er605", { mac: FAKE.gateway, role: "Gateway", model: "ER605", wan: [{ name: "WAN1" }] }],
    [
      "cerebro",
      {
        mac: FAKE.switch,
        role: "Switch",
        ...(named ? { displayName: "Core" } : {}),
        uplink: { deviceRef: { name: "er605" }, port: 5, ...cable },
        ports: ports.map((port) => ({
          number: port.number,
          nativeSegmentRef: { name: segmentName(shape, port.native) },
          taggedSegmentRefs: [...new Set(port.tagged.map((index) => segmentName(shape, index)))],
          ...(port.enabled === undefined ? {} : { enabled: port.enabled }),
        })),
        ...drift,
      },
    ],
    [
      "antenitas",
      {
        mac: FAKE.ap,
        role: "AccessPoint",
        uplink: { deviceRef: { name: "cerebro" }, port: 24 },
        ...(radio ? { radios: [{ band: "5GHz", channel: 44, power: "Low" }] } : {}),
        ...drift,
      },
    ],
  ];
}

export function groupSpec(shape: NetShape): object {
  const { segment } = shape.clients;
  const name = segmentName(shape, segment);
  const vlan = segment < 0 ? 0 : (shape.segments[segment % shape.segments.length]?.vlan ?? 0);
  return {
    segmentRef: { name },
    members: [
      { name: "front", mac: "AA:00:00:00:00:01", address: `192.168.${vlan}.50` },
      { name: "back", mac: "AA:00:00:00:00:02" },
    ],
    ...policiesOf(shape.clients),
  };
}
