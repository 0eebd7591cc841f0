import { expect } from "chai";
import { auditEntries, writesOf } from "../../hack/bench/audit.ts";
import { largeLab } from "../../hack/bench/largeLab.ts";

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

describe("benchmark: a large lab", () => {
  const object = (kind: string, name: string): Parameters<typeof largeLab>[0][number] => ({
    ...{ apiVersion: "homelab.neuralcodelab.com/v1alpha1", kind, metadata: { name } },
    spec: { layerRef: { name: "top" }, vmid: 100 },
  });
  const seed = [object("HomelabLayer", "top"), object("Container", "web"), object("Homelab", "home")];

  it("has as many containers as asked for, each with a vmid of its own, and the Homelab last", () => {
    const lab = largeLab(seed, 4);
    const containers = lab.filter(({ kind }) => kind === "Container");
    expect(containers.map(({ metadata }) => metadata.name)).to.deep.equal([
      "web",
      "guest-1001",
      "guest-1002",
      "guest-1003",
    ]);
    expect(containers.map(({ spec }) => spec?.["vmid"])).to.deep.equal([100, 1001, 1002, 1003]);
    expect(containers.every(({ spec }) => JSON.stringify(spec?.["layerRef"]) === '{"name":"top"}')).to.equal(true);
    expect(lab.at(-1)?.kind).to.equal("Homelab");
  });

  it("is the seed's own where that has enough", () => {
    expect(largeLab(seed, 1)).to.have.deep.members(seed);
  });
});
