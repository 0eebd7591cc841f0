import { expect } from "chai";
import { parseWish } from "../../../hack/demo/options.ts";
import { apiCallsOf } from "../../../hack/demo/report.ts";
import { doubled, type SiteCall } from "../../../hack/demo/siteWitness.ts";
import type { Call } from "../../../hack/demo/witness.ts";

const call = (method: string, path: string, status = 200): Call => ({
  ...{ sequence: 0, time: 0, user: "homelab@pve!controller" },
  ...{ method, path, status },
});

describe("the demo's report", () => {
  it("counts calls by kind, the most frequent first, and those that were refused", () => {
    const counted = apiCallsOf(
      [
        call("POST", "/nodes/nosotros/lxc/101/status/start"),
        call("GET", "/nodes/nosotros/lxc/101/config"),
        call("GET", "/nodes/nosotros/lxc/155/config", 500),
        call("GET", "/nodes/nosotros/tasks/UPID:nosotros:1:2:3:vzstart:101:root@pam:/status"),
        call("GET", "/nodes/nosotros/tasks"),
      ],
      ({ status }) => status >= 400,
    );
    expect(counted.total).to.equal(5);
    expect(counted.failed).to.equal(1);
    expect(counted.byKind[0]).to.deep.equal({ call: "GET /nodes/{node}/lxc/{vmid}/config", count: 2 });
    expect(counted.byKind.map((kind) => kind.call)).to.include.members([
      "POST /nodes/{node}/lxc/{vmid}/status/start",
      "GET /nodes/{node}/tasks/{upid}/status",
      "GET /nodes/{node}/tasks",
    ]);
  });

  it("counts calls to Omada without their ids", () => {
    const site = "/openapi/v1/0123456789abcdef0123456789abcdef/sites/0123456789abcdef01234567";
    const calls = [
      call("PATCH", `${site}/switches/1C-61-B4-10-34-28/ports/4`),
      call("PATCH", `${site}/switches/1C-61-B4-10-34-28/ports/24`),
      call("DELETE", `${site}/lan-networks/abcdef0123456789abcdef01`),
    ];
    const counted = apiCallsOf(calls, () => false);
    expect(counted.byKind).to.deep.equal([
      { call: "PATCH /openapi/v1/{omadacId}/sites/{id}/switches/{mac}/ports/{port}", count: 2 },
      { call: "DELETE /openapi/v1/{omadacId}/sites/{id}/lan-networks/{id}", count: 1 },
    ]);
  });

  it("knows what was sent to Omada twice: the same call with the same body", () => {
    const sent = (path: string, body: object): SiteCall => ({
      ...{ sequence: 0, method: "POST", path, body: { ...body }, status: 200, errorCode: 0, write: true },
    });
    const once = [
      sent("/lan-networks", { name: "a" }),
      sent("/lan-networks", { name: "b" }),
      sent("/acls", { name: "a" }),
    ];
    expect(doubled(once)).to.deep.equal([]);
    expect(doubled([...once, sent("/lan-networks", { name: "b" })])).to.deep.equal(['POST /lan-networks {"name":"b"}']);
  });

  it("takes its options, and answers what it does not know with one line", () => {
    const wish = parseWish(["--exit", "--empty-host"]);
    expect(wish).to.deep.equal({ is: "run", options: { exit: true, emptyHost: true, json: false } });
    expect(parseWish(["--help"]).is).to.equal("help");
    expect(parseWish(["--fast"])).to.include({ is: "error" });
  });
});
