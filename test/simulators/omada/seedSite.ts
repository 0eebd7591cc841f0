import type { ClientOptions, SiteOptions } from "./options.ts";

/** MAC addresses of the seed lab; the router's is the seed's own, the others are made up. */
export const SEED = {
  gateway: "1C-61-B4-2C-1B-E3",
  switch: "1C-61-B4-10-34-28",
  ap: "1C-61-B4-22-50-0D",
  controller: "BC-24-11-00-00-65",
} as const;

/** SSIDs of the wireless clients; they are there once somebody made these. */
export const SEED_SSIDS = { clients: "nosotros", cameras: "nosotros-camaras" } as const;

const pad = (value: number): string => value.toString(16).toUpperCase().padStart(2, "0");

function group(count: number, make: (index: number) => ClientOptions): ClientOptions[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

/** The network of the seed: ER605, Cerebro, Antenitas, their cables, and 7 + 6 + 4 clients. */
export const SEED_SITE: SiteOptions = {
  name: "Default",
  gatewaySubnet: "192.168.0.1/24",
  devices: [
    { mac: SEED.gateway, model: "ER605", name: "ER605", ip: "192.168.0.1" },
    { mac: SEED.switch, model: "SG3428", name: "Cerebro", ip: "192.168.0.3" },
    { mac: SEED.ap, model: "EAP225-Outdoor", name: "Antenitas", ip: "192.168.0.4" },
  ],
  cables: [
    [
      { mac: SEED.gateway, port: 5 },
      { mac: SEED.switch, port: 1 },
    ],
    [
      { mac: SEED.switch, port: 24 },
      { mac: SEED.ap, port: 1 },
    ],
  ],
  clients: [
    { mac: SEED.controller, name: "omada21", ip: "192.168.0.2", port: { mac: SEED.switch, port: 4 } },
    ...group(7, (index) => ({
      mac: `02-00-00-00-07-${pad(index)}`,
      name: `wired-${index}`,
      ip: `192.168.0.${50 + index}`,
      port: { mac: SEED.switch, port: 4 + index },
    })),
    ...group(6, (index) => ({
      mac: `02-00-00-00-06-${pad(index)}`,
      name: `wifi-${index}`,
      ip: `192.168.0.${60 + index}`,
      ssid: SEED_SSIDS.clients,
      radio: 1 as const,
    })),
    ...group(4, (index) => ({
      mac: `02-00-00-00-04-${pad(index)}`,
      name: `camera-${index}`,
      ip: `192.168.0.${70 + index}`,
      ssid: SEED_SSIDS.cameras,
      radio: 0 as const,
      deviceType: "camera",
    })),
  ],
};
