import type { RadioWish } from "../omadaPort.ts";
import type { Band, RadioSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, row, text } from "../shared/decode.ts";
import { kept } from "./wire.ts";

/** Keys of a band's settings and of what it really does; of an access point with two 5 GHz radios the first (contract 3.8). */
const keys: readonly (readonly [Band, readonly string[], string])[] = [
  ["2.4GHz", ["radioSetting2g"], "wp2g"],
  ["5GHz", ["radioSetting5g", "radioSetting5g1"], "wp5g"],
  ["6GHz", ["radioSetting6g"], "wp6g"],
];
const widths: Readonly<Record<string, number>> = { 2: 20, 3: 40, 4: 40, 5: 80, 6: 80, 7: 160, 8: 160, 9: 240, 10: 320 };
const levels = ["Low", "Medium", "High", "Custom", "Auto"] as const;
/** MHz of channel 0 in each band; a channel is 5 MHz. */
const origins: Readonly<Record<Band, number>> = { "2.4GHz": 2_407, "5GHz": 5_000, "6GHz": 5_950 };

/** Under which key the settings of a band are, when the access point has it. */
export function radioKey(config: Row, band: Band): string | undefined {
  const [, names = []] = keys.find(([one]) => one === band) ?? [];
  return names.find((name) => config[name] !== undefined && config[name] !== null);
}

/** Radios of an access point, of its `radio-config` and `radios`. */
export function radiosSeen(config: Row, live: Row): readonly RadioSeen[] {
  return keys.flatMap(([band, , liveKey]) => {
    const key = radioKey(config, band);
    if (key === undefined) return [];
    const setting = row(config[key]);
    const seen = present({
      band,
      enabled: flag(setting["radioEnable"]),
      channel: number(/^\d+/.exec(text(row(live[liveKey])["actualChannel"]) ?? "")?.[0]),
      setChannel: setChannel(setting, band),
      widthMHz: widths[text(setting["channelWidth"]) ?? ""],
      power: levels[number(setting["txPowerLevel"]) ?? -1],
    } satisfies { [K in keyof RadioSeen]: RadioSeen[K] | undefined });
    return [seen];
  });
}

/** The frequency decides: a channel that does not fit it is corrected by the controller. */
function setChannel(setting: Row, band: Band): number | "Auto" | undefined {
  const freq = number(setting["freq"]);
  if (freq !== undefined && freq > 0) return channelAt(freq, band);
  const channel = number(setting["channel"]);
  if (channel === undefined) return freq === 0 ? "Auto" : undefined;
  return channel === 0 ? "Auto" : channel;
}

function channelAt(freq: number, band: Band): number {
  return band === "2.4GHz" && freq === 2_484 ? 14 : Math.round((freq - origins[band]) / 5);
}

function frequencyOf(channel: number, band: Band): number {
  return band === "2.4GHz" && channel === 14 ? 2_484 : origins[band] + 5 * channel;
}

const readOnly: ReadonlySet<string> = new Set(["interTimeStamp"]);

/** Settings of the one radio; the others are not sent, for a write takes their clients off the air. */
export function radioBody(setting: Row, wish: RadioWish): Row {
  const { channel, widthMHz, power } = wish;
  const width = Object.entries(widths).find(([, mhz]) => mhz === widthMHz)?.[0];
  return {
    ...kept(setting, readOnly),
    ...present({
      radioEnable: wish.enabled,
      channelWidth: width,
      txPowerLevel: power === undefined ? undefined : levels.indexOf(power),
    }),
    // A channel without its frequency is dropped without a word.
    ...(channel === undefined ? {} : channel === "Auto" ? { channel: "0", freq: 0 } : tuned(channel, wish.band)),
  };
}

function tuned(channel: number, band: Band): Row {
  return { channel: String(channel), freq: frequencyOf(channel, band) };
}
