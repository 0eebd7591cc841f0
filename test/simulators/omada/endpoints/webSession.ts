import { textAt, type Json } from "../json.ts";
import { Said, type Call, type Route } from "../route.ts";
import { COOKIE } from "../sessions.ts";
import { text } from "../shape.ts";

const ADMINISTRATOR = 2;

function login(call: Call): Said {
  const { cookie, csrf } = call.lab.sessions.login(textAt(call.body, "username"), textAt(call.body, "password"));
  call.setCookie(`${COOKIE}=${cookie}; Path=/; Secure; HttpOnly`);
  call.did("logged in");
  return new Said("Log in successfully.", {
    omadacId: call.lab.omadacId,
    token: csrf,
    roleType: ADMINISTRATOR,
    roleDetail: { type: ADMINISTRATOR },
  });
}

function logout(call: Call): undefined {
  call.lab.sessions.logout(call.cookie);
  call.did("logged out");
}

function currentUser(call: Call): Json {
  const name = call.caller.kind === "user" ? call.caller.username : "";
  const sites = [...call.lab.world.sites.values()];
  return {
    id: "0",
    name,
    roleId: "master_admin_id",
    roleName: "Main Administrator",
    privilege: {
      sites: sites.map((site) => ({ name: site.name, category: "advanced", key: site.id })),
      lastVisited: sites[0]?.id,
      all: true,
    },
  };
}

function controllerStatus({ lab }: Call): Json {
  return {
    name: lab.settings.controllerName,
    macAddress: "BC-24-11-00-00-65",
    upTime: "1day(s) 2h 3m 4s",
    firmwareVersion: "",
    controllerVersion: lab.version.controllerVer,
    model: "Omada Software Controller",
  };
}

/** The session of the pages, and who the controller and the user are. */
export const WEB_SESSION_ROUTES: readonly Route[] = [
  {
    web: true,
    method: "POST",
    path: "/login",
    open: true,
    body: { username: text(), password: text() },
    handle: login,
  },
  { web: true, method: "GET", path: "/loginStatus", handle: (): unknown => ({ login: true }) },
  { web: true, method: "POST", path: "/logout", reads: true, handle: logout },
  { web: true, method: "GET", path: "/users/current", handle: currentUser },
  {
    web: true,
    method: "GET",
    path: "/maintenance/uiInterface",
    handle: (call: Call): unknown => ({ controllerName: call.lab.settings.controllerName }),
  },
  { web: true, method: "GET", path: "/maintenance/controllerStatus", handle: controllerStatus },
  {
    web: true,
    method: "GET",
    path: "/anon/controllerType",
    open: true,
    handle: (): unknown => ({ isSoftController: true, combinedGateway: false }),
  },
];
