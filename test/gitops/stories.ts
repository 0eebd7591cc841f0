import type { Stored } from "../../controller/api/meta.ts";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import { FAKE } from "../fakes/omadaSite.ts";

/** One of each kind, in two layers; all guests are down. */
export function smallLab(): FakeLab {
  const lab = new FakeLab();
  lab.proxmox.add({ vmid: 101, name: "db" });
  lab.proxmox.add({ vmid: 102, name: "cache" });
  lab.proxmox.add({ vmid: 201, name: "app", type: "qemu" });
  lab.cluster();
  lab.kube.apply({
    kind: "NetworkSegment",
    metadata: { name: "lan", namespace: NAMESPACE },
    spec: { cidr: "192.168.0.0/24", proxmox: { bridge: "vmbr0" } },
  });
  lab.layer("base");
  lab.layer("apps", ["base"]);
  lab.guest("db", { vmid: 101, layer: "base" });
  lab.guest("cache", { vmid: 102, layer: "base" });
  lab.guest("app", { vmid: 201, layer: "apps", kind: "VirtualMachine" });
  const apply = (kind: string, name: string, spec: Readonly<Record<string, unknown>>): void => {
    lab.kube.apply({ kind, metadata: { name, namespace: NAMESPACE }, spec });
  };
  apply("OmadaController", "omada", { endpoint: "https://192.168.0.2:8043", credentialsRef: { name: "omada-api" } });
  apply("NetworkDevice", "gateway", { mac: FAKE.gateway, role: "Gateway" });
  apply("WirelessNetwork", "guests", { ssid: "guests", security: { mode: "Open" } });
  apply("AccessRule", "apart", { from: { cidr: "10.8.0.0/24" }, to: { cidr: "10.9.0.0/24" }, action: "Deny" });
  apply("ClientGroup", "phones", {});
  apply("SnapshotPolicy", "daily", { targets: [{ kind: "VirtualMachine", name: "app" }], schedule: "0 3 * * *" });
  lab.homelab();
  return lab;
}

export async function settledLab(): Promise<FakeLab> {
  const lab = smallLab();
  lab.start();
  await lab.until("settled", () =>
    lab.kube.all().every((one) => lab.reason(one.kind, one.metadata.name) === "Settled"),
  );
  return lab;
}

export const oneOfEachKind = [
  "ProxmoxCluster/pve",
  "OmadaController/omada",
  "NetworkSegment/lan",
  "NetworkDevice/gateway",
  "WirelessNetwork/guests",
  "AccessRule/apart",
  "ClientGroup/phones",
  "HomelabLayer/base",
  "Container/db",
  "VirtualMachine/app",
  "SnapshotPolicy/daily",
  "Homelab/home",
] as const;

/** Whether the object "Kind/name" has this reason in Ready. */
export function showsReason(lab: FakeLab, id: string, reason: string): () => boolean {
  const [kind = "", name = ""] = id.split("/");
  return () => lab.reason(kind, name) === reason;
}

/** The object "Kind/name" as the API server has it. */
export function objectOf(lab: FakeLab, id: string): Stored {
  const [kind = "", name = ""] = id.split("/");
  const found = lab.read(kind, name);
  if (found === undefined) throw new Error(`${id} is not there\n${lab.describe()}`);
  return found;
}
