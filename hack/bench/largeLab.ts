import type { Rendered } from "../manifests.ts";

const FIRST_VMID = 1001;
const PORT = 18080;

/**
 * The seed's lab with as many further containers in its top layer as make `guests` in all. Each serves a page, which is
 * its probe.
 */
export function largeLab(lab: readonly Rendered[], guests: number): readonly Rendered[] {
  const model = lab.findLast((object) => object.kind === "Container");
  if (model === undefined) return lab;
  const missing = Math.max(0, guests - lab.filter((object) => object.kind === "Container").length);
  const more = Array.from({ length: missing }, (_, at) => copyOf(model, FIRST_VMID + at));
  // The go switch stays last.
  return [
    ...lab.filter((object) => object.kind !== "Homelab"),
    ...more,
    ...lab.filter((object) => object.kind === "Homelab"),
  ];
}

function copyOf(model: Rendered, vmid: number): Rendered {
  const name = `guest-${String(vmid)}`;
  return {
    ...model,
    metadata: { ...model.metadata, name },
    spec: {
      ...model.spec,
      ...{ vmid, hostname: name, description: "one of many" },
      probes: [{ name: "web", httpGet: { port: PORT } }],
    },
  };
}
