type Json = Readonly<Record<string, unknown>>;

/** A spec that the API server refuses, and the rule's words. */
export interface Refusal {
  readonly kind: string;
  /** The rule's message, as it stands in the declaration. */
  readonly rule: string;
  /** What is shown, where the rule makes its message out of what was written. */
  readonly says?: string;
  /** Laid over the valid spec of the kind. */
  readonly spec: Json;
  /** Stored first, for rules about changes; laid over the valid spec too. */
  readonly before?: Json;
}

/** Where it stands in a spec, it becomes the name of the object itself. */
export const OWN_NAME = "mine";

/** The smallest valid spec of each kind. */
export const valid: Readonly<Record<string, Json>> = {
  ProxmoxCluster: { endpoints: ["https://192.168.0.10:8006"], credentialsRef: { name: "token" } },
  NetworkSegment: { cidr: "192.168.20.0/24", proxmox: { bridge: "vmbr0" } },
  OmadaController: { endpoint: "https://192.168.0.2:8043", credentialsRef: { name: "omada-api" } },
  NetworkDevice: { mac: "1C:61:B4:2C:1B:E3", role: "Switch" },
  WirelessNetwork: { ssid: "home", security: { mode: "WPA2" } },
  AccessRule: { from: { segmentRef: { name: "cameras" } }, to: { cidr: "10.0.0.0/8" }, action: "Deny" },
  ClientGroup: {},
  HomelabLayer: {},
  Container: { layerRef: { name: "base" }, vmid: 101 },
  VirtualMachine: { layerRef: { name: "base" }, vmid: 201 },
  Homelab: {},
};
