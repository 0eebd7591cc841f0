import type { WlanWish } from "../omadaPort.ts";
import type { Band, WlanSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, row, text } from "../shared/decode.ts";
import { kept } from "./wire.ts";

const bits: readonly (readonly [number, Band])[] = [
  [1, "2.4GHz"],
  [2, "5GHz"],
  [4, "6GHz"],
];
const OPEN = 0;
const ENTERPRISE = 2;
const PERSONAL = 3;
const WPA2 = 2;
const SAE = 4;
const PMF = { mandatory: 1, capable: 2 } as const;
const CUSTOM_VLAN = 1;
const BY_VLAN = 1;

/** An SSID of the list of its group, with its detail where that was read. */
export function wlanSeen(groupId: string, summary: Row, detail: Row): WlanSeen {
  const ssid = { ...summary, ...detail };
  const band = number(ssid["band"]) ?? 0;
  return present({
    id: text(ssid["ssidId"]) ?? "",
    groupId,
    ssid: text(ssid["name"]) ?? "",
    bands: bits.filter(([bit]) => (band & bit) !== 0).map(([, name]) => name),
    hidden: !flag(ssid["broadcast"]),
    security: securityOf(ssid),
    guest: flag(ssid["guestNetEnable"]),
    ...vlanOf(ssid),
  } satisfies { [K in keyof WlanSeen]: WlanSeen[K] | undefined });
}

/** WPA3 is SAE with protected management frames mandatory; with them optional it lets WPA2 clients in (contract 3.9). */
function securityOf(ssid: Row): WlanSeen["security"] {
  switch (number(ssid["security"])) {
    case OPEN:
      return "Open";
    case ENTERPRISE:
      return "Enterprise";
    case PERSONAL: {
      const version = number(row(ssid["pskSetting"])["versionPsk"]);
      if (version === WPA2) return "WPA2";
      if (version !== SAE) return "Other";
      return number(ssid["pmfMode"]) === PMF.mandatory ? "WPA3" : "WPA2/WPA3";
    }
    case 4:
    case 5:
      return "PPSK";
    default:
      return "Other";
  }
}

function vlanOf(ssid: Row): Pick<WlanSeen, "vlan" | "networkId"> {
  const setting = row(ssid["vlanSetting"]);
  if (number(setting["mode"]) === CUSTOM_VLAN) return customVlan(row(setting["customConfig"]));
  const vlan = flag(ssid["vlanEnable"]) ? number(ssid["vlanId"]) : undefined;
  return vlan === undefined ? {} : { vlan };
}

function customVlan(custom: Row): Pick<WlanSeen, "vlan" | "networkId"> {
  if (number(custom["customMode"]) === BY_VLAN) {
    const vlan = number(custom["vlanId"]) ?? number(custom["vlanPoolIds"]);
    return vlan === undefined ? {} : { vlan };
  }
  const byNetwork = Object.entries(row(custom["lanNetworkVlanIds"]));
  const [networkId = text(custom["lanNetworkId"]), vlans] = byNetwork[0] ?? [];
  const vlan = Array.isArray(vlans) ? number(vlans[0]) : undefined;
  return present({ vlan, networkId });
}

/** Keys of the basic block and no others: `update-basic-config` replaces it whole (contract 3.9). */
const basic = [
  ...["name", "band", "guestNetEnable", "security", "broadcast", "vlanEnable", "vlanId", "vlanSetting", "mloEnable"],
  ...["pmfMode", "enable11r", "hidePwd", "greEnable", "prohibitWifiShare", "oweEnable", "autoWanAccess"],
  ...["pskSetting", "entSetting", "ppskSetting"],
] as const;

/** What the pages of the controller preselect. */
const defaults: Row = {
  band: 3,
  guestNetEnable: false,
  security: OPEN,
  broadcast: true,
  vlanEnable: false,
  mloEnable: false,
  pmfMode: PMF.capable,
  enable11r: false,
  hidePwd: false,
  greEnable: false,
};

/** Body that creates an SSID, on access points and gateway radios as the pages do. */
export function newWlan(wish: WlanWish): Row {
  return { ...wished(defaults, wish), deviceType: 3 };
}

/**
 * The whole basic block of what was read, changed to what is wished; `passphrase` when it is known. A masked one is not
 * written back: the stars would be the new passphrase.
 */
export function wlanBody(detail: Row, wish: Partial<WlanWish>, passphrase: string | undefined): Row {
  const honest = passphraseOf(detail) === undefined ? withoutPassphrase(detail) : detail;
  const block = kept(Object.fromEntries(basic.map((key) => [key, honest[key]])), new Set());
  return wished({ ...defaults, ...block }, passphrase === undefined ? wish : { ...wish, passphrase });
}

function wished(block: Row, wish: Partial<WlanWish>): Row {
  const { bands, hidden } = wish;
  const sum = bits.filter(([, band]) => bands?.includes(band) === true).reduce((all, [bit]) => all + bit, 0);
  const changed = {
    ...block,
    ...present({
      name: wish.ssid,
      band: bands === undefined ? undefined : sum,
      broadcast: hidden === undefined ? undefined : !hidden,
      guestNetEnable: wish.guest,
    }),
  };
  return withVlan(withSecurity(changed, wish), wish.vlan);
}

function withSecurity(block: Row, wish: Partial<WlanWish>): Row {
  if (wish.security === "Open") {
    const { pskSetting: _psk, ...open } = block;
    return { ...open, security: OPEN };
  }
  const secured = wish.security === undefined ? block : { ...block, ...personal(wish.security, block) };
  if (number(secured["security"]) !== PERSONAL || wish.passphrase === undefined) return secured;
  return { ...secured, pskSetting: { ...row(secured["pskSetting"]), securityKey: wish.passphrase } };
}

function personal(security: "WPA2" | "WPA3" | "WPA2/WPA3", block: Row): Row {
  const psk = { encryptionPsk: 3, gikRekeyPskEnable: false, ...row(block["pskSetting"]) };
  return {
    security: PERSONAL,
    pmfMode: security === "WPA3" ? PMF.mandatory : PMF.capable,
    pskSetting: { ...psk, versionPsk: security === "WPA2" ? WPA2 : SAE },
  };
}

/** A VLAN by number; the setting by network and the number exclude each other. */
function withVlan(block: Row, vlan: WlanWish["vlan"]): Row {
  if (vlan === undefined) return block;
  const { vlanSetting: _setting, vlanId: _id, ...rest } = block;
  return vlan === "Default" ? { ...rest, vlanEnable: false } : { ...rest, vlanEnable: true, vlanId: vlan };
}

/** The passphrase in a detail that was read; undefined where it is hidden or masked. */
export function passphraseOf(detail: Row): string | undefined {
  const key = text(row(detail["pskSetting"])["securityKey"]);
  return key === undefined || key === "" || /^\*+$/.test(key) ? undefined : key;
}

/** A detail without its passphrase: it is not kept in memory. */
export function withoutPassphrase(detail: Row): Row {
  const { securityKey: _key, ...psk } = row(detail["pskSetting"]);
  return detail["pskSetting"] === undefined ? detail : { ...detail, pskSetting: psk };
}
