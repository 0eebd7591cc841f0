import { AdminError } from "../shared/adminCall.ts";
import { clientsOf } from "./clientView.ts";
import { connect, DETAIL, detailOf, disconnect } from "./deviceState.ts";
import { isObject } from "./json.ts";
import type { AdminCall, AdminRoute } from "./inside.ts";
import type { ClientOptions, DeviceOptions, EndOptions } from "./options.ts";
import { addCable, addClient, addDevice } from "./seed.ts";
import { uplinksOf } from "./topology.ts";
import type { Cable, Device, NetClient, Site, Wan } from "./world.ts";

function siteOf(call: AdminCall): Site {
  const { sites } = call.inside.lab.world;
  const given = call.body["site"] ?? call.query.get("site");
  const name = typeof given === "string" ? given : undefined;
  const site = [...sites.values()].find((each) => name === undefined || each.name === name);
  if (site === undefined) throw new AdminError(`no site ${name ?? ""}`);
  return site;
}

function deviceOf(call: AdminCall): Device {
  const given = call.path["mac"] ?? "";
  const device = [...call.inside.lab.world.devices.values()].find((each) => each.mac === given || each.name === given);
  if (device === undefined) throw new AdminError(`no device ${given}`);
  return device;
}

function view(call: AdminCall, device: Device): unknown {
  const { world, pace } = call.inside.lab;
  const uplink = uplinksOf(world, device.site, pace.now()).get(device.mac);
  const above =
    uplink === undefined ? {} : { uplink: { mac: uplink.device.mac, port: uplink.port, ownPort: uplink.ownPort } };
  return { ...device, detail: detailOf(device, pace.now()), ...above };
}

function addOne(call: AdminCall): unknown {
  const options = call.body as unknown as DeviceOptions;
  return view(call, addDevice(call.inside.lab, siteOf(call).id, options));
}

/** Power off and on, a new name, model or address, as nobody of the controller did it. */
function changeDevice(call: AdminCall): unknown {
  const { lab } = call.inside;
  const device = deviceOf(call);
  const { online, name, model, ip, firmware, account } = call.body;
  const now = lab.pace.now();
  if (online === false) disconnect(device, now, lab.pace.ms(lab.settings.heartbeatSeconds));
  if (online === true && device.settled !== DETAIL.pending) connect(device, now);
  Object.assign(
    device,
    Object.fromEntries(
      Object.entries({ name, model, ip, firmware, account }).filter(([, value]) => value !== undefined),
    ),
  );
  lab.world.devices.touch(device.mac);
  return view(call, device);
}

function changePort(call: AdminCall): unknown {
  const device = deviceOf(call);
  const settings = device.ports[Number(call.path["port"])];
  if (settings === undefined) throw new AdminError(`no port ${call.path["port"] ?? ""}`);
  Object.assign(settings, call.body);
  call.inside.lab.world.devices.touch(device.mac);
  return settings;
}

function changeWan(call: AdminCall): unknown {
  const device = deviceOf(call);
  const wan = device.wans[Number(call.path["port"])];
  if (wan === undefined) throw new AdminError(`no WAN port ${call.path["port"] ?? ""}`);
  Object.assign(wan, call.body as Partial<Wan>);
  call.inside.lab.world.devices.touch(device.mac);
  return wan;
}

/** The end given by MAC or name, and port number. */
function endOf(call: AdminCall, given: unknown): EndOptions {
  const wanted = (isObject(given) ? given : {}) as { mac?: string; device?: string; port?: number };
  const name = wanted.mac ?? wanted.device;
  const device = [...call.inside.lab.world.devices.values()].find((each) => each.mac === name || each.name === name);
  if (device?.ports[wanted.port ?? 0] === undefined) throw new AdminError(`no port ${JSON.stringify(given)}`);
  return { mac: device.mac, port: wanted.port ?? 0 };
}

const same = (a: EndOptions, b: EndOptions): boolean => a.mac === b.mac && a.port === b.port;

function cableAt(call: AdminCall, end: EndOptions): Cable {
  const cable = [...call.inside.lab.world.cables.values()].find(({ ends }) => ends.some((each) => same(each, end)));
  if (cable === undefined) throw new AdminError(`no cable at ${end.mac} port ${end.port}`);
  return cable;
}

function plug(call: AdminCall): unknown {
  const { from, to } = call.body;
  return { id: addCable(call.inside.lab.world, [endOf(call, from), endOf(call, to)]) };
}

/** One end of a cable comes out of a port and goes into another. */
function move(call: AdminCall): unknown {
  const { world } = call.inside.lab;
  const [from, to] = [endOf(call, call.body["from"]), endOf(call, call.body["to"])];
  const cable = cableAt(call, from);
  const [a, b] = cable.ends;
  const moved = { ...cable, ends: [same(a, from) ? to : a, same(b, from) ? to : b] as const };
  world.cables.set(cable.id, moved);
  return moved;
}

