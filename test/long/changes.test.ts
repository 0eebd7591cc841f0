import { changesUnderCrashes } from "../cluster/crashChanges.ts";

describe("A2, A3, A10: changes on real processes, killed with SIGKILL, followed by another controller", function () {
  this.timeout(600_000);

  it("updates, migrations, snapshots and clones, killed at each of their calls: each is carried out once", () =>
    changesUnderCrashes("all"));
});
