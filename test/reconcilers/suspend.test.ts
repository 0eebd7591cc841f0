import { expect } from "chai";
import type { FakeLab } from "../fakes/lab.ts";
import { annotate, CREATABLE, MARK, oneGuest, told, until } from "./oneGuest.ts";

const levels: readonly (readonly [string, (lab: FakeLab, suspend: boolean, spec?: object) => void])[] = [
  [
    "the guest",
    (lab, suspend, spec = {}) => {
      lab.guest("db", { vmid: 101, layer: "base", spec: { suspend, ...spec } });
    },
  ],
  [
    "its layer",
    (lab, suspend) => {
      lab.layer("base", [], { suspend });
    },
  ],
  [
    "the Homelab",
    (lab, suspend) => {
      lab.homelab({ suspend });
    },
  ],
  [
    "the ProxmoxCluster",
    (lab, suspend) => {
      lab.cluster({ suspend });
    },
  ],
];

interface Gated {
  readonly gate?: { readonly open: boolean };
}

describe("suspend", () => {
  for (const [what, set] of levels)
    it(`api: on ${what} nothing is changed, the message says what would be done, and lifting it does it`, async () => {
      const lab = oneGuest({ is: {} });
      set(lab, true);
      lab.start();
      await until(lab, "Suspended");
      expect(lab.message("Container", "db")).to.equal(
        "suspended; would adopt it (a tag is written, nothing else), then start it when its layer's turn comes: adoption is Adopt",
      );
      await lab.seconds(120);
      expect(lab.proxmox.mutations).to.deep.equal([]);
      set(lab, false);
      await until(lab, "Settled");
      expect(lab.calls()).to.deep.equal(["configure 101", "start 101"]);
    });

  it("L3, I2: a guest of a suspended layer whose object was renamed in Git counts by its health", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: ["hl.lab.before"] } });
    lab.guest("db", { vmid: 101, layer: "base", spec: { adoption: "Refuse" } });
    lab.layer("base", [], { suspend: true });
    lab.start();
    await until(lab, "Suspended");
    await lab.until("its gate is open", () => (lab.status("HomelabLayer", "base") as Gated).gate?.open === true);
    expect(lab.message("Container", "db")).to.include("its mark names before, which no longer exists");
    expect(lab.proxmox.mutations).to.deep.equal([]);
  });

  it("api: says of a marked guest that it would start it, of an absent one that it would create it", async () => {
    const lab = oneGuest({ is: { tags: [MARK] } });
    lab.guest("new", { vmid: 102, layer: "base", spec: CREATABLE });
    lab.homelab({ suspend: true });
    lab.start();
    await until(lab, "Suspended");
    await until(lab, "Suspended", 60, "new");
    expect(lab.message("Container", "db")).to.include("would start it");
    expect(lab.message("Container", "new")).to.include("would create it");
    await lab.seconds(120);
    expect(lab.proxmox.mutations).to.deep.equal([]);
  });

  it("api: says of a guest that is as declared that nothing is to be done", async () => {
    const lab = oneGuest({ is: { tags: [MARK], power: "Running" } });
    lab.homelab({ suspend: true });
    lab.start();
    await until(lab, "Suspended");
    expect(lab.message("Container", "db")).to.include("nothing to do");
  });

  it("api: precedes protection, management and the policies", async () => {
    const lab = oneGuest({
      is: { power: "Running" },
      cluster: { protectedVmids: [101] },
      wish: { spec: { management: "Observe", powerState: "Stopped", suspend: true } },
    });
    lab.start();
    await until(lab, "Suspended");
  });

  it("I6: before protectedVmids is said, a suspended lab shows what it would do", async () => {
    const lab = oneGuest({
      is: { power: "Running", tags: [MARK] },
      cluster: { protectedVmids: undefined },
      wish: { spec: { powerState: "Stopped" } },
    });
    lab.homelab({ suspend: true });
    lab.start();
    await until(lab, "Suspended");
    expect(lab.message("Container", "db")).to.include("would shut it down");
  });
});

describe("annotations", () => {
  const AT_FIRST = {
    "homelab.neuralcodelab.com/restarted-at": "monday",
    "homelab.neuralcodelab.com/reconcile-requested-at": "monday",
  };

  it("api: those found at the first pass are recorded as handled and not acted upon", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] }, wish: { annotations: AT_FIRST } });
    lab.start();
    await until(lab, "Settled");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.status("Container", "db")).to.include({
      lastHandledRestartAt: "monday",
      lastHandledReconcileAt: "monday",
    });
    annotate(lab, "restartedAt", "tuesday");
    await lab.until("restarted", () => lab.calls().length === 2);
    await until(lab, "Settled");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
    expect(lab.status("Container", "db")).to.include({ lastHandledRestartAt: "tuesday" });
  });

  it("api: reconcile-requested-at only asks for a pass, and is answered", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
    lab.start();
    await until(lab, "Settled");
    await lab.seconds(30);
    annotate(lab, "reconcileRequestedAt", "now");
    await lab.until("answered", () => lab.status("Container", "db")["lastHandledReconcileAt"] === "now", 5);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("api: restarted-at under Observe restarts nothing", async () => {
    const lab = oneGuest({ is: { power: "Running" }, wish: { spec: { management: "Observe" } } });
    lab.start();
    await until(lab, "Observing");
    annotate(lab, "restartedAt", "now");
    await lab.seconds(30);
    expect(lab.calls()).to.deep.equal([]);
  });
});

describe("the go switch", () => {
  it("L2: without a Homelab nothing is changed; applying it lets the lab go, deleting it changes nothing", async () => {
    const lab = oneGuest({ is: {}, go: false });
    lab.start();
    await until(lab, "HomelabMissing");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    lab.homelab();
    await until(lab, "Settled");
    lab.kube.delete(lab.key("Homelab", "home"));
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["configure 101", "start 101"]);
    expect(told(lab)).to.include("Starting");
  });
});
