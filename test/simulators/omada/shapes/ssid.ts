import { among, flag, integer, list, map, must, object, text, type Shape } from "../shape.ts";

const PSK = object({
  securityKey: text(),
  versionPsk: must(among(1, 2, 3, 4)),
  encryptionPsk: must(among(1, 3)),
  gikRekeyPskEnable: must(flag),
  rekeyPskInterval: integer(),
  intervalPskType: among(0, 1, 2),
});

const VLAN = object({
  mode: must(among(0, 1)),
  customConfig: object({
    customMode: must(among(0, 1)),
    lanNetworkId: text(),
    lanNetworkVlanIds: map(list(integer())),
    bridgeVlan: integer(),
    vlanId: integer(),
    vlanPoolIds: text(),
  }),
});

const BASIC: Shape = {
  name: must(text()),
  band: must(integer(1, 7)),
  guestNetEnable: must(flag),
  security: must(integer()),
  broadcast: must(flag),
  vlanEnable: must(flag),
  vlanId: integer(),
  vlanSetting: VLAN,
  mloEnable: must(flag),
  pmfMode: must(among(1, 2, 3)),
  enable11r: must(flag),
  greEnable: flag,
  prohibitWifiShare: flag,
  pskSetting: PSK,
};

/** Body that creates an SSID. */
export const SSID_CREATE: Shape = { ...BASIC, deviceType: must(among(1, 3)), hidePwd: must(flag) };

/** Body that replaces the basic settings of an SSID. */
export const SSID_BASIC: Shape = { ...BASIC, hidePwd: flag, oweEnable: flag, autoWanAccess: flag };
