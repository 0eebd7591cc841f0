import type { OmadaPort } from "../../controller/providers/omadaPort.ts";
import type { SitePart, SiteSeen } from "../../controller/providers/omadaSeen.ts";

/** Waits until what is seen fits, and gives it. */
export type Sees = <T>(what: string, find: (seen: SiteSeen) => T | undefined) => Promise<T>;

const PARTS: readonly SitePart[] = ["networks", "profiles", "ports", "wlans", "acls", "groups", "reservations"];
export const SWITCH = "1C:61:B4:10:34:28";

const signal = new AbortController().signal;

/**
 * What people have made of the seed's site over the years, with its own pages: two networks, a port that carries them, two
 * SSIDs, a group, three rules of which nobody has two alike, and an address that DHCP keeps.
 */
export async function growSite(port: OmadaPort, sees: Sees): Promise<void> {
  port.want("people", new Set(PARTS));
  port.keepBusy("people", true);
  const seen = await sees("the first look", (all) => (all.networks === undefined ? undefined : all));
  const primary = seen.networks?.find((network) => network.primary)?.id ?? "";
  const network = (name: string): Promise<string> =>
    sees(`network ${name}`, ({ networks }) => networks?.find((one) => one.name === name)?.id);
  await port.createNetwork(
    {
      name: "Cámaras",
      purpose: "Interface",
      vlan: 30,
      gatewaySubnet: "192.168.30.1/24",
      dhcp: {
        enabled: true,
        ranges: [{ start: "192.168.30.100", end: "192.168.30.199" }],
        leaseSeconds: 86_400,
        dns: ["9.9.9.9"],
      },
    },
    signal,
  );
  const cameras = await network("Cámaras");
  await port.createNetwork({ name: "storage", purpose: "VLAN", vlan: 40 }, signal);
  const storage = await network("storage");
  await trunk(port, sees, { primary, cameras, seen });
  await wireless(port, sees, seen.wlanGroups?.find((group) => group.primary)?.id ?? "");
  await rules(port, sees, { primary, cameras, storage });
  const kept = { mac: "02:00:00:00:07:01", networkId: primary, ip: "192.168.0.51", enabled: true };
  await port.setReservation({ ...kept, description: "printer" }, false, signal);
  await sees("the reservation", ({ reservations }) => reservations?.find(({ mac }) => mac === kept.mac));
}

/** Port 9 of the switch: the lab untagged, the cameras tagged. */
async function trunk(
  port: OmadaPort,
  sees: Sees,
  { primary, cameras, seen }: { readonly primary: string; readonly cameras: string; readonly seen: SiteSeen },
): Promise<void> {
  await port.setPort(SWITCH, 9, { name: "to the shed" }, signal);
  if (seen.abilities.portVlans === "port") {
    const vlans = { nativeNetworkId: primary, taggedNetworkIds: [cameras] };
    await port.setPort(SWITCH, 9, { vlans }, signal);
    return;
  }
  await port.createProfile({ name: "shed", nativeNetworkId: primary, taggedNetworkIds: [cameras] }, signal);
  const profileId = await sees("the profile", ({ profiles }) => profiles?.find(({ name }) => name === "shed")?.id);
  await port.setPort(SWITCH, 9, { profileId }, signal);
}

async function wireless(port: OmadaPort, sees: Sees, groupId: string): Promise<void> {
  const security = { security: "WPA2", passphrase: "correct horse battery" } as const;
  await port.createWlan(groupId, { ssid: "nosotros", bands: ["2.4GHz", "5GHz"], ...security }, signal);
  const cameras = { ssid: "nosotros-camaras", bands: ["2.4GHz"], hidden: true, vlan: 30 } as const;
  await port.createWlan(groupId, { ...cameras, ...security }, signal);
  await sees("the SSIDs", ({ wlans }) => (wlans?.length === 2 ? wlans : undefined));
}

async function rules(
  port: OmadaPort,
  sees: Sees,
  ids: { readonly primary: string; readonly cameras: string; readonly storage: string },
): Promise<void> {
  const nas = { name: "nas", type: "ipPort", cidrs: ["192.168.0.5/32"], ports: ["445"], description: "" } as const;
  await port.createGroup(nas, signal);
  const group = await sees("the group", ({ groups }) => groups?.find(({ name }) => name === "nas")?.id);
  const any = await sees("everybody", ({ groups }) => groups?.find(({ builtIn }) => builtIn)?.id);
  const from = { type: "network", ids: [ids.cameras] } as const;
  const rule = { table: "gateway", enabled: true, protocols: [256], source: from, direction: "LanToLan" } as const;
  const made = [
    { ...rule, description: "recorder", action: "Allow", protocols: [6], destination: to("ipPortGroup", group) },
    { ...rule, description: "No cameras in the lab", action: "Deny", destination: to("network", ids.primary) },
    { ...rule, description: "quiet", action: "Deny", direction: "LanToWan", destination: to("ipGroup", any) },
  ] as const;
  for (const wish of made) {
    await port.createAcl(wish, signal);
    await sees(wish.description, ({ acls }) => acls?.find(({ description }) => description === wish.description));
  }
}

function to<T extends "network" | "ipGroup" | "ipPortGroup">(type: T, id: string) {
  return { type, ids: [id] } as const;
}
