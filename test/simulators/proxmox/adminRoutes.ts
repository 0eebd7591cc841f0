import { ADMIN_GUEST_ROUTES } from "./adminGuests.ts";
import { AdminError } from "../shared/adminCall.ts";
import type { AdminCall, AdminRoute } from "./inside.ts";
import type { Fault } from "./effect.ts";
import { setAcls, setClock, setDatacenter, setStorage, setTemplate, setToken, setUser } from "./adminWorld.ts";

function nodeOf(call: AdminCall): string {
  const name = call.path["node"] ?? "";
  if (!call.inside.lab.world.nodes.has(name)) throw new AdminError(`no node ${name}`);
  return name;
}

function state(call: AdminCall): unknown {
  const { world, tasks } = call.inside.lab;
  return {
    nodes: [...world.nodes.values()].map(({ name, online, bootedAt }) => ({ name, online, bootedAt })),
    storages: [...world.storages.values()],
    quorate: world.quorate,
    apiUp: call.inside.server.isUp,
    guests: world.guests.size,
    running: [...world.guests.values()].filter((guest) => guest.running).length,
    tasksRunning: [...world.nodes.keys()].flatMap((node) => tasks.runningOf(node).map((task) => task.upid)),
    faults: call.inside.faults.list(),
  };
}

async function reboot(call: AdminCall): Promise<null> {
  const node = nodeOf(call);
  const { how = "clean", seconds } = call.body;
  const down = typeof seconds === "number" ? seconds : call.inside.lab.settings.hostRebootSeconds;
  await call.inside.host.goDown(node, {
    clean: how === "clean",
    seconds: call.body["stayDown"] === true ? undefined : down,
  });
  return null;
}

async function network(call: AdminCall): Promise<null> {
  const node = nodeOf(call);
  if (call.body["online"] === true) await call.inside.host.reappear(node);
  else await call.inside.host.disappear(node, call.body["how"] === "silence" ? "silence" : "refuse");
  return null;
}

/** For what has no answer. */
const quietly =
  (act: (call: AdminCall) => void) =>
  (call: AdminCall): null => {
    act(call);
    return null;
  };

const since = (call: AdminCall): number => Number(call.query.get("since") ?? 0);

/** Everything the admin port can do. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [
  { method: "GET", path: "/state", about: "nodes, storages, counts, running tasks, armed faults", handle: state },
  {
    method: "GET",
    path: "/log",
    about: "access log; ?since=<sequence>",
    handle: (call) => call.inside.log.since(since(call)),
  },
  {
    method: "GET",
    path: "/events",
    about: "what happened inside guests; ?since=<milliseconds>",
    handle: (call) => call.inside.lab.runtime.events.filter((event) => event.time >= since(call)),
  },
  {
    method: "GET",
    path: "/tasks",
    about: "every task with its log",
    handle: (call) => [...call.inside.lab.world.tasks.values()],
  },
  {
    method: "PUT",
    path: "/tasks/hold",
    about: '{"types":["vzcreate"]}: tasks of these types stand still at their beginning until another call says []',
    handle: quietly((call) => {
      const { types } = call.body;
      call.inside.lab.tasks.hold(Array.isArray(types) ? types.map(String) : []);
    }),
  },
  {
    method: "POST",
    path: "/tasks/prune",
    about: "forget every finished task",
    handle: quietly((call) => {
      call.inside.lab.tasks.prune(true);
    }),
  },
  {
    method: "POST",
    path: "/broadcast",
    about: "every node publishes its data now",
    handle: quietly((call) => {
      call.inside.publish();
    }),
  },
  {
    method: "POST",
    path: "/nodes/:node/reboot",
    about: '{"how":"clean"|"hard","seconds":60,"stayDown":false}; answers when it is down',
    handle: reboot,
  },
  {
    method: "POST",
    path: "/nodes/:node/boot",
    about: "a node that stayed down boots",
    handle: (call) => call.inside.host.comeUp(nodeOf(call)),
  },
  { method: "POST", path: "/nodes/:node/network", about: '{"online":false,"how":"refuse"|"silence"}', handle: network },
  { method: "PATCH", path: "/storages/:storage", about: '{"free":0} or any of its fields', handle: setStorage },
  { method: "PUT", path: "/tokens", about: "adds or changes a token", handle: setToken },
  {
    method: "DELETE",
    path: "/tokens/:tokenid",
    about: "revokes a token",
    handle: (call) => call.inside.lab.world.tokens.delete(call.path["tokenid"] ?? ""),
  },
  { method: "PUT", path: "/users", about: "adds or changes a user", handle: setUser },
  {
    method: "PUT",
    path: "/acls",
    about: '{"roles":{"R":"VM.Audit"},"acls":[{"path":"/","ugid":"u@pve","role":"R"}],"replace":false}',
    handle: setAcls,
  },
  {
    method: "PUT",
    path: "/quorum",
    about: '{"quorate":false}',
    handle: quietly((call) => {
      call.inside.lab.world.facts.set("quorate", call.body["quorate"] === false ? "0" : "1");
    }),
  },
  {
    method: "PUT",
    path: "/certificate",
    about: '{"which":"expired"|"good"}',
    handle: quietly((call) => {
      call.inside.presentCertificate(call.body["which"] === "expired" ? "expired" : "good");
    }),
  },
  {
    method: "PUT",
    path: "/templates",
    about: '{"volid":"local:vztmpl/x.tar.zst","remove":false}',
    handle: setTemplate,
  },
  {
    method: "PUT",
    path: "/datacenter",
    about: "keys of datacenter.cfg; null removes",
    handle: quietly(setDatacenter),
  },
  {
    method: "PUT",
    path: "/clock",
    about: '{"skewSeconds":90}: how far the clocks of the nodes are ahead',
    handle: quietly(setClock),
  },
  { method: "GET", path: "/faults", about: "armed faults", handle: (call) => call.inside.faults.list() },
  {
    method: "POST",
    path: "/faults",
    about:
      '{"method":"POST","path":"status/start$","count":1,"skip":0,"effect":{"kind":"status","status":596,"text":"Connection timed out"}}',
    handle: (call) => ({ id: call.inside.faults.add(call.body as unknown as Omit<Fault, "id">) }),
  },
  {
    method: "DELETE",
    path: "/faults",
    about: "disarms all",
    handle: quietly((call) => {
      call.inside.faults.clear();
    }),
  },
  {
    method: "DELETE",
    path: "/faults/:id",
    about: "disarms one",
    handle: (call) => call.inside.faults.remove(call.path["id"] ?? ""),
  },
  ...ADMIN_GUEST_ROUTES,
];
