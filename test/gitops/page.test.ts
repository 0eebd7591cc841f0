import { expect } from "chai";
import { parse } from "yaml";
import { toCrd } from "../../controller/api/crd.ts";
import { kinds } from "../../controller/api/index.ts";
import { annotation, API_VERSION, GROUP } from "../../controller/api/meta.ts";
import { foreignFields, unknownFields } from "./foreignFields.ts";
import { kustomized } from "./kustomize.ts";
import { block, blockCount, blocks, objectsOf, parsedBlock, type Manifest } from "./page.ts";
import { projectFile } from "./scripts.ts";
import { useReader } from "./reader.ts";

interface Patched {
  readonly spec: { readonly patches?: readonly object[]; readonly source?: { readonly kustomize?: object } };
}

interface Link {
  readonly title: string;
  readonly url: string;
  readonly if: string;
}

const SYNC = "argocd.argoproj.io/sync-options";
const WAVE = "argocd.argoproj.io/sync-wave";
const applications = ["homelab-controller", "homelab"].map((name) => `manifests/argocd/applications/${name}.yaml`);
const guestKinds = ["Container", "VirtualMachine"];

const isCrd = ({ kind }: Manifest): boolean => kind === "CustomResourceDefinition";
const isGuest = ({ kind }: Manifest): boolean => guestKinds.includes(kind);
const application = (path: string): Manifest & Patched => objectsOf(projectFile(path))[0] as Manifest & Patched;

