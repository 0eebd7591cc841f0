import type { DeviceSeen, PortSeen, RadioSeen } from "../providers/omadaSeen.ts";
import type { Fields, Manifest } from "./manifest.ts";
import { NamesInUse } from "./objectNames.ts";
import type { SegmentNames } from "./siteSegments.ts";

/** Names of the objects of the adopted devices, by MAC. */
export function deviceNames(devices: Iterable<DeviceSeen>): ReadonlyMap<string, string> {
  const names = new NamesInUse();
  const rank = { Gateway: 0, Switch: 1, AccessPoint: 2 } as const;
  const adopted = [...devices].filter(({ state }) => state !== "Pending");
  return new Map(
    adopted
      .toSorted((a, b) => rank[a.role] - rank[b.role] || a.mac.localeCompare(b.mac))
      .map((device) => [device.mac, names.take(device.name, device.role.toLowerCase())]),
  );
}

/** A device as it is: where its cable goes, and what of its ports and radios somebody has set. */
export function deviceManifest(
  device: DeviceSeen,
  names: ReadonlyMap<string, string>,
  segments: SegmentNames,
): Manifest {
  const { mac, role, model, name } = device;
  const ports = role === "Switch" ? (device.ports ?? []).map((port) => portOf(port, segments)) : [];
  const fields = ports.flatMap((port) => port.fields ?? []);
  const wan = (device.wan ?? []).map((one) => ({ name: one.name, expectLink: one.linkUp ? undefined : false }));
  const radios = (device.radios ?? []).map(radioFields);
  return {
    kind: "NetworkDevice",
    name: names.get(mac) ?? "",
    spec: {
      mac,
      role,
      model: model === "" ? undefined : model,
      displayName: name === "" ? undefined : name,
      uplink: uplinkFields(device, names),
      ports: fields.length === 0 ? undefined : fields,
      radios: radios.length === 0 ? undefined : radios,
      wan: wan.length === 0 ? undefined : wan,
    },
    remarks: [...remarksOf(device), ...ports.flatMap(({ remark }) => remark ?? [])],
  };
}

function remarksOf({ role, state, name, model, uplink, ports }: DeviceSeen): readonly string[] {
  const away = state === "Connected" || state === "Configuring" ? [] : [`It was ${state} when this was written.`];
  const untold = role === "Switch" && ports?.some(({ nativeNetworkId }) => nativeNetworkId === undefined) === true;
  return [
    `${model} ${name}.`,
    ...away,
    ...(uplink === undefined && role !== "Gateway" ? ["Omada does not tell where its cable goes."] : []),
    ...(untold ? ["Of some ports Omada does not tell what they carry; they are left as they are."] : []),
  ];
}

function uplinkFields({ uplink }: DeviceSeen, names: ReadonlyMap<string, string>): Fields | undefined {
  const above = uplink === undefined ? undefined : names.get(uplink.mac);
  return above === undefined ? undefined : { deviceRef: { name: above }, port: uplink?.port };
}

interface WrittenPort {
  /** Undefined: nobody has set anything. */
  readonly fields?: Fields;
  readonly remark?: string;
}

/** What of a port is not as a switch is delivered. */
function portOf(port: PortSeen, segments: SegmentNames): WrittenPort {
  const { number } = port;
  const named = port.name === undefined || /^port ?\d+$/i.test(port.name) || port.name === "" ? undefined : port.name;
  const enabled = port.enabled === false ? false : undefined;
  const carried = carriedBy(port, segments);
  const networks = typeof carried === "string" ? undefined : carried;
  const fields = { number, name: named, ...networks, enabled };
  const isSet = named !== undefined || enabled !== undefined || networks !== undefined;
  return {
    ...(isSet ? { fields } : {}),
    ...(typeof carried === "string" ? { remark: carried } : {}),
  };
}

/** Networks by the names of their segments; a sentence for what no field can say; undefined: all, as delivered. */
function carriedBy(port: PortSeen, segments: SegmentNames): Fields | string | undefined {
  const { nativeNetworkId: native, taggedNetworkIds: tagged = [] } = port;
  if (native === undefined || (port.taggedAll === true && segments.primaryId === native)) return undefined;
  const name = segments.byNetwork.get(native);
  const others = tagged.map((id) => segments.byNetwork.get(id));
  if (port.taggedAll === true || name === undefined || others.includes(undefined))
    return `Port ${String(port.number)} carries what no segments here can say; it is left as it is.`;
  return {
    nativeSegmentRef: { name },
    taggedSegmentRefs: others.length === 0 ? undefined : others.toSorted(),
  };
}

const WIDEST_MHZ = 160;

function radioFields({ band, enabled, setChannel, widthMHz, power }: RadioSeen): Fields {
  return {
    band,
    enabled,
    channel: setChannel === "Auto" ? 0 : setChannel,
    widthMHz: widthMHz !== undefined && widthMHz <= WIDEST_MHZ ? widthMHz : undefined,
    power: power === "Custom" ? undefined : power,
  };
}
