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

/** A right, as a SubjectAccessReview asks for it. */
interface Ask {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
}

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

  /** Those of the rights that the API server does not give the user, in the lab's namespace unless another is named. */
  async function refusedOf(user: string, asks: readonly Ask[]): Promise<readonly Ask[]> {
    const items = asks.map((ask) => ({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user, groups: ["system:authenticated"], resourceAttributes: { namespace: "homelab", ...ask } },
    }));
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const print = '-o=jsonpath={.status.allowed}{"\\n"}';
    const answers = (await kubectlOrThrow(controlPlane, ["create", "-f", "-", print], { stdin })).trim().split("\n");
    expect(answers.length).to.equal(asks.length);
    return asks.filter((_, index) => answers[index] !== "true");
  }

  it("the controller reads every kind and writes its status, in its own namespace only", async () => {
    const asks = kinds.flatMap(({ plural: resource }) => [
      ...["get", "list", "watch"].map((verb) => ({ verb, group: GROUP, resource })),
      { verb: "patch", group: GROUP, resource, subresource: "status" },
    ]);
    expect(await refusedOf(account, asks)).to.deep.equal([]);
    const elsewhere = asks.map((ask) => ({ ...ask, namespace: "default" }));
    expect(await refusedOf(account, elsewhere)).to.deep.equal(elsewhere);
  });

  it("the controller neither creates nor deletes what people declare, and patches only what can carry its finalizer", async () => {
    const asks = kinds.flatMap(({ plural: resource }) =>
      ["create", "update", "delete", "deletecollection", "patch"].map((verb) => ({ verb, group: GROUP, resource })),
    );
    const networks = ["accessrules", "clientgroups", "networksegments", "wirelessnetworks"];
    const torn = ["containers", "virtualmachines", ...networks];
    const refused = asks.filter(({ verb, resource }) => verb !== "patch" || !torn.includes(resource));
    expect(await refusedOf(account, asks)).to.deep.equal(refused);
  });

  it("P3: the controller gets Secrets by name and cannot list them", async () => {
    const secrets = { group: "", resource: "secrets" };
    const beyond = [
      { ...secrets, verb: "list" },
      { ...secrets, verb: "watch" },
      { ...secrets, verb: "get", namespace: "default" },
    ];
    expect(await refusedOf(account, [{ ...secrets, verb: "get" }, ...beyond])).to.deep.equal(beyond);
  });

  it("the controller holds its own lease and no other, and writes events", async () => {
    const leases = { group: "coordination.k8s.io", resource: "leases" };
    const other = { ...leases, verb: "update", name: "other" };
    const own = { ...leases, verb: "update", name: "homelab-controller" };
    const event = { verb: "create", group: "events.k8s.io", resource: "events" };
    const asks = [own, other, { ...leases, verb: "create" }, event];
    expect(await refusedOf(account, asks)).to.deep.equal([other]);
  });

  it("I7: the controller reads its own namespace and no other", async () => {
    const as = { user: account };
    const own = await kubectl(controlPlane, ["get", "namespace", "homelab", "-o", "name"], { as });
    expect(own.stdout.trim()).to.equal("namespace/homelab");
    const other = await kubectl(controlPlane, ["get", "namespace", "default", "-o", "name"], { as });
    expect(other.stderr).to.include("Forbidden");
  });

  it("I6: the controller lists nodes with the optional role only", async () => {
    const ask = { verb: "list", group: "", resource: "nodes" };
    expect(await refusedOf(account, [ask])).to.deep.equal([ask]);
    await kubectlOrThrow(controlPlane, ["apply", "-k", join(manifests, "node-reader")]);
    expect(await refusedOf(account, [ask])).to.deep.equal([]);
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
    const guests = { group: GROUP, resource: "containers" };
    const read = { ...guests, verb: "list" };
    const write = { ...guests, verb: "delete" };
    const status = { ...guests, verb: "patch", subresource: "status" };
    expect(await refusedOf("viewer", [read, write, status])).to.deep.equal([write, status]);
    expect(await refusedOf("editer", [read, write, status])).to.deep.equal([status]);
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
