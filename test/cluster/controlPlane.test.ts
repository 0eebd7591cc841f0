import { readFileSync } from "node:fs";
import { expect } from "chai";
import { kinds } from "../../controller/api/index.ts";
import { GROUP } from "../../controller/api/meta.ts";
import { describe, it } from "mocha";
import { hasCondition, useCluster } from "./harness.ts";

const configMap = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {word: ${value}}\n`;

describe("the control plane", () => {
  const cluster = useCluster();

  it("serves all our kinds, and explains them", async () => {
    const { stdout } = await cluster.kubectl(["api-resources", "--api-group=homelab.neuralcodelab.com", "-o", "name"]);
    expect(stdout.trim().split("\n").sort()).to.deep.equal(kinds.map(({ plural }) => `${plural}.${GROUP}`).toSorted());
    const explained = await cluster.kubectl(["explain", "hct.spec.vmid"]);
    expect(explained.code, explained.stderr).to.equal(0);
    expect(explained.stdout).to.match(/DESCRIPTION:\n\s+\S/);
  });

  it("lets nobody do what no role allows", async () => {
    const whoami = await cluster.kubectl(["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"], {
      as: { user: "jane", groups: ["people"] },
    });
    const reply = await cluster.kubectl(["get", "secrets"], { as: { user: "jane", groups: ["people"] } });
    expect(whoami.stdout).to.equal("jane");
    expect(reply.code).to.equal(1);
    expect(reply.stderr).to.contain('User "jane" cannot list resource "secrets"');
  });

  it("knows a service account by a token of its own", async () => {
    const user = `system:serviceaccount:${cluster.namespace}:somebody`;
    const kubeconfig = await cluster.controlPlane.userKubeconfig({ user });
    const reply = await cluster.kubectl(["--kubeconfig", kubeconfig, "auth", "whoami", "-o", "json"]);
    expect(reply.stdout).to.contain(`"username": "${user}"`);
    const controller = cluster.controlPlane.controllerKubeconfigPath;
    const secrets = await cluster.kubectl(["--kubeconfig", controller, "get", "nodes"]);
    expect(secrets.stderr).to.contain('User "system:serviceaccount:homelab:homelab-controller" cannot list');
  });

  it("collects what belongs to an object that is gone", async () => {
    await cluster.apply(configMap("owner", "one"));
    const owner = await cluster.get("configmap", "owner");
    await cluster.apply(`apiVersion: v1
kind: ConfigMap
metadata:
  name: owned
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: ${owner?.metadata.uid ?? ""}}]
`);
    await cluster.kubectl(["delete", "configmap", "owner"]);
    const gone = await cluster.until(
      { resource: "configmap", name: "owned" },
      "collected",
      (seen) => seen === undefined,
    );
    expect(gone).to.equal(undefined);
  });

  it("deletes a namespace with all that is in it", async () => {
    const extra = `${cluster.namespace}-extra`;
    await cluster.kubectl(["create", "namespace", extra]);
    await cluster.kubectl(["create", "configmap", "inside", "--namespace", extra]);
    const reply = await cluster.kubectl(["delete", "namespace", extra, "--timeout=30s"]);
    expect(reply.code, reply.stderr).to.equal(0);
  });

  it("keeps an audit log of who wrote what", async () => {
    await cluster.apply(configMap("audited", "one"));
    const lines = readFileSync(cluster.controlPlane.auditLogPath, "utf8").trim().split("\n");
    const writes = lines
      .map((line) => JSON.parse(line) as { verb: string; objectRef?: { name?: string; namespace?: string } })
      .filter(({ objectRef }) => objectRef?.name === "audited" && objectRef.namespace === cluster.namespace)
      .map(({ verb }) => verb);
    expect(writes).to.include("create");
  });
});

describe("waiting on the control plane", () => {
  const cluster = useCluster();

  it("sees an object that is made later, and each of its states", async () => {
    const waiting = cluster.until({ resource: "configmap", name: "late" }, "two", (seen) => {
      return (seen as { data?: { word?: string } } | undefined)?.data?.word === "two";
    });
    await cluster.apply(configMap("late", "one"));
    await cluster.apply(configMap("late", "two"));
    expect((await waiting)?.metadata.name).to.equal("late");
  });

  it("says what it last saw when the time is over", async () => {
    await cluster.apply(configMap("still", "one"));
    let message = "";
    await cluster
      .until({ resource: "configmap", name: "still" }, "Ready", (seen) => hasCondition(seen, "Ready"), 1_000)
      .catch((error: unknown) => (message = (error as Error).message));
    expect(message).to.match(/^configmap still: not Ready within 1000 ms; last seen: /);
  });
});
