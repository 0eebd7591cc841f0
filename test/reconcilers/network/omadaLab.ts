import { FakeLab, NAMESPACE } from "../../fakes/lab.ts";

type Spec = Readonly<Record<string, unknown>>;

/** A lab with an Omada site whose controller is elsewhere, a Homelab in charge and nothing else. */
export function omadaLab(controller: Spec = {}): FakeLab {
  const lab = new FakeLab();
  lab.cluster();
  lab.homelab();
  omadaController(lab, controller);
  return lab;
}

export function omadaController(lab: FakeLab, spec: Spec = {}): void {
  apply(lab, "OmadaController", "omada", {
    endpoint: "https://192.168.0.2:8043",
    credentialsRef: { name: "omada-api" },
    ...spec,
  });
}

/** Applies an object of a network kind. */
export function apply(lab: FakeLab, kind: string, name: string, spec: Spec): void {
  lab.kube.apply({ kind, metadata: { name, namespace: NAMESPACE }, spec });
}

/** A segment with VLAN and address after its number: 20 is 192.168.20.0/24. */
export function segment(lab: FakeLab, name: string, vlan: number, spec: Spec = {}): void {
  const net = `192.168.${String(vlan)}`;
  apply(lab, "NetworkSegment", name, { vlan, cidr: `${net}.0/24`, gateway: `${net}.1`, omada: {}, ...spec });
}

/** What reached the site: "createNetwork". */
export function writes(lab: FakeLab): readonly string[] {
  return lab.omada.mutations.map(({ call }) => call);
}

export function condition(lab: FakeLab, kind: string, name: string, type: string): string {
  const found = lab.read(kind, name)?.status?.conditions?.find((one) => one.type === type);
  return found === undefined ? "" : `${found.status}/${found.reason}: ${found.message}`;
}
