import type { RunningSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";
import type { GuestOptions } from "../simulators/proxmox/options.ts";

/** An object as people apply it. */
export interface Declared {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** A guest of a test: what is declared and what the simulator does for it. */
export interface BedGuest {
  readonly name: string;
  readonly vmid: number;
  readonly layer: string;
  /** Merged over what every guest of these tests declares. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Two layers with three guests. */
export const THREE_GUESTS: readonly BedGuest[] = [
  { name: "db", vmid: 101, layer: "base" },
  { name: "dns", vmid: 102, layer: "base" },
  { name: "web", vmid: 103, layer: "apps" },
];

/** Where each guest serves; the simulator gives it an address of its own. */
export const PORT = 9100;
export const TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

export function ours(kind: string, name: string, spec: Readonly<Record<string, unknown>> = {}): Declared {
  return { apiVersion: "homelab.neuralcodelab.com/v1alpha1", kind, metadata: { name }, spec };
}

/** A running guest of this lab is adopted; on an empty host it is created. */
export function containerOf({ name, vmid, layer, spec }: BedGuest): Declared {
  return ours("Container", name, {
    vmid,
    hostname: name,
    layerRef: { name: layer },
    adoption: "Adopt",
    template: TEMPLATE,
    rootfs: { storage: "local-zfs", size: "4Gi" },
    resources: { cores: 1, memory: "256Mi" },
    networks: [{ name: "eth0", bridge: "vmbr0", ipv4: { method: "DHCP" } }],
    probes: [{ name: "serves", tcpSocket: { port: PORT }, periodSeconds: 1, failureThreshold: 5 }],
    shutdown: { timeoutSeconds: 20 },
    ...spec,
  });
}

/** The layers that the guests name; each depends on the one before it in the list. */
export function layersOf(guests: readonly BedGuest[]): readonly Declared[] {
  const names = [...new Set(guests.map((guest) => guest.layer))];
  return names.map((name, index) => {
    const below = names[index - 1];
    return ours("HomelabLayer", name, {
      ...(below === undefined ? {} : { dependsOn: [{ name: below }] }),
      healthGate: { minHealthySeconds: 0 },
    });
  });
}

/** Secrets and connection. The token's secret may be another one than the host knows. */
export function connectionTo(
  simulator: Pick<RunningSimulator, "url" | "ca" | "tokenId" | "tokenSecret">,
  spec: Readonly<Record<string, unknown>> = {},
): readonly Declared[] {
  const { url, ca, tokenId, tokenSecret } = simulator;
  return [
    secret("proxmox-token", { tokenId, tokenSecret }),
    secret("proxmox-ca", { "ca.crt": ca }),
    ours("ProxmoxCluster", "host", {
      endpoints: [url],
      credentialsRef: { name: "proxmox-token" },
      tls: { caRef: { name: "proxmox-ca", key: "ca.crt" } },
      pollIntervalSeconds: 2,
      protectedVmids: [],
      ...spec,
    }),
  ];
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): Declared {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
}

/** The same guests as the simulator has them: there already, and down. */
export function simulated(guests: readonly BedGuest[]): readonly GuestOptions[] {
  return guests.map(({ name, vmid }) => ({ vmid, name }));
}
