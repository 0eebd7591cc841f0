import type { WirelessNetwork } from "../../api/index.ts";
import type { WlanWish } from "../../providers/omadaPort.ts";
import type { Band, SiteSeen, WlanSeen } from "../../providers/omadaSeen.ts";
import type { Drift } from "./drift.ts";

/** Where they land now. Some versions name the default network with its VLAN. */
export function placeOf({ vlan, networkId }: WlanSeen, { networks = [] }: SiteSeen): WlanWish["vlan"] {
  const primary = networks.find((network) => network.primary);
  if (vlan === undefined || (networkId !== undefined && networkId === primary?.id)) return "Default";
  return vlan;
}

function placeText(vlan: WlanWish["vlan"]): string | undefined {
  return vlan === "Default" ? "the default network" : text(vlan);
}

/** What of an SSID is not as declared, and the one write that would make it so. */
interface Changes {
  readonly drift: readonly Drift[];
  readonly wish: Omit<Partial<WlanWish>, "passphrase">;
  readonly withPassphrase: boolean;
}

/** An SSID as it is. */
interface Now {
  readonly seen: WlanSeen;
  readonly place: WlanWish["vlan"];
}

/** Declared fields that Omada has otherwise; and the passphrase, of which only the Secret's version tells (N3). */
export function wirelessChanges(
  { spec, status }: WirelessNetwork,
  now: Now,
  wanted: { readonly vlan: WlanWish["vlan"]; readonly secretVersion: string | undefined },
): Changes {
  const differing = rowsOf(spec, now, wanted.vlan).filter(
    ([, desired, actual]) => desired !== undefined && desired !== actual,
  );
  const version = wanted.secretVersion;
  const withPassphrase = version !== undefined && version !== status?.secretVersion;
  return {
    drift: [
      ...differing.map(([field, desired, actual]) => ({ field, desired: desired ?? "", actual })),
      ...(withPassphrase
        ? [{ field: "security.passphraseRef", desired: "the Secret as it is now", actual: "an earlier one" }]
        : []),
    ],
    wish: Object.assign({}, ...differing.map(([, , , part]) => part)) as Changes["wish"],
    withPassphrase,
  };
}

type Row = readonly [field: string, desired: string | undefined, actual: string, wish: Changes["wish"]];

function rowsOf(spec: WirelessNetwork["spec"], { seen, place }: Now, vlan: WlanWish["vlan"]): readonly Row[] {
  const sorted = (bands: readonly Band[] | undefined): string | undefined => bands && [...bands].sort().join(",");
  return [
    ["ssid", spec.ssid, seen.ssid, { ssid: spec.ssid }],
    ["bands", sorted(spec.bands), sorted(seen.bands) ?? "", spec.bands === undefined ? {} : { bands: spec.bands }],
    ["security.mode", spec.security.mode, seen.security, { security: spec.security.mode }],
    ["hidden", text(spec.hidden), text(seen.hidden) ?? "", spec.hidden === undefined ? {} : { hidden: spec.hidden }],
    [
      "isolation",
      text(spec.isolation),
      text(seen.guest) ?? "",
      spec.isolation === undefined ? {} : { guest: spec.isolation },
    ],
    ["segmentRef", placeText(vlan), placeText(place) ?? "", vlan === undefined ? {} : { vlan }],
  ];
}

function text(value: number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
