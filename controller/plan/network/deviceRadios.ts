import type { Drift } from "./drift.ts";
import type { NetworkDevice } from "../../api/index.ts";
import type { RadioWish } from "../../providers/omadaPort.ts";
import type { DeviceSeen, RadioSeen } from "../../providers/omadaSeen.ts";
import type { NetStep } from "./netInput.ts";

type Declared = NonNullable<NetworkDevice["spec"]["radios"]>[number];
type Row = readonly [field: string, desired: string | undefined, actual: string | undefined, wish: Partial<RadioWish>];

/** The declared radios of an access point; all that differs of one radio is one write. */
export function radioChanges(
  { spec }: NetworkDevice,
  device: DeviceSeen,
): { readonly drift: readonly Drift[]; readonly step?: NetStep | undefined } {
  const changes = (spec.radios ?? []).map((radio) => changeOf(radio, device));
  return {
    drift: changes.flatMap(({ drift }) => drift),
    step: changes.find(({ step }) => step !== undefined)?.step,
  };
}

function changeOf(radio: Declared, device: DeviceSeen): { readonly drift: readonly Drift[]; readonly step?: NetStep } {
  const actual = device.radios?.find(({ band }) => band === radio.band);
  if (device.radios === undefined) return { drift: [] };
  const field = `radios[${radio.band}]`;
  if (actual === undefined) return { drift: [{ field, desired: radio.band, actual: "(no such radio)" }] };
  const differing = rowsOf(radio, actual).filter(
    ([, desired, seen]) => desired !== undefined && seen !== undefined && desired !== seen,
  );
  const drift = differing.map(([name, desired = "", seen = ""]) => ({
    field: `${field}.${name}`,
    desired,
    actual: seen,
  }));
  if (differing.length === 0) return { drift };
  const wish = Object.assign({ band: radio.band }, ...differing.map(([, , , part]) => part)) as RadioWish;
  return {
    drift,
    step: {
      write: { call: "setRadio", device: device.mac, wish },
      what: `radio ${radio.band} of ${device.name}`,
      drift,
    },
  };
}

function rowsOf({ enabled, channel, widthMHz, power }: Declared, actual: RadioSeen): readonly Row[] {
  const set = channel === 0 ? "Auto" : channel;
  return [
    ["enabled", text(enabled), text(actual.enabled), enabled === undefined ? {} : { enabled }],
    ["channel", text(set), text(actual.setChannel ?? actual.channel), set === undefined ? {} : { channel: set }],
    ["widthMHz", text(widthMHz), text(actual.widthMHz), widthMHz === undefined ? {} : { widthMHz }],
    ["power", power, actual.power, power === undefined ? {} : { power }],
  ];
}

function text(value: boolean | number | string | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
