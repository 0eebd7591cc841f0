import { expect } from "chai";
import { kinds } from "../../controller/api/index.ts";
import { annotation, type Stored } from "../../controller/api/meta.ts";
import type { FakeLab } from "../fakes/lab.ts";
import { stop } from "../fakes/proxmox.ts";
import { argoData, customizationOf } from "./argoConfig.ts";
import { useReader } from "./reader.ts";
import { healthScript } from "./scripts.ts";
import { objectOf, oneOfEachKind, settledLab, showsReason } from "./stories.ts";

interface Offered {
  readonly disabled: boolean;
}

/** As Argo CD's `os.date("!%Y-%m-%dT%XZ")` writes it. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

describe("Argo CD's actions", () => {
  const reader = useReader();

  async function offered(object: object, kind: string): Promise<Readonly<Record<string, boolean>>> {
    const actions = await reader().ask(object, { do: "actions", script: customizationOf(kind).discovery });
    const entries = Object.entries(actions as Record<string, Offered>);
    return Object.fromEntries(entries.map(([name, { disabled }]) => [name, !disabled]));
  }

  async function outcome(object: Stored, action: string): Promise<Stored> {
    const script = customizationOf(object.kind).actions.get(action);
    if (script === undefined) throw new Error(`${object.kind} has no action ${action}`);
    return (await reader().ask(object, { do: "action", script })) as Stored;
  }

  /** Presses the button: what Argo CD would send goes to the API server. */
  async function press(lab: FakeLab, id: string, action: string): Promise<Stored> {
    const before = objectOf(lab, id);
    const after = await outcome(before, action);
    const { annotations } = after.metadata;
    const { kind, metadata, spec } = after;
    lab.kube.apply({
      kind,
      metadata: {
        name: metadata.name,
        namespace: metadata.namespace,
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec,
    });
    return after;
  }

  it("exist for every kind, with the same health script for all", () => {
    for (const { kind } of kinds) {
      const { health, actions } = customizationOf(kind);
      expect(health.trimEnd(), kind).to.equal(healthScript.trimEnd());
      expect([...actions.keys()], kind).to.include.members(["reconcile", "suspend", "resume"]);
    }
    expect(Object.keys(argoData()).length).to.equal(2 * kinds.length);
  });

  it("need no libraries that Argo CD opens only on request", () => {
    expect(Object.keys(argoData()).filter((key) => key.includes("useOpenLibs"))).to.deep.equal([]);
  });

  it("are tried here on one object of every kind", () => {
    expect(oneOfEachKind.map((id) => id.split("/")[0])).to.have.members(kinds.map(({ kind }) => kind));
  });

  it("that are offered have a script, and every script is offered", async () => {
    const lab = await settledLab();
    for (const id of [
      "ProxmoxCluster/pve",
      "Homelab/home",
      "HomelabLayer/base",
      "Container/db",
      "VirtualMachine/app",
    ]) {
      const object = objectOf(lab, id);
      const names = Object.keys(await offered(object, object.kind));
      expect(names, id).to.have.members([...customizationOf(object.kind).actions.keys()]);
    }
  });

  it("offer restart on guests only, and not where it would wait or do nothing", async () => {
    const lab = await settledLab();
    const db = objectOf(lab, "Container/db");
    const withSpec = (spec: object): object => ({ ...db, spec: { ...(db.spec as object), ...spec } });
    expect(await offered(db, "Container")).to.deep.equal({
      reconcile: true,
      restart: true,
      suspend: true,
      resume: false,
    });
    expect(await offered(withSpec({ suspend: true }), "Container")).to.deep.equal({
      reconcile: true,
      restart: false,
      suspend: false,
      resume: true,
    });
    for (const spec of [{ management: "Observe" }, { powerState: "Stopped" }])
      expect(await offered(withSpec(spec), "Container"), JSON.stringify(spec)).to.include({ restart: false });
    expect(await offered(objectOf(lab, "VirtualMachine/app"), "VirtualMachine")).to.include({ restart: true });
    expect(await offered(objectOf(lab, "Homelab/home"), "Homelab")).to.not.have.property("restart");
  });

  it("change what they say and nothing else", async () => {
    const lab = await settledLab();
    const db = objectOf(lab, "Container/db");
    const spec = { ...(db.spec as object), features: {}, mounts: [] };
    const object = { ...db, spec };
    const restarted = await outcome(object, "restart");
    const value = restarted.metadata.annotations?.[annotation.restartedAt];
    expect(value).to.match(RFC3339);
    expect({ ...restarted, metadata: { ...restarted.metadata, annotations: undefined } }).to.deep.equal({
      ...object,
      metadata: { ...object.metadata, annotations: undefined },
    });
    expect(await outcome(object, "suspend")).to.deep.equal({ ...object, spec: { ...spec, suspend: true } });
  });

  it("keep the annotations that are there", async () => {
    const lab = await settledLab();
    const db = objectOf(lab, "Container/db");
    const object = { ...db, metadata: { ...db.metadata, annotations: { "example.org/owner": "me" } } };
    for (const action of ["reconcile", "restart"])
      expect((await outcome(object, action)).metadata.annotations, action).to.include({ "example.org/owner": "me" });
  });

  it("restart restarts the guest once", async () => {
    const lab = await settledLab();
    lab.proxmox.mutations.length = 0;
    await press(lab, "Container/db", "restart");
    await lab.until("it goes down", () => lab.calls().includes("shutdown 101"), 30);
    await lab.until("it is back", showsReason(lab, "Container/db", "Settled"), 60);
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
  });

  it("restart lets go of a hold by hand", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", showsReason(lab, "Container/db", "StoppedByHand"), 30);
    await press(lab, "Container/db", "restart");
    await lab.until("settled", showsReason(lab, "Container/db", "Settled"), 60);
  });

  it("reconcile is answered in the status, on every kind", async () => {
    const lab = await settledLab();
    for (const id of [
      "ProxmoxCluster/pve",
      "Homelab/home",
      "HomelabLayer/base",
      "Container/db",
      "VirtualMachine/app",
    ]) {
      const asked = (await press(lab, id, "reconcile")).metadata.annotations?.[annotation.reconcileRequestedAt];
      expect(asked, id).to.match(RFC3339);
      const answered = (): unknown =>
        (objectOf(lab, id).status as { lastHandledReconcileAt?: string }).lastHandledReconcileAt;
      await lab.until(`${id} answers`, () => answered() === asked, 5);
    }
  });

  it("suspend holds the lab as it is, resume lets it go", async () => {
    const lab = await settledLab();
    await press(lab, "Homelab/home", "suspend");
    await lab.until("suspended", showsReason(lab, "Container/db", "Suspended"), 10);
    expect(await offered(objectOf(lab, "Homelab/home"), "Homelab")).to.include({ suspend: false, resume: true });
    lab.proxmox.mutations.length = 0;
    lab.proxmox.crash(101);
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    await press(lab, "Homelab/home", "resume");
    await lab.until("settled", showsReason(lab, "Homelab/home", "Settled"), 120);
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });
});
