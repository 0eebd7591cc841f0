import { ApiError } from "./apiError.ts";
import { makeTicket, ticketUser, userWorks } from "./identity.ts";
import type { Call } from "./lab.ts";
import { permissionTable } from "./permissions.ts";

const TREES: Readonly<Record<string, RegExp>> = {
  vms: /^(VM\.|Permissions\.Modify)/,
  storage: /^(Datastore\.|Permissions\.Modify)/,
  nodes: /^(Sys\.|Permissions\.Modify)/,
  dc: /^(SDN\.|Sys\.Audit|Sys\.Modify)/,
  access: /^(User\.Modify|Group\.Allocate|Permissions\.Modify)/,
  sdn: /^(SDN\.|Permissions\.Modify)/,
  mapping: /^(Mapping\.|Permissions\.Modify)/,
};

/** What a user may do anywhere below each tree; only a hint for user interfaces. */
function capabilities(call: Call, user: string): Record<string, Record<string, number>> {
  const paths: Readonly<Record<string, RegExp>> = {
    vms: /^\/(vms|pool)/,
    storage: /^\/storage/,
    nodes: /^\/nodes/,
    dc: /^\/$/,
    access: /^\/access/,
    sdn: /^\/sdn/,
    mapping: /^\/mapping/,
  };
  const table = { ...permissionTable(call.lab.world, user), ...permissionTable(call.lab.world, user, "/mapping") };
  return Object.fromEntries(
    Object.entries(TREES).map(([tree, wanted]) => {
      const here = Object.entries(table).filter(([path]) => paths[tree]?.test(path) === true);
      const privileges = here
        .flatMap(([, granted]) => Object.keys(granted))
        .filter((privilege) => wanted.test(privilege));
      return [tree, Object.fromEntries([...new Set(privileges)].map((privilege) => [privilege, 1]))];
    }),
  );
}

/** POST of a login: a password or a still valid ticket. */
export function login(call: Call): unknown {
  const { values, lab } = call;
  const seconds = lab.pace.seconds();
  const name = values["username"] ?? "";
  const userid = name.includes("@") ? name : `${name}@${values["realm"] ?? ""}`;
  const password = values["password"] ?? "";
  const known = lab.world.users.get(userid);
  const good = known?.password !== undefined && known.password === password && userWorks(lab.world, userid, seconds);
  if (!good && ticketUser(lab.world, password, seconds) !== userid) throw new ApiError(401, "authentication failure\n");
  const { ticket, csrf } = makeTicket(lab.world, userid, seconds);
  const cluster = lab.settings.clusterName === "" ? {} : { clustername: lab.settings.clusterName };
  return { username: userid, ticket, CSRFPreventionToken: csrf, ...cluster, cap: capabilities(call, userid) };
}
