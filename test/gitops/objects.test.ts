import { expect } from "chai";
import { annotation, API_VERSION, type Stored } from "../../controller/api/meta.ts";
import { reasons, type Reason, type ReasonText } from "../../controller/base/reasons.ts";
import { nextStatus } from "../../controller/runtime/status.ts";
import type { FakeLab } from "../fakes/lab.ts";
import { backup, stop } from "../fakes/proxmox.ts";
import { useReader, type Readings } from "./reader.ts";
import { healthScript } from "./scripts.ts";
import { objectOf, oneOfEachKind, settledLab, showsReason, smallLab } from "./stories.ts";

/** Which words of Argo CD go with a word of kstatus. */
const agreeing: Readonly<Record<string, readonly string[]>> = {
  Current: ["Healthy", "Suspended"],
  InProgress: ["Progressing"],
  Failed: ["Degraded"],
  Terminating: ["Progressing"],
};

type Words = readonly [reason: string, kstatus: string, argo: string];

const settled = ["Settled", "Current", "Healthy"] as const;
const suspended = ["Suspended", "Current", "Suspended"] as const;
const unreachable = ["HostUnreachable", "InProgress", "Progressing"] as const;
const stopped = ["Stopped", "Current", "Healthy"] as const;

/** Kinds that need no guest to run. */
const notGuests: ReadonlySet<string> = new Set([
  "ProxmoxCluster",
  "OmadaController",
  "NetworkSegment",
  "NetworkDevice",
  "WirelessNetwork",
  "AccessRule",
  "ClientGroup",
  "SnapshotPolicy",
]);

