import { expect } from "chai";
import type { Permissions } from "../../controller/providers/port.ts";
import { FakeLab } from "../fakes/lab.ts";
import { everyPrivilege } from "../fakes/privileges.ts";

const created = {
  template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
  rootfs: { storage: "local-zfs", size: "8Gi" },
};

/** Stories that random histories (test/sim) found to go wrong once. */
describe("regressions", () => {
  it("O4: a guest whose absence could not be proven without quorum is created when the quorum is back", async () => {
    const lab = new FakeLab();
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base", spec: created });
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

  it("I5: what was created and removed before anybody looked is not created a second time", async () => {
    const lab = new FakeLab();
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base", spec: created });
    lab.homelab();
    lab.start();
    await lab.until("created", () => lab.calls().includes("create 101"));
    await lab.seconds(1);
    lab.kill();
    await lab.seconds(30);
    lab.proxmox.guests.delete(101);
    lab.start();
    await lab.until("said", () => lab.reason("Container", "db") === "GuestVanished", 60);
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["create 101"]);
  });

  it("L3: minHealthySeconds runs in a suspended layer too, and its gate then says open", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: ["hl.lab.db"] });
    lab.cluster();
    lab.layer("base", [], { suspend: true, healthGate: { minHealthySeconds: 20 } });
    lab.guest("db", { vmid: 101, layer: "base" });
    lab.homelab();
    lab.start();
    const gate = (): unknown => (lab.status("HomelabLayer", "base")["gate"] as { open?: boolean } | undefined)?.open;
    await lab.until("told closed", () => gate() === false);
    await lab.until("told open", () => gate() === true, 40);
  });

  it("O6: a guest that could not be explained without Sys.Audit is explained when the privilege is given", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: ["hl.lab.db"] });
    lab.proxmox.permissions = without("Sys.Audit");
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base" });
    lab.homelab();
    lab.start();
    await lab.until("settled", () => lab.reason("Container", "db") === "Settled", 30);
    lab.proxmox.crash(101);
    await lab.until("unexplained", () => lab.reason("Container", "db") === "PermissionMissing", 30);
    lab.proxmox.permissions = everyPrivilege;
    await lab.until("started", () => lab.calls().includes("start 101"), 660);
  });
});

function without(privilege: string): Permissions {
  const rest = [...(everyPrivilege.get("/") ?? [])].filter(([name]) => name !== privilege);
  return new Map([["/", new Map(rest)]]);
}
