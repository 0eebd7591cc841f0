import type { Rendered } from "../manifests.ts";

const FIRST_VMID = 1001;
const PORT = 18080;

/** What the further guests of a lab are like. */
export interface Further {
  /** Each serves a page, which is its probe; else it is up when it runs. */
  readonly probed: boolean;
  /** Adopt, or Refuse: what is there already is not touched. */
  readonly adoption?: "Adopt" | "Refuse";
  /** The layer they are in; the seed's top layer by default. */
  readonly layer?: string;
}

/** The seed's lab with as many further containers in its top layer as make `guests` in all. */
export function largeLab(lab: readonly Rendered[], guests: number, further: Further): readonly Rendered[] {
  const missing = Math.max(0, guests - lab.filter((object) => object.kind === "Container").length);
  return withMore(lab, moreGuests(lab, missing, further));
}

/** The seed's cluster and Homelab with other guests only: `guests` of them, spread over `layers` that stand on each other. */
export function layeredLab(lab: readonly Rendered[], guests: number, layers: number): readonly Rendered[] {
  const model = lab.find((object) => object.kind === "HomelabLayer");
  if (model === undefined) return lab;
  const names = Array.from({ length: layers }, (_, at) => `layer-${String(at + 1)}`);
  const layered = names.map((name, at) => ({
    ...model,
    metadata: { ...model.metadata, name },
    spec: { displayName: name, dependsOn: names.slice(Math.max(0, at - 1), at).map((below) => ({ name: below })) },
  }));
  const each = Math.ceil(guests / layers);
  const members = names.flatMap((layer, at) => {
    const count = Math.max(0, Math.min(each, guests - at * each));
    return moreGuests(lab, count, { probed: true, layer }, FIRST_VMID + at * each);
  });
  const rest = lab.filter(({ kind }) => kind !== "Container" && kind !== "HomelabLayer");
  return withMore(rest, [...layered, ...members]);
}

/** The same lab over a cluster: its containers are on the nodes in turn. */
export function spreadLab(lab: readonly Rendered[], nodes: readonly string[]): readonly Rendered[] {
  let count = 0;
  return lab.map((object) =>
    object.kind === "Container" ? { ...object, spec: { ...object.spec, node: nodes[count++ % nodes.length] } } : object,
  );
}

/** So many containers more, as the lab's last one save for what makes them others. */
function moreGuests(
  lab: readonly Rendered[],
  count: number,
  { probed, adoption = "Adopt", layer }: Further,
  firstVmid = FIRST_VMID,
): readonly Rendered[] {
  const model = lab.findLast((object) => object.kind === "Container");
  if (model === undefined) return [];
  return Array.from({ length: count }, (_, at) => {
    const vmid = firstVmid + at;
    const name = `guest-${String(vmid)}`;
    const { probes: _probes, dependsOn: _dependsOn, ...spec } = model.spec ?? {};
    return {
      ...model,
      metadata: { ...model.metadata, name },
      spec: {
        ...spec,
        ...{ vmid, hostname: name, description: "one of many", adoption },
        ...(layer === undefined ? {} : { layerRef: { name: layer } }),
        ...(probed ? { probes: [{ name: "web", httpGet: { port: PORT } }] } : {}),
      },
    };
  });
}

/** The go switch stays last. */
function withMore(lab: readonly Rendered[], more: readonly Rendered[]): readonly Rendered[] {
  const isGo = ({ kind }: Rendered): boolean => kind === "Homelab";
  return [...lab.filter((object) => !isGo(object)), ...more, ...lab.filter(isGo)];
}
