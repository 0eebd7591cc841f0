import { expect } from "chai";
import { objectSchema } from "../../controller/api/crd.ts";
import { kinds } from "../../controller/api/index.ts";
import type { Kind, Rule } from "../../controller/api/kind.ts";
import type { JsonSchema } from "../../controller/api/schema.ts";
import { kubectlOrThrow } from "../../hack/kubectl.ts";
import { acceptances } from "./acceptances.ts";
import { sharedControlPlane, useCluster } from "./harness.ts";
import { refusals } from "./refusals.ts";
import { verdicts, written } from "./verdicts.ts";

const each: readonly Kind[] = kinds;

function messagesOf(schema: JsonSchema): readonly string[] {
  const own = ((schema["x-kubernetes-validations"] ?? []) as readonly Rule[]).map((rule) => rule.message);
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])];
  return [...own, ...inner.flatMap(messagesOf)];
}

describe("rules at a real API server", () => {
  let refused: readonly string[];
  let accepted: readonly string[];

  before(async function () {
    this.timeout(180_000);
    const controlPlane = await sharedControlPlane();
    const judged = async (namespace: string, trials: Parameters<typeof verdicts>[2]): Promise<readonly string[]> => {
      await kubectlOrThrow(controlPlane, ["create", "namespace", namespace]);
      return await verdicts(controlPlane, namespace, trials);
    };
    refused = await judged("rules-refused", refusals);
    accepted = await judged("rules-accepted", acceptances);
  });

  for (const [index, refusal] of refusals.entries()) {
    const what = JSON.stringify(refusal.spec).slice(0, 90);
    it(`${refusal.kind} ${what} is refused: ${refusal.says ?? refusal.rule}`, () => {
      expect(refused[index]).to.include(refusal.says ?? refusal.rule);
    });
  }

  it("each rule of each kind is shown by one of these refusals", () => {
    const shown = new Set(refusals.map((refusal) => `${refusal.kind}: ${refusal.rule}`));
    const declared = each.flatMap((kind) =>
      messagesOf(objectSchema(kind)).map((message) => `${kind.kind}: ${message}`),
    );
    expect(declared.filter((rule) => !shown.has(rule))).to.deep.equal([]);
    expect([...shown].filter((rule) => !declared.includes(rule))).to.deep.equal([]);
  });

  for (const [index, acceptance] of acceptances.entries()) {
    it(`${acceptance.kind}: ${acceptance.what} is accepted`, () => {
      expect(accepted[index]).to.equal("");
    });
  }
});

describe("a spec in which nothing is required", () => {
  const cluster = useCluster();

  it("may be left out, and has the defaults that the API server fills in", async () => {
    const header = { apiVersion: "homelab.neuralcodelab.com/v1alpha1", metadata: { name: "plain" } };
    const items = [
      { ...header, kind: "HomelabLayer" },
      { ...header, kind: "Homelab" },
    ];
    await cluster.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    const defaults = async (kind: string): Promise<unknown> => (await cluster.get(kind, "plain"))?.spec;
    expect(await defaults("homelablayers")).to.deep.include({
      powerState: "Running",
      healthGate: { onTimeout: "Halt" },
    });
    expect(await defaults("homelabs")).to.deep.include({ powerState: "Running", proxmoxStartup: "Unmanaged" });
    const guest = await cluster.kubectl(["create", "-f", "-"], {
      stdin: JSON.stringify({ ...header, kind: "Container" }),
    });
    expect(guest.stderr).to.include("spec: Required value");
  });
});

describe("plain mistakes at a real API server", () => {
  const cluster = useCluster();

  it("an unknown field is refused by name", async () => {
    const typo = written({ kind: "Container", name: "typo" }, { powerstate: "Stopped" });
    const reply = await cluster.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin: JSON.stringify(typo) });
    expect([reply.code, reply.stderr.includes('unknown field "spec.powerstate"')]).to.deep.equal([1, true]);
  });

  it("a missing field is refused by name", async () => {
    const guest = written({ kind: "Container", name: "guest" }, { layerRef: null });
    const reply = await cluster.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(guest) });
    expect(reply.stderr).to.include("spec.layerRef: Required value");
  });

  it("a wrong value and a number out of bounds are refused by name", async () => {
    const trials = [{ powerState: "Off" }, { vmid: 99 }].map((spec) => ({ kind: "Container", spec }));
    const [value, bound] = await verdicts(cluster.controlPlane, cluster.namespace, trials);
    expect(value).to.include('spec.powerState: Unsupported value: "Off": supported values: "Running", "Stopped"');
    expect(bound).to.include("spec.vmid in body should be greater than or equal to 100");
  });
});
