import { expect } from "chai";
import { join } from "node:path";
import { kinds } from "../../controller/api/index.ts";
import { GROUP } from "../../controller/api/meta.ts";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import { kubectl, kubectlOrThrow } from "../../hack/kubectl.ts";
import { sharedControlPlane, useCluster } from "./harness.ts";
import type { Seen } from "./untilObject.ts";

const manifests = join(import.meta.dirname, "../../manifests");
const account = "system:serviceaccount:homelab:homelab-controller";
const base = ["-k", join(manifests, "base")];

describe("roles at a real API server", () => {
  const cluster = useCluster();
  let controlPlane: ControlPlane;

  before(async () => {
    controlPlane = await sharedControlPlane();
    await kubectlOrThrow(controlPlane, ["apply", "--server-side", "--force-conflicts", ...base]);
  });
  after(async () => {
    await kubectlOrThrow(controlPlane, ["delete", "namespace", "homelab", "--wait=false"]);
  });

  async function may(user: string, what: readonly string[], namespace = "homelab"): Promise<string> {
    const { stdout } = await kubectl(controlPlane, ["auth", "can-i", ...what, "-n", namespace], { as: { user } });
    return stdout.trim();
  }

  it("the controller reads every kind and writes its status, in its own namespace only", async () => {
    for (const kind of kinds) {
      const name = `${kind.plural}.${GROUP}`;
      expect(await may(account, ["watch", name]), name).to.equal("yes");
      expect(await may(account, ["patch", name, "--subresource=status"]), name).to.equal("yes");
      expect(await may(account, ["get", name], "default"), name).to.equal("no");
    }
  }).timeout(60_000);

  it("the controller neither creates nor deletes what people declare, and patches only what can carry its finalizer", async () => {
    for (const kind of kinds) {
      const name = `${kind.plural}.${GROUP}`;
      expect(await may(account, ["delete", name]), name).to.equal("no");
      expect(await may(account, ["create", name]), name).to.equal("no");
      expect(await may(account, ["patch", name]), name).to.equal(kind.kind === "Container" ? "yes" : "no");
    }
  }).timeout(60_000);

  it("P3: the controller gets Secrets by name and cannot list them", async () => {
    expect(await may(account, ["get", "secrets"])).to.equal("yes");
    expect(await may(account, ["list", "secrets"])).to.equal("no");
    expect(await may(account, ["get", "secrets"], "default")).to.equal("no");
  });

  it("the controller holds its own lease and no other, and writes events", async () => {
    expect(await may(account, ["update", "leases.coordination.k8s.io/homelab-controller"])).to.equal("yes");
    expect(await may(account, ["update", "leases.coordination.k8s.io/other"])).to.equal("no");
    expect(await may(account, ["create", "leases.coordination.k8s.io"])).to.equal("yes");
    expect(await may(account, ["create", "events.events.k8s.io"])).to.equal("yes");
  });

  it("I7: the controller reads its own namespace and no other", async () => {
    const as = { user: account };
    const own = await kubectl(controlPlane, ["get", "namespace", "homelab", "-o", "name"], { as });
    expect(own.stdout.trim()).to.equal("namespace/homelab");
    const other = await kubectl(controlPlane, ["get", "namespace", "default", "-o", "name"], { as });
    expect(other.stderr).to.include("Forbidden");
  });

  it("I6: the controller lists nodes with the optional role only", async () => {
    expect(await may(account, ["list", "nodes"])).to.equal("no");
    await kubectlOrThrow(controlPlane, ["apply", "-k", join(manifests, "node-reader")]);
    expect(await may(account, ["list", "nodes"])).to.equal("yes");
    await kubectlOrThrow(controlPlane, ["delete", "-k", join(manifests, "node-reader")]);
  });

  it("people who may view or edit the namespace may view or edit the lab", async () => {
    for (const role of ["view", "edit"]) {
      const binding = ["rolebinding", role, "-n", "homelab", `--clusterrole=${role}`, `--user=${role}er`];
      await kubectlOrThrow(controlPlane, ["create", ...binding]);
      // The aggregation is a controller's work and comes a moment after the roles are applied.
      const merged = (object: Seen | undefined): boolean => JSON.stringify(object ?? {}).includes(GROUP);
      await cluster.until({ resource: "clusterrole", name: role }, "aggregated", merged);
    }
    expect(await may("viewer", ["list", `containers.${GROUP}`])).to.equal("yes");
    expect(await may("viewer", ["delete", `containers.${GROUP}`])).to.equal("no");
    expect(await may("editer", ["delete", `containers.${GROUP}`])).to.equal("yes");
    expect(await may("editer", ["patch", `containers.${GROUP}`, "--subresource=status"])).to.equal("no");
  });

  it("the pod meets the restricted standard", async () => {
    const args = ["get", "deployment", "homelab-controller", "-n", "homelab", "-o", "json"];
    const deployment = JSON.parse(await kubectlOrThrow(controlPlane, args)) as {
      readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
    };
    const { metadata, spec } = deployment.spec.template;
    const label = "pod-security.kubernetes.io/enforce=restricted";
    await kubectlOrThrow(controlPlane, ["label", "namespace", cluster.namespace, label]);
    await cluster.kubectl(["create", "serviceaccount", "homelab-controller"]);
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: "controller" }, spec };
    const create = ["create", "--dry-run=server", "-f", "-"];
    const reply = await cluster.kubectl(create, { stdin: JSON.stringify(pod) });
    expect([reply.code, reply.stderr]).to.deep.equal([0, ""]);
    const loose = { ...pod, spec: { ...spec, securityContext: {} } };
    const refused = await cluster.kubectl(create, { stdin: JSON.stringify(loose) });
    expect(refused.stderr).to.include("violates PodSecurity");
  });
});
