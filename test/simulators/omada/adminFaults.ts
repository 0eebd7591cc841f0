import type { Fault } from "./effect.ts";
import type { AdminCall, AdminRoute } from "./inside.ts";

/** For what has no answer. */
const quietly =
  (act: (call: AdminCall) => void) =>
  (call: AdminCall): null => {
    act(call);
    return null;
  };

async function restart(call: AdminCall): Promise<null> {
  const { seconds = 5, stayDown = false } = call.body;
  const { pace } = call.inside.lab;
  const down = call.inside.hosting.restart(stayDown === true ? undefined : pace.ms(Number(seconds)));
  if (stayDown === true) await down;
  return null;
}

/** Things that go wrong with the controller itself. */
export const ADMIN_FAULT_ROUTES: readonly AdminRoute[] = [
  { method: "GET", path: "/faults", about: "armed faults", handle: (call) => call.inside.faults.list() },
  {
    method: "POST",
    path: "/faults",
    about: '{"method":"POST","path":"lan-networks$","count":1,"skip":0,"effect":{"kind":"errorCode","code":-1}}',
    handle: (call) => ({ id: call.inside.faults.add(call.body as unknown as Omit<Fault, "id">) }),
  },
  { method: "DELETE", path: "/faults", about: "disarms all", handle: quietly((call) => call.inside.faults.clear()) },
  {
    method: "DELETE",
    path: "/faults/:id",
    about: "disarms one",
    handle: (call) => call.inside.faults.remove(call.path["id"] ?? ""),
  },
  {
    method: "POST",
    path: "/tokens/expire",
    about: "every access token has expired (-44112)",
    handle: quietly((call) => call.inside.lab.tokens.expire()),
  },
  {
    method: "POST",
    path: "/tokens/forget",
    about: "no token is known any more (-44113, -44114)",
    handle: quietly((call) => call.inside.lab.tokens.forget()),
  },
  {
    method: "POST",
    path: "/sessions/end",
    about: "every web session is over",
    handle: quietly((call) => call.inside.lab.sessions.forget()),
  },
  {
    method: "POST",
    path: "/controller/restart",
    about: '{"seconds":5,"stayDown":false}: its port closes; tokens and sessions are forgotten',
    handle: restart,
  },
  {
    method: "POST",
    path: "/controller/start",
    about: "up again after stayDown",
    handle: (call) => call.inside.hosting.release().then(() => null),
  },
];