describe("objects that the controller wrote, read by kstatus and by Argo CD", () => {
  const reader = useReader();

  async function readingsOf(one: Stored): Promise<Readings> {
    const [readings] = await reader().read([one], healthScript);
    return readings!;
  }

  /** How each of these reads: Ready's reason, kstatus' word, Argo CD's word. The two must agree on all objects. */
  async function expectReadings(lab: FakeLab, expected: Readonly<Record<string, Words>>): Promise<void> {
    const objects = lab.kube.all();
    const readings = await reader().read(objects, healthScript);
    const found = new Map<string, Words>();
    objects.forEach((one, index) => {
      const { kstatus, argo } = readings[index]!;
      const id = `${one.kind}/${one.metadata.name}`;
      expect(agreeing[kstatus.status], `${id}: kstatus ${kstatus.status}`).to.include(argo.status);
      found.set(id, [lab.reason(one.kind, one.metadata.name), kstatus.status, argo.status]);
    });
    const asked = Object.fromEntries(Object.keys(expected).map((id) => [id, found.get(id)]));
    expect(asked, lab.describe()).to.deep.equal(expected);
  }

  it("before the first pass everything is at work: the status default alone says so", async () => {
    const fresh = ["", "InProgress", "Progressing"] as const;
    await expectReadings(smallLab(), Object.fromEntries(oneOfEachKind.map((id) => [id, fresh])));
  });

  it("in the first second of a controller's life nothing is ready and nothing has failed", async () => {
    const lab = smallLab();
    lab.start();
    for (let tenth = 0; tenth < 10; tenth++) {
      for (const one of lab.kube.all()) {
        const { kstatus, argo } = await readingsOf(one);
        expect([kstatus.status, argo.status], `${one.kind} ${one.metadata.name}`).to.satisfy(
          ([status, health]: readonly string[]) =>
            (status === "InProgress" && health === "Progressing") ||
            (notGuests.has(one.kind) && status === "Current" && health === "Healthy"),
        );
      }
      await lab.clock.advance(100);
    }
  });

  it("while the lower layer boots, it, what waits for it and the whole are at work", async () => {
    const lab = smallLab();
    lab.bootSeconds.set(101, 20);
    lab.start();
    await lab.until("db starts", showsReason(lab, "Container/db", "Starting"));
    await lab.until("cache is up", showsReason(lab, "Container/cache", "Settled"));
    await expectReadings(lab, {
      "ProxmoxCluster/pve": settled,
      "Homelab/home": ["Booting", "InProgress", "Progressing"],
      "HomelabLayer/base": ["Gating", "InProgress", "Progressing"],
      "HomelabLayer/apps": ["LayerNotReady", "InProgress", "Progressing"],
      "Container/db": ["Starting", "InProgress", "Progressing"],
      "Container/cache": settled,
      "VirtualMachine/app": ["LayerNotReady", "InProgress", "Progressing"],
    });
  });

  it("a settled lab is current throughout", async () => {
    const lab = await settledLab();
    await expectReadings(lab, Object.fromEntries(oneOfEachKind.map((id) => [id, settled])));
  });

  it("a change that the controller has not seen is not current, whatever Ready still says", async () => {
    const lab = await settledLab();
    lab.kill();
    lab.homelab({ powerState: "Stopped" });
    await expectReadings(lab, { "Homelab/home": ["Settled", "InProgress", "Progressing"] });
  });

  it("on the way down it works, and stopped as declared is current", async () => {
    const lab = await settledLab();
    lab.homelab({ powerState: "Stopped" });
    await lab.until("app stops", showsReason(lab, "VirtualMachine/app", "Stopping"));
    await expectReadings(lab, {
      "Homelab/home": ["Stopping", "InProgress", "Progressing"],
      "VirtualMachine/app": ["Stopping", "InProgress", "Progressing"],
    });
    await lab.until("all down", showsReason(lab, "Homelab/home", "Stopped"));
    await expectReadings(lab, {
      "Homelab/home": stopped,
      "HomelabLayer/base": stopped,
      "Container/db": stopped,
      "VirtualMachine/app": stopped,
    });
  });

  it("a guest that a person stopped asks for a person; its layer and the lab are as that person wants them", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", showsReason(lab, "Container/db", "StoppedByHand"), 30);
    await lab.seconds(10);
    await expectReadings(lab, {
      "Homelab/home": settled,
      "HomelabLayer/base": settled,
      "Container/db": ["StoppedByHand", "Failed", "Degraded"],
      "Container/cache": settled,
    });
  });

  it("a guest that crashed is being repaired: at work, not failed", async () => {
    const lab = await settledLab();
    lab.bootSeconds.set(101, 10);
    lab.proxmox.crash(101);
    await lab.until("it is started again", showsReason(lab, "Container/db", "Starting"), 60);
    await lab.until("told above", showsReason(lab, "Homelab/home", "Recovering"), 2);
    await expectReadings(lab, {
      "Container/db": ["Starting", "InProgress", "Progressing"],
      "Homelab/home": ["Recovering", "InProgress", "Progressing"],
    });
  });

  it("a service that hangs is not failed while the controller has nothing to ask of a person", async () => {
    const lab = await settledLab();
    lab.hung.add(101);
    await lab.until("noticed", showsReason(lab, "Container/db", "ProbeFailing"), 60);
    await lab.seconds(5);
    await expectReadings(lab, {
      "Container/db": ["ProbeFailing", "InProgress", "Progressing"],
      "Homelab/home": ["Degraded", "InProgress", "Progressing"],
    });
  });

  it("a guest that crashes again and again asks for a person", async () => {
    const lab = await settledLab();
    const db = { vmid: 101, layer: "base", spec: { recovery: { maxRestarts: 1, windowSeconds: 900 } } };
    lab.guest("db", db);
    for (let crash = 0; crash < 2; crash++) {
      await lab.until("settled", showsReason(lab, "Container/db", "Settled"));
      lab.proxmox.crash(101);
      await lab.seconds(15);
    }
    await lab.until("given up", showsReason(lab, "Container/db", "RestartLimit"), 60);
    await expectReadings(lab, { "Container/db": ["RestartLimit", "Failed", "Degraded"] });
  });

  it("someone else's guest under our vmid asks for a person", async () => {
    const lab = smallLab();
    lab.guest("db", { vmid: 101, layer: "base", spec: { adoption: "Refuse" } });
    lab.start();
    await lab.until("refused", showsReason(lab, "Container/db", "GuestNotOwned"), 30);
    await expectReadings(lab, { "Container/db": ["GuestNotOwned", "Failed", "Degraded"] });
  });

  it("a template that does not exist asks for a person", async () => {
    const lab = smallLab();
    lab.proxmox.templates = new Set(["local:vztmpl/debian-13.tar.zst"]);
    const spec = { template: "local:vztmpl/nowhere.tar.zst", rootfs: { storage: "local-zfs", size: "8Gi" } };
    lab.guest("new", { vmid: 103, layer: "base", spec });
    lab.start();
    await lab.until("refused", showsReason(lab, "Container/new", "RefusedByProvider"), 60);
    await expectReadings(lab, { "Container/new": ["RefusedByProvider", "Failed", "Degraded"] });
  });

  it("a guest that others work on is waited for", async () => {
    const lab = smallLab();
    backup(lab.proxmox, 101, 60_000);
    lab.start();
    await lab.until("waits", showsReason(lab, "Container/db", "GuestBusy"), 30);
    await expectReadings(lab, { "Container/db": ["GuestBusy", "InProgress", "Progressing"] });
  });

  it("a host that does not answer leaves everything unknown, which is not failed", async () => {
    const lab = await settledLab();
    lab.proxmox.reachable = false;
    await lab.until("unknown", showsReason(lab, "Container/db", "HostUnreachable"), 60);
    await lab.seconds(10);
    await expectReadings(lab, {
      "ProxmoxCluster/pve": unreachable,
      "Homelab/home": unreachable,
      "HomelabLayer/base": unreachable,
      "Container/db": unreachable,
      "VirtualMachine/app": unreachable,
    });
  });

  it("a refused token asks for a person, once: on the ProxmoxCluster", async () => {
    const lab = await settledLab();
    lab.proxmox.unauthorized = true;
    await lab.until("refused", showsReason(lab, "ProxmoxCluster/pve", "Unauthorized"), 120);
    await lab.seconds(10);
    const { kstatus, argo } = await readingsOf(objectOf(lab, "ProxmoxCluster/pve"));
    expect([kstatus.status, argo.status]).to.deep.equal(["Failed", "Degraded"]);
    const guest = await readingsOf(objectOf(lab, "Container/db"));
    expect([guest.kstatus.status, guest.argo.status], lab.describe()).to.deep.equal(["InProgress", "Progressing"]);
  });

  it("a suspended lab is as it was asked to be: current, and suspended for Argo CD down to each guest", async () => {
    const lab = smallLab();
    lab.homelab({ suspend: true });
    lab.start();
    await lab.until("suspended", showsReason(lab, "Container/db", "Suspended"), 30);
    await lab.seconds(5);
    await expectReadings(lab, {
      "Homelab/home": suspended,
      "HomelabLayer/base": suspended,
      "HomelabLayer/apps": suspended,
      "Container/db": suspended,
      "VirtualMachine/app": suspended,
      "ProxmoxCluster/pve": settled,
    });
  });

  it("one suspended guest is suspended alone", async () => {
    const lab = await settledLab();
    lab.guest("db", { vmid: 101, layer: "base", spec: { suspend: true } });
    await lab.until("seen", showsReason(lab, "Container/db", "Suspended"), 30);
    await lab.seconds(5);
    await expectReadings(lab, { "Container/db": suspended, "Container/cache": settled, "Homelab/home": settled });
  });

  it("layers in a circle ask for a person", async () => {
    const lab = smallLab();
    lab.layer("base", ["apps"]);
    lab.start();
    await lab.until("told", showsReason(lab, "HomelabLayer/base", "DependencyCycle"), 30);
    await lab.until("told above", showsReason(lab, "Homelab/home", "DependencyCycle"), 30);
    await expectReadings(lab, {
      "HomelabLayer/base": ["DependencyCycle", "Failed", "Degraded"],
      "Homelab/home": ["DependencyCycle", "Failed", "Degraded"],
    });
  });

  it("what is missing may still be applied: waiting, not failed", async () => {
    const lab = smallLab();
    lab.proxmox.add({ vmid: 103, name: "late" });
    lab.guest("late", { vmid: 103, layer: "nowhere" });
    lab.start();
    await lab.until("waits", showsReason(lab, "Container/late", "LayerMissing"), 30);
    await expectReadings(lab, { "Container/late": ["LayerMissing", "InProgress", "Progressing"] });
  });

  it("an object on its way out is terminating for both", async () => {
    const lab = smallLab();
    const spec = {
      deletionPolicy: "Delete",
      template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
      rootfs: { storage: "local-zfs", size: "8Gi" },
    };
    lab.guest("new", { vmid: 103, layer: "base", spec });
    lab.start();
    await lab.until("settled", showsReason(lab, "Container/new", "Settled"));
    lab.kube.delete(lab.key("Container", "new"));
    await lab.until("it waits", showsReason(lab, "Container/new", "DeletionPending"), 30);
    await expectReadings(lab, { "Container/new": ["DeletionPending", "Terminating", "Progressing"] });
  });

  it("a second Homelab asks for a person; the one in charge is not touched by it", async () => {
    const lab = await settledLab();
    lab.homelab({}, "second");
    await lab.until("refused", showsReason(lab, "Homelab/second", "NotInCharge"), 30);
    await expectReadings(lab, { "Homelab/second": ["NotInCharge", "Failed", "Degraded"], "Homelab/home": settled });
  });

  it("messages of Argo CD name the reason and say what the Ready condition says", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", showsReason(lab, "Container/db", "StoppedByHand"), 30);
    const held = await readingsOf(objectOf(lab, "Container/db"));
    expect(held.argo.message).to.equal(`StoppedByHand: ${lab.message("Container", "db")}`);
    expect(held.argo.message).to.include(annotation.restartedAt);
  });

  it("a guest that is only watched, and a protected one, are as declared", async () => {
    const lab = await settledLab();
    lab.cluster({ protectedVmids: [102] });
    lab.guest("db", { vmid: 101, layer: "base", spec: { management: "Observe" } });
    lab.guest("cache", { vmid: 102, layer: "base", spec: { powerState: "Stopped" } });
    await lab.until("watched", showsReason(lab, "Container/db", "Observing"), 30);
    await lab.until("protected", showsReason(lab, "Container/cache", "Protected"), 30);
    await expectReadings(lab, {
      "Container/db": ["Observing", "Current", "Healthy"],
      "Container/cache": ["Protected", "Current", "Healthy"],
    });
  });

  it("a guest that does not shut down halts the shutdown, which asks for a person; the layers below wait", async () => {
    const lab = await settledLab();
    lab.proxmox.guest(201).stopMs = Infinity;
    lab.homelab({ powerState: "Stopped" });
    await lab.until("it refuses", showsReason(lab, "VirtualMachine/app", "StopRefused"), 400);
    await lab.until("told above", showsReason(lab, "Homelab/home", "Halted"), 30);
    await expectReadings(lab, {
      "VirtualMachine/app": ["StopRefused", "Failed", "Degraded"],
      "HomelabLayer/apps": ["Halted", "Failed", "Degraded"],
      "HomelabLayer/base": ["Stopping", "InProgress", "Progressing"],
      "Homelab/home": ["Halted", "Failed", "Degraded"],
    });
  });

  it("a boot that waits for the line to the outside is at work", async () => {
    const lab = smallLab();
    lab.wan = false;
    const wan = { name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, onFailure: "Block", timeoutSeconds: 600 };
    lab.homelab({ preflight: [wan] });
    lab.start();
    await lab.until("it waits", showsReason(lab, "Container/db", "PreflightFailing"), 30);
    await expectReadings(lab, {
      "Container/db": ["PreflightFailing", "InProgress", "Progressing"],
      "Homelab/home": ["Booting", "InProgress", "Progressing"],
    });
  });

  it("every reason reads as the list of reasons says it stands", async () => {
    const names = Object.keys(reasons) as Reason[];
    const metadata = { name: "one", namespace: "lab", generation: 3 };
    const stamp = { now: "2026-01-01T00:00:00Z", generation: 3 };
    const objects = names.map((reason) => {
      const status = nextStatus(
        undefined,
        { outcome: { ...standing(reasons[reason]), reason, message: "why" } },
        stamp,
      );
      return { apiVersion: API_VERSION, kind: "Container", metadata, spec: {}, status };
    });
    const readings = await reader().read(objects, healthScript);
    names.forEach((reason, index) => {
      const { ready, ...entry }: ReasonText = reasons[reason];
      const word = entry.with === "Stalled" ? "Failed" : ready === "True" ? "Current" : "InProgress";
      const { kstatus, argo } = readings[index]!;
      expect(kstatus.status, reason).to.equal(word);
      expect(argo.status === "Suspended", reason).to.equal(reason === "Suspended");
      expect(agreeing[word], reason).to.include(argo.status);
    });
  });
});

/** The outcome that a reason comes with. */
function standing({ ready, with: beside }: ReasonText): { readonly is: "settled" | "stalled" | "unknown" | "waiting" } {
  if (beside === "Stalled") return { is: "stalled" };
  if (ready === "True") return { is: "settled" };
  return { is: ready === "Unknown" ? "unknown" : "waiting" };
}
