import { expect } from "chai";
import { FakeLab } from "../fakes/lab.ts";

/** Stories that random histories (test/sim) found to go wrong once. */
describe("regressions", () => {
  it("O4: a guest whose absence could not be proven without quorum is created when the quorum is back", async () => {
    const lab = new FakeLab();
    lab.cluster();
    lab.layer("base");
    lab.guest("db", {
      vmid: 101,
      layer: "base",
      spec: {
        template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
        rootfs: { storage: "local-zfs", size: "8Gi" },
      },
    });
    lab.homelab();
    lab.proxmox.quorate = false;
    lab.start();
    await lab.until("unproven", () => lab.reason("Container", "db") === "HostUnreachable");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.quorate = true;
    await lab.until("settled", () => lab.reason("Container", "db") === "Settled", 90);
    expect(lab.calls()).to.deep.equal(["create 101", "start 101"]);
  });
});
