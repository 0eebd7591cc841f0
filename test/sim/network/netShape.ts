import fc from "fast-check";
import { labShapes, type LabShape } from "../labShape.ts";

/** A lab with an Omada site as the dice have it. */
export interface NetShape {
  readonly lab: LabShape;
  readonly version: "5.15.8.12" | "6.2.10.17";
  /** A web session works. */
  readonly web: boolean;
  readonly lagMs: number;
  readonly latencyMs: number;
  /** The first guest hosts the controller. */
  readonly hosted: boolean;
  readonly segments: readonly SegmentShape[];
  readonly wlans: readonly WlanShape[];
  readonly rules: readonly RuleShape[];
  readonly devices: DeviceShape;
  readonly clients: ClientShape;
}

/** What every network object may say of itself. */
export interface Policies {
  readonly adoption: "Adopt" | "Refuse";
  readonly deletionPolicy: "Retain" | "Delete";
  readonly driftPolicy: "Correct" | "Report" | undefined;
  readonly suspend: boolean;
}

export interface SegmentShape extends Policies {
  readonly vlan: number;
  readonly purpose: "Interface" | "VLAN" | undefined;
  readonly isolated: boolean | undefined;
  readonly dhcp: boolean;
  /** A network like it is there before anybody looks. */
  readonly before: boolean;
  readonly proxmox: boolean;
}

export interface WlanShape extends Policies {
  readonly ssid: string;
  /** Index of a segment; -1: none. */
  readonly segment: number;
  readonly hidden: boolean | undefined;
  readonly bands: readonly string[] | undefined;
  readonly before: boolean;
  readonly open: boolean;
}

export interface RuleShape extends Policies {
  readonly table: "Gateway" | "Switch" | "AccessPoint";
  /** Indexes of segments; beyond them: the CIDR of the default network, or everything. */
  readonly from: number;
  readonly to: number;
  readonly action: "Deny" | "Allow";
  readonly ports: boolean;
  readonly priority: number;
}

export interface DeviceShape {
  readonly driftPolicy: "Correct" | "Report" | undefined;
  readonly localPort: boolean;
  readonly ports: readonly PortShape[];
  readonly radio: boolean;
  readonly named: boolean;
}

export interface PortShape {
  readonly number: number;
  /** Index of a segment; -1: the default network. */
  readonly native: number;
  readonly tagged: readonly number[];
  readonly enabled: boolean | undefined;
}

export interface ClientShape extends Policies {
  readonly segment: number;
  readonly before: boolean;
}

/** The first of these is what a failure shrinks to. */
const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const policies = {
  adoption: one<Policies["adoption"]>("Refuse", "Adopt"),
  deletionPolicy: one<Policies["deletionPolicy"]>("Retain", "Delete", "Delete"),
  driftPolicy: one<Policies["driftPolicy"]>(undefined, undefined, "Correct", "Report"),
  suspend: one(false, false, false, false, false, true),
};

const segmentShape: fc.Arbitrary<SegmentShape> = fc.record({
  ...policies,
  vlan: one(10, 20, 30, 40),
  purpose: one<SegmentShape["purpose"]>(undefined, "Interface", "VLAN"),
  isolated: one<boolean | undefined>(undefined, true, false),
  dhcp: fc.boolean(),
  before: one(false, false, true),
  proxmox: one(false, true),
});

const wlanShape: fc.Arbitrary<WlanShape> = fc.record({
  ...policies,
  ssid: one("home", "guests", "iot"),
  segment: one(-1, 0, 1, 2),
  hidden: one<boolean | undefined>(undefined, true, false),
  bands: one<readonly string[] | undefined>(undefined, ["2.4GHz"], ["5GHz", "2.4GHz"]),
  before: one(false, false, true),
  open: one(false, false, false, true),
});

const ruleShape: fc.Arbitrary<RuleShape> = fc.record({
  ...policies,
  table: one<RuleShape["table"]>("Gateway", "Switch", "AccessPoint"),
  from: fc.nat(5),
  to: fc.nat(5),
  action: one<RuleShape["action"]>("Deny", "Deny", "Allow"),
  ports: fc.boolean(),
  priority: one(1000, 10, 500),
});

const portShape: fc.Arbitrary<PortShape> = fc.record({
  number: one(12, 1, 4, 8, 24, 5),
  native: one(-1, 0, 1),
  tagged: fc.uniqueArray(one(0, 1, 2), { maxLength: 2 }),
  enabled: one<boolean | undefined>(undefined, undefined, true, false),
});

export function netShapes(): fc.Arbitrary<NetShape> {
  return fc.record({
    lab: labShapes({ layers: 2, guests: 3 }),
    version: one<NetShape["version"]>("6.2.10.17", "6.2.10.17", "5.15.8.12"),
    web: one(true, true, false),
    lagMs: one(1_000, 0, 8_000, 20_000),
    latencyMs: one(0, 0, 30, 700),
    hosted: fc.boolean(),
    segments: fc.array(segmentShape, { minLength: 1, maxLength: 4 }),
    wlans: fc.array(wlanShape, { maxLength: 2 }),
    rules: fc.array(ruleShape, { maxLength: 3 }),
    devices: fc.record({
      driftPolicy: one<DeviceShape["driftPolicy"]>("Correct", "Correct", "Report", undefined),
      localPort: fc.boolean(),
      ports: fc.uniqueArray(portShape, { maxLength: 3, selector: ({ number }) => number }),
      radio: fc.boolean(),
      named: fc.boolean(),
    }),
    clients: fc.record({ ...policies, segment: one(0, -1, 1), before: fc.boolean() }),
  });
}
