import { expect } from "chai";
import type { Lab, Member } from "../../../controller/plan/lab.ts";
import { brokenPaths, isOnBrokenPath } from "../../../controller/plan/guests/probePath.ts";

interface Wish {
  readonly name: string;
  readonly health: Member["health"];
  readonly node?: string;
  readonly segment?: string;
  readonly probed?: boolean;
  readonly dependsOn?: string;
  readonly power?: Member["power"];
}

function member({ name, health, node = "pve1", segment, probed = true, dependsOn, power = "Running" }: Wish): Member {
  const spec = {
    probes: probed ? [{ name: "service" }] : [],
    ...(segment === undefined ? {} : { networks: [{ name: "eth0", segmentRef: { name: segment } }] }),
    ...(dependsOn === undefined ? {} : { dependsOn: [{ kind: "Container", name: dependsOn }] }),
  };
  return {
    id: `Container/${name}`,
    object: { kind: "Container", metadata: { name }, spec },
    cluster: "pve",
    node,
    power,
    health,
    problem: undefined,
  } as unknown as Member;
}

function lab(...wishes: readonly Wish[]): Lab {
  return { members: new Map(wishes.map(member).map((m) => [m.id, m])) } as unknown as Lab;
}

const paths = (of: Lab): string[] =>
  brokenPaths(of).map(({ over, probed, sick }) => `${over}: ${String(sick.length)}/${String(probed)}`);

describe("a broken path (H3)", () => {
  it("two of four on a node that fail together are one", () => {
    const it = lab(
      { name: "a", health: "Unhealthy" },
      { name: "b", health: "Unhealthy" },
      { name: "c", health: "Healthy" },
      { name: "d", health: "Healthy" },
    );
    expect(paths(it)).to.deep.equal(["node pve1: 2/4"]);
    expect(isOnBrokenPath(it, member({ name: "a", health: "Unhealthy" }))).to.equal(true);
    expect(isOnBrokenPath(it, member({ name: "c", health: "Healthy" }))).to.equal(false);
  });

  it("one alone is a sick guest, and so are two of five", () => {
    expect(paths(lab({ name: "a", health: "Unhealthy" }))).to.deep.equal([]);
    const healthy = ["c", "d", "e"].map((name) => ({ name, health: "Healthy" as const }));
    expect(
      paths(lab({ name: "a", health: "Unhealthy" }, { name: "b", health: "Unhealthy" }, ...healthy)),
    ).to.deep.equal([]);
  });

  it("guests that are starting, stopped or not probed say nothing", () => {
    const it = lab(
      { name: "a", health: "Unhealthy" },
      { name: "b", health: "Starting" },
      { name: "c", health: "Unhealthy", power: "Stopped" },
      { name: "d", health: "Unhealthy", probed: false },
    );
    expect(paths(it)).to.deep.equal([]);
  });

  it("two that lean on a sick database are its victims, not a path", () => {
    const it = lab(
      { name: "db", health: "Unhealthy" },
      { name: "app", health: "Unhealthy", dependsOn: "db" },
      { name: "web", health: "Unhealthy", dependsOn: "db" },
    );
    expect(paths(it)).to.deep.equal([]);
  });

  it("a segment across two nodes is a path of its own", () => {
    const it = lab(
      { name: "a", health: "Unhealthy", node: "pve1", segment: "iot" },
      { name: "b", health: "Unhealthy", node: "pve2", segment: "iot" },
      { name: "c", health: "Healthy", node: "pve1", segment: "lan" },
      { name: "d", health: "Healthy", node: "pve2", segment: "lan" },
    );
    expect(paths(it)).to.deep.equal(["segment iot: 2/2"]);
  });
});
