import { expect } from "chai";
import { Container, parseSpec } from "../../controller/api/index.ts";
import { changeOf, type Difference } from "../../controller/plan/guests/configuration/difference.ts";
import { differencesOf } from "../../controller/plan/guests/configuration/differences.ts";
import type { GuestConfig } from "../../controller/providers/port.ts";
import type { PortLab } from "./portLab.ts";
import { PortBench, refusalOf, signal } from "./portLab.ts";

const NET = { name: "eth0", bridge: "vmbr0" };

/** A spec for each field, with another value than the guests of the bench have. */
const fieldsOn = (storage: string): Readonly<Record<string, object>> => ({
  hostname: { hostname: "Other-Name" },
  description: { description: "first line\nsecond: äöü, 100 %\n" },
  "description with line ends after it": { description: "text\n\n\n" },
  "resources.cores": { resources: { cores: 3 } },
  "resources.cpuLimit": { resources: { cpuLimit: "1.50" } },
  "resources.cpuWeight": { resources: { cpuWeight: 250 } },
  "resources.memory": { resources: { memory: "1Gi" } },
  "resources.swap": { resources: { swap: "0Mi" } },
  "dns.nameservers": { dns: { nameservers: ["10.0.0.1", "9.9.9.9"] } },
  "dns.searchDomain": { dns: { searchDomain: "home.arpa" } },
  "features.nesting": { features: { nesting: true } },
  "mounts, new": { mounts: [{ name: "mp0", path: "/srv", storage, size: "1536Mi", backup: true }] },
  "mounts, read-only": { mounts: [{ name: "mp7", path: "/data", storage, size: "1Gi", readOnly: true }] },
  "networks.vlan": { networks: [{ ...NET, vlan: 20 }] },
  "networks.mtu": { networks: [{ ...NET, mtu: 1400 }] },
  "networks.mac": { networks: [{ ...NET, mac: "bc:24:11:0a:0b:0c" }] },
  "networks.firewall": { networks: [{ ...NET, firewall: true }] },
  "networks.ipv4, static": {
    networks: [{ ...NET, ipv4: { method: "Static", address: "10.0.0.7/24", gateway: "10.0.0.1" } }],
  },
  "networks.ipv4, none": { networks: [{ ...NET, ipv4: { method: "None" } }] },
  "networks, new": { networks: [{ name: "eth1", bridge: "vmbr0", ipv4: { method: "DHCP" } }] },
});

/** Writes as the plan would have it, until nothing is left to write; answers the configuration read last. */
async function converge(bench: PortBench, vmid: number, spec: object): Promise<GuestConfig> {
  let config = await bench.port.readConfig(bench.ref(vmid), signal);
  const edits = differences(vmid, spec, config).flatMap(({ way }) =>
    way.is === "live" || way.is === "restart" ? [way.edit] : [],
  );
  expect(edits, "something differs at first").to.not.deep.equal([]);
  await bench.port.configure(bench.ref(vmid), changeOf(edits, config), config.digest, signal);
  config = await bench.port.readConfig(bench.ref(vmid), signal);
  return config;
}

function differences(vmid: number, spec: object, config: GuestConfig): readonly Difference[] {
  const object = {
    apiVersion: "homelab.neuralcodelab.com/v1alpha1",
    kind: "Container",
    metadata: { name: "made", namespace: "lab" },
    spec: { vmid, layerRef: { name: "base" }, ...onStorageOf(config, spec) },
  } as const;
  const parsed = parseSpec(Container, object as never);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  const whole = { ...object, spec: parsed.spec } as unknown as Container;
  return differencesOf(whole, config, { node: "pve1" }, { segments: new Map() });
}

/** The storages are called as where the guest is. */
function onStorageOf(config: GuestConfig, spec: object): object {
  const storage = config.rootfs?.volume.split(":")[0] ?? "local-zfs";
  return JSON.parse(JSON.stringify(spec).replaceAll('"local-zfs"', JSON.stringify(storage))) as object;
}

