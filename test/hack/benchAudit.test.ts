import { expect } from "chai";
import { auditEntries, writesOf } from "../../hack/bench/audit.ts";

function line(verb: string, resource: string, user = "controller", subresource?: string): string {
  const objectRef = { resource, ...(subresource === undefined ? {} : { subresource }) };
  return `${JSON.stringify({ requestReceivedTimestamp: "1970-01-01T00:00:01.5Z", verb, user: { username: user }, objectRef })}\n`;
}

describe("benchmark: the API server's audit log", () => {
  it("tells who did what, when", () => {
    expect(auditEntries(line("patch", "containers", "controller", "status"))).to.deep.equal([
      { time: 1500, user: "controller", verb: "patch", resource: "containers/status" },
    ]);
  });

  it("is read although its last line is still being written", () => {
    expect(auditEntries(`${line("get", "secrets")}{"verb":"pa`)).to.have.length(1);
  });

  it("counts a user's writes, not its reads, its Lease, or what others wrote", () => {
    const text = [
      line("patch", "containers", "controller", "status"),
      line("create", "events"),
      line("update", "leases"),
      line("watch", "containers"),
      line("patch", "containers", "somebody"),
    ].join("");
    const written = writesOf(auditEntries(text), "controller").map(({ verb, resource }) => `${verb} ${resource}`);
    expect(written).to.deep.equal(["patch containers/status", "create events"]);
  });
});
