import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { systemClock } from "../../controller/base/clock.ts";
import { Forbidden, KubeUnavailable, Refused } from "../../controller/runtime/kube.ts";
import { startControlPlane, type ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { LampLab, onIntent } from "../runtime/lab.ts";
import { failure, kubeSuite, LAMP } from "./kubeSuite.ts";
import { clientOf, lampCrd, RealSubject } from "./realSubject.ts";

describe("the client of a real API server", function () {
  this.timeout(30_000);
  const never = new AbortController().signal;
  let plane: ControlPlane;
  let subject: RealSubject;

  before(async function () {
    this.timeout(1_800_000);
    plane = await startControlPlane();
    subject = new RealSubject(plane);
    await subject.send(lampCrd);
    await subject.kubectl("wait", "--for=condition=Established", `crd/${lampCrd.metadata.name}`);
    await subject.kubectl("create", "namespace", subject.namespace);
  });

  after(async () => {
    await plane.stop();
  });

  kubeSuite(() => subject);

  it("S1: a status field that the schema does not know is refused, not dropped", async () => {
    await subject.apply("strict", 1);
    const key = { kind: LAMP.kind, namespace: subject.namespace, name: "strict" };
    const operations = [{ op: "add", path: "/status/unknown", value: 1 }] as const;
    const error = await failure(subject.kube.patch(LAMP, key, "status", operations, never));
    expect(error).to.be.instanceOf(Refused);
    expect(String(error)).to.contain("unknown");
  });

  it("what RBAC does not grant is Forbidden, and the nodes are then unknown", async () => {
    const path = await plane.userKubeconfig({ user: "system:serviceaccount:home:nobody" });
    const kube = clientOf(path);
    expect(await failure(kube.list(LAMP, subject.namespace, never))).to.be.instanceOf(Forbidden);
    expect(await kube.nodeUuids(never)).to.equal(undefined);
    expect(await subject.kube.nodeUuids(never)).to.deep.equal([]);
  });

  it("I7: a namespace that is being deleted is terminating", async () => {
    await subject.kubectl("create", "namespace", "leaving");
    await subject.send({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "keeps", namespace: "leaving", finalizers: ["example.com/keep"] },
    });
    await subject.kubectl("delete", "namespace", "leaving", "--wait=false");
    expect(await subject.kube.namespaceTerminating("leaving", never)).to.equal(true);
    await subject.kubectl(
      "patch",
      "-n",
      "leaving",
      "configmap/keeps",
      "--type=json",
      '-p=[{"op":"remove","path":"/metadata/finalizers"}]',
    );
  });

  it("P2: an API server that is not there is unavailable", async () => {
    const path = `${plane.kubeconfigPath}.nobody`;
    const text = await readFile(plane.kubeconfigPath, "utf8");
    await writeFile(path, text.replaceAll(plane.url, "https://127.0.0.1:9"));
    const error = await failure(clientOf(path).list(LAMP, subject.namespace, never));
    expect(error).to.be.instanceOf(KubeUnavailable);
  });

  it("the machine takes an object to Ready: kubectl wait sees it and its events tell it", async () => {
    const lab = new LampLab(onIntent, { kube: subject.kube, clock: systemClock, namespace: subject.namespace });
    lab.start();
    await subject.apply("hall", 5);
    await subject.kubectl("wait", "-n", "home", "--for=condition=Ready", "lamps/hall", "--timeout=20s");
    await subject.apply("hall", 7);
    await subject.kubectl("wait", "-n", "home", "--for=condition=Ready", "lamps/hall", "--timeout=20s");
    expect(lab.driver.on.get("hall")).to.equal(7);
    const key = { kind: LAMP.kind, namespace: subject.namespace, name: "hall" };
    expect((await subject.eventsOf(key)).slice(0, 2)).to.deep.equal([
      "Starting: being switched on",
      "Settled: as declared",
    ]);
    const passes = lab.reports.filter((report) => report.key.name === "hall" && report.writes > 0);
    // seen, intent and receipt; settled; intent and receipt; settled
    expect(passes.map((report) => report.writes)).to.deep.equal([2, 1, 2, 1]);
    await lab[Symbol.asyncDispose]();
  });
});
