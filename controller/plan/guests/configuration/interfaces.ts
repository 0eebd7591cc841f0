import type { Container, VirtualMachine } from "../../../api/index.ts";
import type { GuestConfig, NetworkInterface } from "../../../providers/port.ts";
import { addressOf, gatewayFilled, networkOf, wiredOf } from "../creation.ts";
import type { Guest, Lab } from "../../lab.ts";
import { differs, live, restart, TOLD, type Difference, type Patch, type Way } from "./difference.ts";
import { flagText, numberText } from "./spelling.ts";

type Wanted = NonNullable<Container["spec"]["networks"]>[number] &
  Pick<NonNullable<VirtualMachine["spec"]["networks"]>[number], "model">;

/**
 * Interfaces by name; those not listed are left as they are (A11). A write carries the MAC that is stored (A5). The
 * address of a container's interface is part of it; that of a VM's is what cloud-init gives it.
 */
export function interfaces(
  { spec, kind }: Pick<Guest, "spec" | "kind">,
  config: GuestConfig,
  { segments }: Pick<Lab, "segments">,
): readonly Difference[] {
  return (spec.networks ?? []).flatMap((wanted: Wanted) => {
    const stored = config.networks.find(({ name }) => name === wanted.name);
    if (stored === undefined) return [missing(wanted, segments, kind)];
    return compared(wanted, stored, segments, kind === "Container" ? "network" : "address");
  });
}

/** A new interface of a VM has its key for a name, and gets its address once it is there. */
function missing(wanted: Wanted, segments: Lab["segments"], kind: Guest["kind"]): Difference {
  const network = networkOf(wanted, segments);
  const of = (way: Way): Difference => ({
    field: `networks[${wanted.name}]`,
    desired: wanted.name,
    actual: "(not set)",
    way,
  });
  if ("refused" in network) return of(TOLD);
  if (kind === "Container") return of(live({ on: "newNetwork", network }));
  const { ipv4: _, gateway4: __, ...wired } = network;
  return of(live({ on: "newNetwork", network: { ...wired, key: wanted.name, model: wanted.model ?? "virtio" } }));
}

function compared(
  wanted: Wanted,
  stored: NetworkInterface,
  segments: Lab["segments"],
  addressOn: "network" | "address",
): readonly Difference[] {
  const field = `networks[${wanted.name}]`;
  const set = (part: Patch<NetworkInterface>): Way => live({ on: "network", key: stored.key, set: part });
  return [
    ...differs(`${field}.model`, wanted.model, stored.model ?? "virtio", set({ model: wanted.model })),
    ...wiring(wanted, stored, segments),
    ...differs(
      `${field}.mac`,
      wanted.mac?.toUpperCase(),
      stored.mac?.toUpperCase(),
      set({ mac: wanted.mac?.toUpperCase() }),
    ),
    ...differs(
      `${field}.firewall`,
      flagText(wanted.firewall),
      flagText(stored.firewall ?? false),
      set({ firewall: wanted.firewall }),
    ),
    ...addresses(wanted, stored, { on: addressOn, filled: gatewayFilled(wanted, segments) }),
  ];
}

function wiring(wanted: Wanted, stored: NetworkInterface, segments: Lab["segments"]): readonly Difference[] {
  const wired = wiredOf(wanted, segments);
  // A segment that is missing is waited for; nothing is known of what it will say.
  if (typeof wired === "string") return [];
  const field = `networks[${wanted.name}]`;
  const untagged = wanted.segmentRef === undefined ? undefined : "none";
  return [
    ...differs(
      `${field}.bridge`,
      wired.bridge,
      stored.bridge,
      live({ on: "network", key: stored.key, set: { bridge: wired.bridge } }),
    ),
    ...differs(
      `${field}.vlan`,
      numberText(wired.vlan) ?? untagged,
      numberText(stored.vlan) ?? "none",
      live({ on: "network", key: stored.key, set: { vlan: wired.vlan } }),
    ),
    // Stored at once, and in effect only when the interface is made anew (contract 4.4).
    ...differs(
      `${field}.mtu`,
      numberText(wired.mtu),
      numberText(stored.mtu),
      restart({ on: "network", key: stored.key, set: { mtu: wired.mtu } }),
    ),
  ];
}

interface Filled {
  readonly on: "network" | "address";
  /** The interface with the gateway that creation gives it from its segment. */
  readonly filled: Wanted;
}

/**
 * An address that is declared comes alone: what belonged to another method goes with it. The gateway of the segment is what
 * creation gives a static address: one that is not there is set again, another one is only told.
 */
function addresses({ name, ipv4 }: Wanted, stored: NetworkInterface, { on, filled }: Filled): readonly Difference[] {
  if (ipv4 === undefined) return [];
  const { ipv4: address, gateway4 } = addressOf(ipv4);
  const own = live({ on, key: stored.key, set: { ipv4: address, gateway4 } });
  const field = `networks[${name}].ipv4`;
  if (ipv4.method === "Static" && ipv4.gateway === undefined)
    return ofSegment(field, filled, { stored, on, address: address ?? "none" });
  return [
    ...differs(field, address ?? "none", plain(stored.ipv4), own),
    ...differs(`${field}.gateway`, ipv4.gateway, stored.gateway4, own),
  ];
}

/** A static address whose gateway is not declared. */
function ofSegment(
  field: string,
  { ipv4 }: Wanted,
  at: Pick<Filled, "on"> & { readonly stored: NetworkInterface; readonly address: string },
): readonly Difference[] {
  const { stored, on, address } = at;
  const gateway = stored.gateway4 === undefined ? ipv4?.gateway : undefined;
  const set = { ipv4: address, ...(gateway === undefined ? {} : { gateway4: gateway }) };
  const way = live({ on, key: stored.key, set });
  return [
    ...differs(field, address, plain(stored.ipv4), way),
    ...differs(`${field}.gateway`, ipv4?.gateway, stored.gateway4, gateway === undefined ? TOLD : way),
  ];
}

/** "manual" leaves the address to the guest, as no word at all does. */
function plain(ipv4: string | undefined): string {
  return ipv4 === undefined || ipv4 === "manual" ? "none" : ipv4;
}
