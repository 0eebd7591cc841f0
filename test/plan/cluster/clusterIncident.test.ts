import { expect } from "chai";
import type { ProxmoxCluster, ProxmoxClusterStatus } from "../../../controller/api/index.ts";
import { nextClusterIncident } from "../../../controller/plan/cluster/clusterIncident.ts";
import type { Link } from "../../../controller/plan/cluster/clusterClaims.ts";
import type { Lab } from "../../../controller/plan/lab.ts";
import { labOf, NOW, type GuestWish } from "../labs.ts";

type Incident = ProxmoxClusterStatus["lastIncident"];

const probes = [{ name: "web", tcpSocket: { port: 80 } }];
const reachable: Link = { is: "reachable" };
const away: Link = { is: "unreachable", since: NOW - 12_000, message: "no route to host" };
const open = { cause: "HostUnreachable", startTime: at(60), detectTime: at(50), message: "no route to host" };

function at(secondsAgo: number): string {
  return new Date(NOW - secondsAgo * 1000).toISOString();
}

function lab(...guests: readonly Partial<GuestWish>[]): Lab {
  const wishes = guests.map((guest, index) => [`g${String(index)}`, { layer: "base", spec: { probes }, ...guest }]);
  return labOf({ layers: { base: {} }, guests: Object.fromEntries(wishes) as Record<string, GuestWish> });
}

function next(reach: Link, seen: Lab, before?: Incident): Incident {
  const cluster = { metadata: { name: "pve" }, status: { lastIncident: before } } as unknown as ProxmoxCluster;
  return nextClusterIncident(cluster, { reach, lab: seen });
}

/** The last look was not answered. */
function doubted(seen: Lab): Lab {
  const facts = { object: {} as ProxmoxCluster, reach: { is: "reachable" }, seen: true } as const;
  return { ...seen, clusters: new Map([["pve", { ...facts, doubted: true }]]) };
}

const sick = { health: "Unhealthy" } as const;

describe("H4: the outages that a connection owns", () => {
  it("a host that does not answer, since the last good look at its guests", () => {
    const seen = lab({ lastGood: NOW - 15_000 }, { lastGood: NOW - 20_000 }, { lastGood: NOW, cluster: "two" });
    expect(next(away, seen)).to.deep.equal({ ...open, startTime: at(15), detectTime: at(0) });
    expect(next(away, lab({}))).to.deep.equal({ ...open, startTime: at(12), detectTime: at(0) });
  });

  it("H3: guests that fail together, since the first of them was last good", () => {
    const broken = lab({ ...sick, lastGood: NOW - 9_000 }, { ...sick, lastGood: NOW - 8_000 });
    expect(next(reachable, broken)).to.deep.equal({
      cause: "ProbePathBroken",
      startTime: at(9),
      detectTime: at(0),
      message:
        "2 of 2 probed guests over node pve1 fail together (g0, g1); it is probably the network between here and there, so none is restarted for it",
    });
    expect(next(reachable, lab(sick, sick))?.startTime).to.equal(at(0));
  });

  it("H3, O3: guests that fail together with the host's own answers say nothing of the way to them", () => {
    const path = { ...open, cause: "ProbePathBroken" };
    const over = { ...path, recoverTime: at(10) };
    expect(next(reachable, doubted(lab(sick, sick)))).to.equal(undefined);
    expect(next(reachable, doubted(lab(sick, sick)), over)).to.equal(over);
    for (const seen of [lab(sick, sick), lab({}, {})]) expect(next(reachable, doubted(seen), path)).to.equal(path);
  });

  it("one guest that fails is its own outage, and so are those of another connection", () => {
    expect(next(reachable, lab(sick, {}, {}))).to.equal(undefined);
    expect(next(reachable, lab({ ...sick, cluster: "two" }, { ...sick, cluster: "two" }))).to.equal(undefined);
  });

  it("one that goes on is not begun anew, whatever it turns into", () => {
    expect(next(away, lab({}), open)).to.equal(open);
    expect(next(reachable, lab(sick, sick), open)).to.equal(open);
  });

  it("it is over when the host answers and no guests fail together; another refusal says nothing", () => {
    expect(next(reachable, lab({}), open)).to.deep.equal({ ...open, recoverTime: at(0) });
    for (const is of ["connecting", "unauthorized", "untrusted"] as const)
      expect(next({ is, message: "" } as Link, lab({}), open), is).to.equal(open);
  });

  it("what is over stays on record until the next", () => {
    const over = { ...open, recoverTime: at(30) };
    expect(next(reachable, lab({}), over)).to.equal(over);
    expect(next(away, lab({}), over)).to.deep.equal({ ...open, startTime: at(12), detectTime: at(0) });
  });
});
