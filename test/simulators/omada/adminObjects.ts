import { AdminError } from "../shared/adminCall.ts";
import type { AdminCall, AdminRoute } from "./inside.ts";
import type { Json } from "./json.ts";

const SECTIONS = ["networks", "profiles", "wlans", "ssids", "acls", "groups", "reservations"] as const;

function sectionOf(call: AdminCall): (typeof SECTIONS)[number] {
  const section = SECTIONS.find((each) => each === call.path["section"]);
  if (section === undefined) throw new AdminError(`no ${call.path["section"] ?? ""}; there are ${SECTIONS.join(", ")}`);
  return section;
}

/** What somebody changed at the pages of the controller: the stored object, by id or name, without any check. */
function changeObject(call: AdminCall): unknown {
  const section = call.inside.lab.world[sectionOf(call)];
  const key = call.path["id"] ?? "";
  const entity = [...section.values()].find(
    ({ id, data }) => id === key || data["name"] === key || data["description"] === key || data["mac"] === key,
  );
  if (entity === undefined) throw new AdminError(`no ${call.path["section"] ?? ""} ${key}`);
  entity.data = { ...entity.data, ...(call.body as Json) };
  section.touch(entity.id);
  return entity;
}

function removeObject(call: AdminCall): boolean {
  const section = call.inside.lab.world[sectionOf(call)];
  const key = call.path["id"] ?? "";
  const entity = [...section.values()].find(({ id, data }) => id === key || data["name"] === key);
  return entity !== undefined && section.delete(entity.id);
}

/** What the controller stores, for what somebody did at its pages. */
export const ADMIN_OBJECT_ROUTES: readonly AdminRoute[] = [
  {
    method: "GET",
    path: "/objects/:section",
    about: SECTIONS.join(", "),
    handle: (call) => [...call.inside.lab.world[sectionOf(call)].values()],
  },
  {
    method: "PATCH",
    path: "/objects/:section/:id",
    about: "changes what is stored, by id or name, unchecked",
    handle: changeObject,
  },
  { method: "DELETE", path: "/objects/:section/:id", about: "gone, whoever uses it", handle: removeObject },
];