function breakCable(call: AdminCall): unknown {
  const cable = cableAt(call, endOf(call, call.body["at"]));
  cable.broken = call.body["link"] === false;
  call.inside.lab.world.cables.touch(cable.id);
  return cable;
}

function unplug(call: AdminCall): boolean {
  return call.inside.lab.world.cables.delete(call.path["id"] ?? "");
}

function clientOf(call: AdminCall): NetClient {
  const given = call.path["mac"] ?? "";
  const client = [...call.inside.lab.world.clients.values()].find((each) => each.mac === given || each.name === given);
  if (client === undefined) throw new AdminError(`no client ${given}`);
  return client;
}

function changeClient(call: AdminCall): unknown {
  const { lab } = call.inside;
  const client = clientOf(call);
  const { on, name, ip, port, ssid, radio } = call.body;
  if (typeof on === "boolean") client.on = on;
  if (typeof name === "string") client.name = name;
  if (typeof ip === "string") client.ip = ip;
  if (port !== undefined) client.attached = endOf(call, port);
  if (typeof ssid === "string") client.attached = { ssid, radio: radio === 0 ? 0 : 1 };
  const now = lab.pace.now();
  if (client.on) client.since = now;
  client.lastSeen = now;
  lab.world.clients.touch(client.mac);
  return client;
}

function busy(call: AdminCall): Site {
  const site = siteOf(call);
  site.busy = call.body["busy"] !== false;
  call.inside.lab.world.sites.touch(site.id);
  return site;
}

const DEVICE = "/devices/:mac";

/** The world around the controller. A device is named by its MAC address or its name. */
export const ADMIN_WORLD_ROUTES: readonly AdminRoute[] = [
  {
    method: "GET",
    path: "/devices",
    about: "all devices, with where each hangs",
    handle: (call) => [...call.inside.lab.world.devices.values()].map((device) => view(call, device)),
  },
  {
    method: "POST",
    path: "/devices",
    about: '{"mac":"02-00-00-00-00-01","model":"SG2210P","state":"pending"}',
    handle: addOne,
  },
  {
    method: "PATCH",
    path: DEVICE,
    about: '{"online":false} or name, model, ip, firmware, account',
    handle: changeDevice,
  },
  {
    method: "DELETE",
    path: DEVICE,
    about: "gone, as if it had never been adopted",
    handle: (call) => call.inside.lab.world.devices.delete(deviceOf(call).mac),
  },
  {
    method: "PATCH",
    path: `${DEVICE}/ports/:port`,
    about: "settings of a port as a person would set them",
    handle: changePort,
  },
  {
    method: "PATCH",
    path: `${DEVICE}/wans/:port`,
    about: '{"link":false} or internet, ip, latency, loss',
    handle: changeWan,
  },
  { method: "GET", path: "/cables", about: "all cables", handle: (call) => [...call.inside.lab.world.cables.values()] },
  {
    method: "POST",
    path: "/cables",
    about: '{"from":{"device":"Cerebro","port":9},"to":{"device":"Antenitas","port":1}}',
    handle: plug,
  },
  {
    method: "POST",
    path: "/cables/move",
    about: '{"from":{"device":"Cerebro","port":24},"to":{"device":"Cerebro","port":3}}',
    handle: move,
  },
  {
    method: "POST",
    path: "/cables/link",
    about: '{"at":{"device":"Cerebro","port":24},"link":false}',
    handle: breakCable,
  },
  { method: "DELETE", path: "/cables/:id", about: "pulled out", handle: unplug },
  {
    method: "GET",
    path: "/clients",
    about: "all clients as the controller lists them",
    handle: (call) => clientsOf(call.inside.lab, siteOf(call).id),
  },
  {
    method: "POST",
    path: "/clients",
    about: '{"mac":"02-00-00-00-99-01","name":"tv","ip":"192.168.0.90","port":{"mac":"…","port":12}} or ssid, radio',
    handle: (call) => addClient(call.inside.lab, siteOf(call).id, call.body as unknown as ClientOptions),
  },
  {
    method: "PATCH",
    path: "/clients/:mac",
    about: '{"on":false} or name, ip, port, ssid, radio',
    handle: changeClient,
  },
  {
    method: "DELETE",
    path: "/clients/:mac",
    about: "never seen",
    handle: (call) => call.inside.lab.world.clients.delete(clientOf(call).mac),
  },
  {
    method: "PUT",
    path: "/busy",
    about: '{"busy":true,"site":"Default"}: every write is refused (-33004)',
    handle: busy,
  },
];
