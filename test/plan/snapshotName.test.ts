import { expect } from "chai";
import fc from "fast-check";
import { snapshotNames } from "../../controller/plan/snapshotName.ts";

describe("names of snapshots", () => {
  it("say the policy and the time of the run, in what Proxmox takes", () => {
    const names = snapshotNames({ namespace: "homelab", name: "nightly" });
    expect(names.of(Date.parse("2026-11-24T01:30:00Z"))).to.match(/^hl-nightly-[0-9a-f]{8}-20261124013000$/);
  });

  it("property: at most 40 characters, a time and back, and no policy takes another's for its own", () => {
    const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,60}[a-z0-9])?$/);
    const policy = fc.record({ namespace: name, name });
    fc.assert(
      fc.property(policy, policy, fc.integer({ min: 0, max: 4e9 }), (one, other, seconds) => {
        const text = snapshotNames(one).of(seconds * 1000);
        expect(text).to.match(/^[A-Za-z][A-Za-z0-9_-]{1,39}$/);
        expect(snapshotNames(one).timeOf(text)).to.equal(seconds * 1000);
        if (one.namespace !== other.namespace || one.name !== other.name)
          expect(snapshotNames(other).timeOf(text)).to.equal(undefined);
      }),
    );
  });

  it("a person's snapshot is nobody's", () => {
    const names = snapshotNames({ namespace: "homelab", name: "nightly" });
    for (const text of [
      "before-upgrade",
      "hl-nightly",
      "autodaily2026",
      `${names.of(0)}x`,
      names.of(0).replace("1970", "19x0"),
    ])
      expect(names.timeOf(text), text).to.equal(undefined);
  });
});