/** Configuration of guests that exist, the same for every implementation of `ProxmoxPort`. */
export function portConfigSuite(name: string, build: () => Promise<PortLab>): void {
  describe(`what a Proxmox connection writes (${name})`, () => {
    const bench = new PortBench();
    beforeEach(() => bench.build(build));
    afterEach(() => bench.close());

    for (const field of Object.keys(fieldsOn("")))
      it(`A5, O5: ${field}: once written it differs no more, on a running and on a stopped guest`, async () => {
        await bench.ready();
        const spec = fieldsOn(bench.lab.storage)[field] ?? {};
        for (const vmid of [601, 602]) {
          const config = await converge(bench, vmid, spec);
          expect(differences(vmid, spec, config), `vmid ${String(vmid)}`).to.deep.equal([]);
        }
      });

    it("A5: an interface keeps its MAC and its other options through a write", async () => {
      await bench.ready();
      const [before] = (await bench.port.readConfig(bench.ref(601), signal)).networks;
      const after = (await converge(bench, 601, { networks: [{ ...NET, firewall: true }] })).networks;
      expect(after).to.deep.equal([{ ...before, firewall: true }]);
    });

    it("what needs a restart waits on a running guest, is in effect after a start, and never waits on a stopped one", async () => {
      await bench.ready();
      const spec = { dns: { nameservers: ["10.0.0.1"] }, features: { nesting: true }, resources: { memory: "1Gi" } };
      expect((await converge(bench, 602, spec)).pending).to.deep.equal([]);
      expect((await converge(bench, 601, spec)).pending).to.deep.equal(["features", "nameserver"]);
      await bench.ended(await bench.port.shutdown(bench.ref(601), { timeoutSeconds: 30, force: true }, signal));
      await bench.ended(await bench.port.start(bench.ref(601), signal));
      const config = await bench.port.readConfig(bench.ref(601), signal);
      expect(config.pending).to.deep.equal([]);
      expect(differences(601, spec, config)).to.deep.equal([]);
    });

    it("a mount that exists takes a change with its next start, and keeps its volume", async () => {
      await bench.ready();
      const mount = { name: "mp0", path: "/srv", storage: bench.lab.storage, size: "1Gi" };
      const [made] = (await converge(bench, 601, { mounts: [mount] })).mounts;
      const config = await converge(bench, 601, { mounts: [{ ...mount, path: "/data", backup: true }] });
      expect(config.mounts).to.deep.equal([{ ...made, path: "/data", backup: true }]);
      expect(config.pending).to.deep.equal(["mp0"]);
    });

    it("a volume that grows while a change of its mount waits has its size, also after the start", async () => {
      await bench.ready();
      const mount = { name: "mp0", path: "/srv", storage: bench.lab.storage, size: "1Gi" };
      await converge(bench, 601, { mounts: [mount] });
      const { digest } = await converge(bench, 601, { mounts: [{ ...mount, path: "/data" }] });
      await bench.ended(await bench.port.resize(bench.ref(601), { disk: "mp0", sizeMiB: 2048 }, digest, signal));
      const spec = { mounts: [{ ...mount, path: "/data", size: "2Gi" }] };
      expect((await bench.port.readConfig(bench.ref(601), signal)).mounts[0]).to.include({ sizeMiB: 2048 });
      expect(differences(601, spec, await converge(bench, 601, spec))).to.deep.equal([]);
      await bench.ended(await bench.port.shutdown(bench.ref(601), { timeoutSeconds: 30, force: true }, signal));
      await bench.ended(await bench.port.start(bench.ref(601), signal));
      expect(differences(601, spec, await bench.port.readConfig(bench.ref(601), signal))).to.deep.equal([]);
    });

    it("I5: grows a volume by a task, refuses to shrink it, and says so when it has the size already", async () => {
      await bench.ready();
      const of = async (): Promise<GuestConfig> => bench.port.readConfig(bench.ref(601), signal);
      const resize = async (sizeMiB: number): Promise<string> =>
        bench.port.resize(bench.ref(601), { disk: "rootfs", sizeMiB }, (await of()).digest, signal);
      const now = (await of()).rootfs?.sizeMiB ?? 0;
      expect(await bench.ended(await resize(now + 512))).to.equal("OK");
      expect((await of()).rootfs?.sizeMiB).to.equal(now + 512);
      expect(await refusalOf(resize(now))).to.include({ kind: "spec" });
      expect(await refusalOf(resize(now + 512))).to.include({ kind: "spec" });
      const stale = bench.port.resize(bench.ref(601), { disk: "rootfs", sizeMiB: now + 1024 }, "0".repeat(40), signal);
      expect(await refusalOf(stale)).to.include({ kind: "conflict" });
    });

    it("A7: what only root may set, a missing storage and too large an MTU are refused", async () => {
      await bench.ready();
      const refused = async (change: Parameters<typeof bench.port.configure>[1]): Promise<string> => {
        const { digest } = await bench.port.readConfig(bench.ref(602), signal);
        return (await refusalOf(bench.port.configure(bench.ref(602), change, digest, signal))).kind;
      };
      expect(await refused({ features: { keyctl: "1" } })).to.equal("permission");
      expect(await refused({ mounts: [{ key: "mp0", path: "/m", volume: "/tank/m" }] })).to.equal("permission");
      const away = { key: "mp0", path: "/m", storage: "nowhere", sizeMiB: 1024 };
      expect(await refused({ mounts: [away] })).to.equal("spec");
      const net = { key: "net0", name: "eth0", bridge: "vmbr0", mac: "BC:24:11:00:00:01", mtu: 9000 };
      expect(await refused({ networks: [net] })).to.equal("spec");
    });
  });
}
