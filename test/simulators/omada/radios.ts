import { isObject, numberAt, objectAt, textAt, type Json } from "./json.ts";
import type { Device } from "./world.ts";

/** A channel without its frequency is dropped without a word (contract §3.8). */
export function changeRadios(device: Device, body: Json): void {
  for (const [key, given] of Object.entries(body)) {
    const before = device.radios[key];
    if (!isObject(before) || !isObject(given)) continue;
    const { channel, freq, ...rest } = given;
    const tuned = typeof channel === "string" && typeof freq === "number" ? { channel, freq } : {};
    device.radios[key] = { ...before, ...rest, ...tuned };
  }
}

/** "6  / 2437MHz", as lists show it. */
export function channelText(radio: Json): string {
  const [channel, freq] = [textAt(radio, "channel") ?? "0", numberAt(radio, "freq") ?? 0];
  return channel === "0" ? "1  / 2412MHz" : `${channel}  / ${freq}MHz`;
}

const WIDTHS: Readonly<Record<string, string>> = {
  "2": "20MHz",
  "3": "40MHz",
  "4": "40MHz",
  "5": "80MHz",
  "6": "80MHz",
};

/** What a radio really does. */
export function radioLive(device: Device, key: string): Json {
  const radio = objectAt(device.radios, key);
  return {
    actualChannel: channelText(radio),
    txPower: radio["txPower"],
    bandWidth: WIDTHS[textAt(radio, "channelWidth") ?? ""] ?? "20MHz",
    rdMode: key === "radioSetting2g" ? "b/g/n mixed" : "a/n/ac mixed",
    maxTxRate: key === "radioSetting2g" ? 300 : 867,
    region: 170,
    txUtil: 3,
    rxUtil: 5,
    interUtil: 11,
    busyUtil: 19,
  };
}