describe("the page on GitOps", () => {
  const reader = useReader();

  it("names each of its YAML blocks, and each is tested here", () => {
    expect(blocks.size).to.equal(blockCount);
    expect([...blocks.keys()]).to.have.members([
      ...applications,
      ...["links", "root", "application-health", "flux"],
      ...["k9s plugins.yaml", "k9s views.yaml", "k9s jumps.yaml"],
    ]);
  });

  it("shows the Applications as they are in manifests/argocd", () => {
    for (const path of applications) expect(block(path), path).to.equal(projectFile(path));
  });

  it("writes only fields that Argo CD's and Flux's kinds know", () => {
    for (const name of [...applications, "root", "flux"])
      for (const object of objectsOf(block(name))) {
        const fields = foreignFields[`${object.apiVersion} ${object.kind}`];
        expect(fields, `${name}: ${object.apiVersion} ${object.kind}`).to.not.equal(undefined);
        expect(unknownFields(object, fields!), `${name}: ${object.metadata.name}`).to.deep.equal([]);
      }
  });

  it("notices a field that a kind does not know", () => {
    const [object] = objectsOf(block("root"));
    const fields = foreignFields["argoproj.io/v1alpha1 Application"]!;
    const wrong = { ...object, spec: { syncPolicy: { automatic: {}, retry: { backoff: { max: 1 } } } } };
    expect(unknownFields(wrong, fields)).to.deep.equal([
      "spec.syncPolicy.automatic",
      "spec.syncPolicy.retry.backoff.max",
    ]);
  });

  it("installs CRDs, controller and lab in that order", async () => {
    const [controller, lab] = applications.map(application);
    expect(Number(controller?.metadata.annotations?.[WAVE])).to.be.lessThan(Number(lab?.metadata.annotations?.[WAVE]));
    const objects = await kustomized("manifests/base", controller?.spec.source?.kustomize ?? {});
    expect(objects.filter(isCrd).length).to.equal(kinds.length);
    for (const object of objects) {
      const wave = Number(object.metadata.annotations?.[WAVE] ?? "0");
      expect(wave, `${object.kind} ${object.metadata.name}`).to.equal(isCrd(object) ? -1 : 0);
    }
  });

  it("applies CRDs on the server and never prunes them", async () => {
    const objects = await kustomized("manifests/base", application(applications[0]!).spec.source?.kustomize ?? {});
    for (const crd of objects.filter(isCrd))
      expect(crd.metadata.annotations?.[SYNC]?.split(","), crd.metadata.name).to.have.members([
        "ServerSideApply=true",
        "Prune=false",
        "Delete=false",
      ]);
  });

  it("has a person confirm before a guest of the lab is pruned or deleted, and nothing else of it", async () => {
    const objects = await kustomized("manifests/nosotros", application(applications[1]!).spec.source?.kustomize ?? {});
    expect(objects.filter(isGuest).length).to.equal(12);
    for (const object of objects)
      expect(object.metadata.annotations?.[SYNC], `${object.kind} ${object.metadata.name}`).to.equal(
        isGuest(object) ? "Prune=confirm,Delete=confirm" : undefined,
      );
  });

  it("covers virtual machines with the same patch", async () => {
    const objects = await kustomized("manifests/samples", application(applications[1]!).spec.source?.kustomize ?? {});
    const guests = objects.filter(isGuest);
    expect(guests.map(({ kind }) => kind)).to.include.members(guestKinds);
    for (const guest of guests) {
      expect(guest.metadata.name).to.not.equal("all");
      expect(guest.metadata.annotations).to.have.property(SYNC);
    }
  });

  it("writes no waves into the lab", () => {
    for (const layer of ["homelab", "layer-1-infra-base", "layer-2-core", "layer-3-apps", "layer-4-user-media"])
      expect(projectFile(`manifests/nosotros/${layer}.yaml`)).to.not.include(WAVE);
  });

  it("lets Flux prune neither CRDs nor guests", async () => {
    const [controller, lab] = objectsOf(block("flux")).filter(({ kind }) => kind === "Kustomization") as (Manifest &
      Patched)[];
    const kept = ({ metadata }: Manifest): boolean =>
      metadata.annotations?.["kustomize.toolkit.fluxcd.io/prune"] === "disabled";
    const base = await kustomized("manifests/base", { patches: controller?.spec.patches });
    expect(base.filter(kept).map(({ kind }) => kind)).to.deep.equal(kinds.map(() => "CustomResourceDefinition"));
    const nosotros = await kustomized("manifests/nosotros", { patches: lab?.spec.patches });
    expect(nosotros.filter(kept).length).to.equal(nosotros.filter(isGuest).length);
  });

  it("has Argo CD judge an Application by what it says of itself", async () => {
    const { data } = parsedBlock("application-health") as { readonly data: Readonly<Record<string, string>> };
    const script = data["resource.customizations.health.argoproj.io_Application"] ?? "";
    const object = { apiVersion: "argoproj.io/v1alpha1", kind: "Application", metadata: { name: "one" }, spec: {} };
    const health = (status: object): Promise<unknown> =>
      reader().ask({ ...object, ...status }, { do: "health", script });
    expect(await health({})).to.include({ status: "Progressing" });
    expect(await health({ status: { health: {} } })).to.include({ status: "Progressing" });
    expect(await health({ status: { health: { status: "Degraded", message: "why" } } })).to.deep.equal({
      status: "Degraded",
      message: "why",
    });
  });

  it("links each guest to its place in Proxmox, and nothing else", async () => {
    const { data } = parsedBlock("links") as { readonly data: Readonly<Record<string, string>> };
    const links = parse(data["resource.links"] ?? "", { version: "1.1" }) as readonly Link[];
    for (const link of links)
      expect(Object.keys(link)).to.have.members(["title", "description", "url", "icon.class", "if"]);
    const shown = async (object: object): Promise<readonly unknown[]> => {
      const all = await Promise.all(
        links.map(({ url, if: holds }) => reader().ask(object, { do: "link", url, if: holds })),
      );
      return all.filter((url) => url !== "" && url !== undefined);
    };
    const guest = { apiVersion: API_VERSION, metadata: { name: "one" }, spec: { vmid: 101 } };
    const at = "https://pve.example.org:8006/#v1:0:=";
    expect(await shown({ ...guest, kind: "Container" })).to.deep.equal([`${at}lxc%2F101`]);
    expect(await shown({ ...guest, kind: "VirtualMachine" })).to.deep.equal([`${at}qemu%2F101`]);
    expect(await shown({ apiVersion: "v1", kind: "Secret", metadata: { name: "one" } })).to.deep.equal([]);
    expect(await shown({ ...guest, apiVersion: "kubevirt.io/v1", kind: "VirtualMachine" })).to.deep.equal([]);
  });

  it("gives k9s annotations, columns and fields that exist", () => {
    const { plugins } = parsedBlock("k9s plugins.yaml") as {
      readonly plugins: Readonly<
        Record<string, { readonly scopes: readonly string[]; readonly args: readonly string[] }>
      >;
    };
    const known = ["shortCut", "description", "confirm", "dangerous", "scopes", "command", "background", "args"];
    for (const [name, plugin] of Object.entries(plugins)) {
      expect(known, name).to.include.members(Object.keys(plugin));
      expect(kinds.map(({ plural }) => plural)).to.include.members([...plugin.scopes]);
      const [key] = /homelab\.neuralcodelab\.com\/[a-z-]+/.exec(plugin.args.join(" ")) ?? [];
      expect([annotation.restartedAt, annotation.reconcileRequestedAt]).to.include(key);
    }
    const crdOf = (resource: string): ReturnType<typeof toCrd> => {
      const kind = kinds.find(({ plural }) => resource === `${API_VERSION}/${plural}`);
      if (kind === undefined) throw new Error(`no kind is ${resource}`);
      return toCrd(kind);
    };
    const { views } = parsedBlock("k9s views.yaml") as {
      readonly views: Readonly<Record<string, { readonly sortColumn: string; readonly columns: readonly string[] }>>;
    };
    for (const [resource, view] of Object.entries(views)) {
      const printed = JSON.stringify(crdOf(resource)).toUpperCase();
      for (const column of [...view.columns, view.sortColumn.replace(/:asc$/, "")])
        expect(column === "NAME" || printed.includes(`"NAME":"${column}"`), `${resource} ${column}`).to.equal(true);
    }
    const { jumps } = parsedBlock("k9s jumps.yaml") as {
      readonly jumps: Readonly<Record<string, { readonly targetGVR: string; readonly fieldSelector: string }>>;
    };
    for (const [resource, jump] of Object.entries(jumps)) {
      crdOf(resource);
      const [field] = jump.fieldSelector.split("=");
      expect(JSON.stringify(crdOf(jump.targetGVR))).to.include(`{"jsonPath":".${field ?? ""}"}`);
    }
  });

  it("names annotations and fields as the API does", () => {
    const text = projectFile("docs/gitops.md");
    const keys = [...text.matchAll(new RegExp(`${GROUP.replaceAll(".", "\\.")}/([a-z-]+)`, "g"))].map(([key]) => key);
    const versioned = kinds.map(() => `${GROUP}/v`);
    const paths = kinds.map(({ kind }) => `${GROUP}/${kind}`);
    for (const key of keys)
      expect([...Object.values(annotation), ...versioned, ...paths, `${GROUP}/`], key).to.include(key);
  });
});
