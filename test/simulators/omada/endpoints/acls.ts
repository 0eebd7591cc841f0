import { ApiError, invalid } from "../apiError.ts";
import { checkAcl, checkLists, createAcl, order, tableOf, type AclKind } from "../acls.ts";
import { objectAt, present, textAt, type Json } from "../json.ts";
import { paged } from "../pages.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import type { Shape } from "../shape.ts";
import { EAP_ACL, GATEWAY_ACL, ORDER, SWITCH_ACL } from "../shapes/acl.ts";
import type { Entity } from "../world.ts";

const BASE = "/openapi/v1/{omadacId}/sites/{siteId}/acls";

function view({ id, data }: Entity): Json {
  const { kind: _kind, ...rest } = data;
  return { id, ...rest };
}

function aclAt(call: Call, kind?: AclKind): Entity {
  const acl = call.lab.world.acls.get(call.params["aclId"] ?? "");
  // No source names the code for a missing rule.
  if (acl?.site !== siteOf(call).id || (kind !== undefined && acl.data["kind"] !== kind)) throw invalid();
  return acl;
}

function table(path: string, kind: AclKind, body: Shape): readonly Route[] {
  return [
    {
      method: "GET",
      path: `${BASE}/${path}`,
      paged: true,
      handle: (call: Call): unknown => {
        const now = call.lab.pace.now();
        const shown = tableOf(call.lab, siteOf(call).id, kind).filter((acl) => acl.visibleAt <= now);
        return paged(call, shown.map(view));
      },
    },
    {
      method: "POST",
      path: `${BASE}/${path}`,
      body,
      precheck: checkLists,
      handle: (call: Call): unknown => {
        createAcl(call.lab, siteOf(call).id, kind, call.body);
        call.did(`${kind} rule ${textAt(call.body, "description") ?? ""} created`);
        return undefined;
      },
    },
    {
      method: "PUT",
      path: `${BASE}/${path}/{aclId}`,
      body,
      precheck: checkLists,
      handle: (call: Call): unknown => {
        const acl = aclAt(call, kind);
        checkAcl(call.lab, acl.site, kind, call.body);
        acl.data = { destinationIds: [], ...present(call.body), kind, index: acl.data["index"] };
        call.lab.world.acls.touch(acl.id);
        call.did(`${kind} rule ${textAt(call.body, "description") ?? ""} changed`);
        return undefined;
      },
    },
  ];
}

function remove(call: Call): undefined {
  const acl = aclAt(call);
  call.lab.world.acls.delete(acl.id);
  call.did(`rule ${String(acl.data["description"])} deleted`);
}

function setOrder(call: Call): undefined {
  const kind = (["gateway", "switch", "eap"] as const).find((each) => each === call.body["type"]);
  if (kind === undefined) throw new ApiError(-1001);
  order(call.lab, siteOf(call).id, kind, objectAt(call.body, "indexes"));
  call.did(`${kind} rules ordered`);
}

/** Rules of the gateway, the switches and the access points. */
export const ACL_ROUTES: readonly Route[] = [
  ...table("osg-acls", "gateway", GATEWAY_ACL),
  ...table("osw-acls", "switch", SWITCH_ACL),
  ...table("eap-acls", "eap", EAP_ACL),
  { method: "DELETE", path: `${BASE}/{aclId}`, handle: remove },
  { method: "POST", path: `${BASE}/modifyIndex`, body: ORDER, handle: setOrder },
];
