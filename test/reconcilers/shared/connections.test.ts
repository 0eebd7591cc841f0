import { expect } from "chai";
import { annotation } from "../../../controller/api/meta.ts";
import type { FakeLab } from "../../fakes/lab.ts";
import { MARK, oneGuest, until } from "../oneGuest.ts";

const CLUSTER = "ProxmoxCluster";

function condition(lab: FakeLab, type: string): string {
  const found = lab.read(CLUSTER, "pve")?.status?.conditions?.find((one) => one.type === type);
  return `${found?.status ?? ""}/${found?.reason ?? ""}`;
}

async function running(): Promise<FakeLab> {
  const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
  lab.start();
  await until(lab, "Settled");
  return lab;
}

function token(lab: FakeLab, tokenSecret: string): void {
  lab.kube.putSecret("lab", "proxmox-token", { tokenId: "controller@pve!lab", tokenSecret });
}

describe("connections", () => {
  it("P3: a Secret that is missing is named, looked for each minute, and its guests say why they wait", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
    lab.kube.dropSecret("lab", "proxmox-token");
    lab.start();
    await lab.until("missing", () => lab.reason(CLUSTER, "pve") === "SecretMissing");
    expect(lab.message(CLUSTER, "pve")).to.include("Secret proxmox-token does not exist in lab");
    expect(condition(lab, "Reachable")).to.equal("Unknown/SecretMissing");
    lab.kube.putSecret("lab", "proxmox-token", { tokenId: "controller@pve!lab" });
    await lab.until("key named", () => lab.message(CLUSTER, "pve").includes("has no key tokenSecret"), 61);
    token(lab, "secret");
    await until(lab, "Settled", 65);
  });

  it("P5: a ProxmoxCluster without its Secret holds nobody but its own guests", async () => {
    const lab = oneGuest({ is: {}, wish: { spec: { clusterRef: { name: "pve" } } } });
    lab.kube.apply({
      kind: CLUSTER,
      metadata: { name: "other", namespace: "lab" },
      spec: { endpoints: ["https://127.0.0.1:1"], credentialsRef: { name: "nope" } },
    });
    lab.start();
    await until(lab, "Settled");
    expect(lab.reason(CLUSTER, "other")).to.equal("SecretMissing");
  });

  it("P3: a Secret that goes away takes its guests' sight, and nothing is done about them", async () => {
    const lab = await running();
    lab.kube.dropSecret("lab", "proxmox-token");
    await lab.until("missing", () => lab.reason(CLUSTER, "pve") === "SecretMissing", 65);
    await lab.until("guest waits", () => lab.message("Container", "db").includes("proxmox-token"), 5);
    lab.proxmox.crash(101);
    await lab.seconds(30);
    expect(lab.calls()).to.deep.equal([]);
    token(lab, "secret");
    await lab.until("started", () => lab.calls().includes("start 101"), 70);
  });

  it("A7: after a 401 it is quiet: one more try after 1, 5, then every 15 min; a new Secret is tried at once", async () => {
    const lab = await running();
    lab.proxmox.unauthorized = true;
    await lab.until("refused", () => lab.reason(CLUSTER, "pve") === "Unauthorized", 30);
    expect(condition(lab, "Authorized")).to.equal("False/Unauthorized");
    expect(lab.message(CLUSTER, "pve")).to.include("Correct Secret proxmox-token");
    const before = lab.proxmox.calls.get("look") ?? 0;
    await lab.seconds(20 * 60);
    expect((lab.proxmox.calls.get("look") ?? 0) - before).to.be.within(2, 3);
    lab.proxmox.unauthorized = false;
    token(lab, "another");
    await lab.until("authorized", () => lab.reason(CLUSTER, "pve") === "Settled", 65);
  }).timeout(20_000);

  it("P3: a rotated Secret is a new connection, and a running task goes on being followed", async () => {
    const lab = await running();
    lab.proxmox.guest(101).startMs = 150_000;
    lab.proxmox.crash(101);
    await lab.until("start sent", () => lab.calls().includes("start 101"));
    const old = lab.machine.connections.of("lab", "pve");
    token(lab, "rotated");
    await lab.until("new connection", () => lab.machine.connections.of("lab", "pve") !== old, 65);
    await lab.seconds(20);
    expect(lab.status("Container", "db")["task"]).to.include({ action: "Start" });
    await until(lab, "Settled", 120);
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("O2: over a new connection no old look is taken for a new one", async () => {
    const lab = await running();
    lab.proxmox.crash(101);
    await until(lab, "Settled");
    await lab.seconds(300);
    token(lab, "rotated");
    await lab.seconds(65);
    lab.proxmox.mutations.length = 0;
    lab.proxmox.crash(101);
    await lab.until("started", () => lab.calls().includes("start 101"), 12);
  });

  it("P3: an API server that is away takes no connection", async () => {
    const lab = await running();
    const old = lab.machine.connections.of("lab", "pve");
    lab.kube.away();
    await lab.seconds(130);
    lab.kube.back();
    await lab.seconds(30);
    expect(lab.machine.connections.of("lab", "pve")).to.equal(old);
  });

  it("O3: a host that cannot be reached is told once, on the ProxmoxCluster", async () => {
    const lab = await running();
    lab.proxmox.reachable = false;
    await lab.until("unreachable", () => lab.reason(CLUSTER, "pve") === "HostUnreachable", 60);
    await until(lab, "HostUnreachable", 5);
    expect(condition(lab, "Reachable")).to.equal("False/HostUnreachable");
    const warnings = lab.kube.events.filter((event) => event.reason === "HostUnreachable").map((event) => event.about);
    expect(warnings.filter((about) => about.startsWith("Container/"))).to.deep.equal([]);
    lab.proxmox.reachable = true;
    await until(lab, "Settled", 60);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("api: clusterRef may be left out only while there is exactly one, and the message names them", async () => {
    const lab = await running();
    lab.kube.apply({
      kind: CLUSTER,
      metadata: { name: "other", namespace: "lab" },
      spec: { endpoints: ["https://127.0.0.1:1"], credentialsRef: { name: "proxmox-token" }, suspend: true },
    });
    await until(lab, "ClusterMissing");
    expect(lab.message("Container", "db")).to.include("clusterRef is needed").and.include("pve").and.include("other");
    lab.guest("db", { vmid: 101, layer: "base", spec: { clusterRef: { name: "nope" } } });
    await lab.until("named", () => lab.message("Container", "db").includes("ProxmoxCluster nope does not exist"));
  });

  it("A7: privileges are read at the start, not with each poll, and every five minutes while one is missing", async () => {
    const lab = await running();
    await lab.seconds(600);
    expect(lab.proxmox.calls.get("permissions")).to.equal(1);
    const all = lab.proxmox.permissions;
    lab.proxmox.permissions = new Map([
      [
        "/",
        new Map([
          ["VM.Audit", true],
          ["VM.PowerMgmt", true],
          ["VM.Config.Options", true],
        ]),
      ],
    ]);
    lab.proxmox.guests.set(999, { ...lab.proxmox.guest(101), vmid: 999 });
    await lab.seconds(15);
    lab.proxmox.guests.delete(999);
    await lab.until("named", () => lab.reason(CLUSTER, "pve") === "PermissionMissing", 30);
    expect(lab.message(CLUSTER, "pve")).to.include("the token lacks Sys.Audit on /nodes/pve1");
    expect(condition(lab, "Authorized")).to.equal("False/PermissionMissing");
    lab.proxmox.permissions = all;
    await lab.until("healed", () => lab.reason(CLUSTER, "pve") === "Settled", 370);
  });

  it("O4: a person who has granted a privilege need not wait: reconcile-requested-at reads them again", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [] } });
    const all = lab.proxmox.permissions;
    lab.proxmox.permissions = new Map([
      [
        "/",
        new Map([
          ["VM.Audit", true],
          ["VM.PowerMgmt", true],
          ["Sys.Audit", true],
        ]),
      ],
    ]);
    lab.start();
    await lab.until("named", () => lab.reason(CLUSTER, "pve") === "PermissionMissing", 30);
    lab.proxmox.permissions = all;
    lab.kube.annotate(lab.key(CLUSTER, "pve"), { [annotation.reconcileRequestedAt]: "now" });
    await lab.until("healed", () => lab.reason(CLUSTER, "pve") === "Settled", 5);
    await until(lab, "Settled", 5);
  });
});
