import { flag, integer, list, must, object, text, type Shape } from "../shape.ts";

const RADIO = object({
  radioEnable: flag,
  channel: text(),
  freq: integer(),
  channelWidth: text(),
  txPower: integer(),
  txPowerLevel: integer(0, 4),
  wirelessMode: integer(),
  channelLimitEnable: flag,
  channelRange: list(integer()),
});

/** Settings of the radios; what is left out stays. */
export const RADIOS: Shape = {
  radioSetting2g: RADIO,
  radioSetting5g: RADIO,
  radioSetting5g1: RADIO,
  radioSetting5g2: RADIO,
  radioSetting6g: RADIO,
};

/** What an access point does differently with the SSIDs of its group; the whole list. */
export const OVERRIDES: Shape = {
  ssidOverrides: must(
    list(
      object({
        ssidEntryId: must(integer()),
        overrideSsidEnable: must(flag),
        overrideVlanEnable: must(flag),
        ssidEnable: flag,
        overrideSsidName: text(),
        overrideSsidPassword: text(),
        vlanId: integer(),
        vlanPoolIds: text(),
      }),
    ),
  ),
};
