import { expect } from "chai";
import { kubectl } from "../../hack/kubectl.ts";
import { condition, readyReason, type Bed } from "./labBed.ts";
import { connectionTo, ours, secret, TEMPLATE, type Declared } from "./labObjects.ts";
import { untilObject } from "./untilObject.ts";
import { useBed } from "./useBed.ts";

const DEADLINE_MS = 45_000;
const GiB = 1024 ** 3;
const CREATED = { template: TEMPLATE, rootfs: { storage: "local-zfs", size: "4Gi" }, adoption: "Refuse" } as const;
const WEAK = { id: "weak@pve!ctl", secret: "22222222-3333-4444-8555-666666666666" } as const;

const simulator = {
  guests: [
    { vmid: 201, name: "windows", type: "qemu" as const },
    { vmid: 202, name: "neighbour", config: { tags: "hl.elsewhere.db" } },
    { vmid: 203, name: "plain" },
    { vmid: 204, name: "weak" },
  ],
  storages: [
    { storage: "local", type: "dir" as const, content: "vztmpl", totalBytes: 100 * GiB },
    { storage: "local-zfs", type: "zfspool" as const, content: "rootdir,images", totalBytes: 100 * GiB },
    { storage: "full", type: "zfspool" as const, content: "rootdir", totalBytes: 10 * GiB, usedBytes: 10 * GiB },
  ],
};

/** A Container of the layer "base" at the ProxmoxCluster "host". */
function guest(name: string, vmid: number, spec: Readonly<Record<string, unknown>> = {}): Declared {
  return ours("Container", name, { clusterRef: { name: "host" }, layerRef: { name: "base" }, vmid, ...spec });
}

async function prepare(bed: Bed): Promise<void> {
  await bed.simulator.admin("PUT", "/users", { userid: "weak@pve" });
  await bed.simulator.admin("PUT", "/tokens", { tokenid: WEAK.id, secret: WEAK.secret, privsep: true });
  const acls = ["weak@pve", WEAK.id].map((ugid) => ({ path: "/", ugid, role: "Looking" }));
  await bed.simulator.admin("PUT", "/acls", { roles: { Looking: "VM.Audit Sys.Audit" }, acls });
  await bed.apply(...connectionTo(bed.simulator), ours("HomelabLayer", "base"), ours("Homelab", "lab"));
  await bed.start();
}

describe("bad input, and what a person sees", () => {
  const bed = useBed({ guests: [], simulator }, prepare);

  /** Applies it as a person does; the words of a refusal. */
  async function refused(object: object): Promise<string> {
    const args = ["apply", "--validate=strict", "--namespace", bed().namespace, "-f", "-"];
    const reply = await kubectl(bed().controlPlane, args, { stdin: JSON.stringify(object) });
    expect(reply.code, reply.stdout).to.equal(1);
    return reply.stderr;
  }

  /** The message of Ready once it has this reason. */
  async function told(resource: string, name: string, reason: string, part = ""): Promise<string> {
    const { namespace, controlPlane } = bed();
    const object = await untilObject(
      controlPlane,
      { resource, name, namespace },
      {
        what: `${reason} ${part}`,
        holds: (seen) =>
          seen !== undefined &&
          readyReason(seen) === reason &&
          (condition(seen, "Ready")?.message ?? "").includes(part),
        deadlineMs: DEADLINE_MS,
      },
    );
    expect(condition(object, reason === "HostUnreachable" ? "Reconciling" : "Ready")).not.to.equal(undefined);
    return condition(object, "Ready")?.message ?? "";
  }

  /** No task of this guest was ever begun. */
  async function untouched(vmid: number): Promise<void> {
    const tasks = (await bed().simulator.admin("GET", "/tasks")) as readonly { readonly id: string }[];
    expect(tasks.filter((task) => task.id === String(vmid))).to.deep.equal([]);
  }

  it("malformed values are refused when they are applied, with the field and the way to write it", async () => {
    expect(await refused(guest("bad", 101, { resources: { memory: "8G" } }))).to.include("write 8Gi, not 8G");
    expect(await refused(guest("bad", 7)))
      .to.include("spec.vmid: Invalid value: 7")
      .and.include("greater than or equal to 100");
    expect(await refused(guest("bad", 101, { vmid: "101" }))).to.include('spec.vmid: Invalid value: "string"');
    expect(await refused(guest("bad", 101, { powerState: "Up" }))).to.include('supported values: "Running", "Stopped"');
  });

  it("values of the network beyond what Omada and Proxmox know are refused with the field and the limit", async () => {
    const segment = { cidr: "192.168.20.0/24", proxmox: { bridge: "vmbr0" } };
    const device = { mac: "1C:61:B4:2C:1B:E3", role: "Switch" };
    const radio = (fields: object): Readonly<Record<string, unknown>> => ({
      ...device,
      radios: [{ band: "5GHz", ...fields }],
    });
    const table: readonly (readonly [
      kind: string,
      spec: Readonly<Record<string, unknown>>,
      said: readonly string[],
    ])[] = [
      ["NetworkSegment", { ...segment, vlan: 4095 }, ["spec.vlan: Invalid value: 4095", "less than or equal to 4094"]],
      ["NetworkSegment", { ...segment, vlan: 0 }, ["spec.vlan: Invalid value: 0", "greater than or equal to 1"]],
      ["NetworkSegment", { ...segment, gateway: "10.0.0.1" }, ["gateway 10.0.0.1 lies outside cidr 192.168.20.0/24"]],
      ["NetworkDevice", { ...device, role: "Router" }, ['supported values: "Gateway", "Switch", "AccessPoint"']],
      ["NetworkDevice", { ...device, ports: [{ number: 0 }] }, ["spec.ports[0].number: Invalid value: 0"]],
      ["NetworkDevice", { ...device, ports: [{ number: 1 }, { number: 1 }] }, ["spec.ports[1]: Duplicate value"]],
      ["NetworkDevice", radio({ channel: 300 }), ["spec.radios[0].channel: Invalid value: 300", "equal to 233"]],
      ["NetworkDevice", radio({ band: "60GHz" }), ['supported values: "2.4GHz", "5GHz", "6GHz"']],
      ["WirelessNetwork", { ssid: "", security: { mode: "Open" } }, ["spec.ssid"]],
      ["WirelessNetwork", { ssid: "home", security: { mode: "WEP" } }, ["spec.security.mode: Unsupported value"]],
      ["AccessRule", { from: { any: true }, to: { cidr: "10.0.0.0/8" }, action: "Drop" }, ["spec.action: Unsupported"]],
    ];
    for (const [kind, spec, said] of table) {
      const words = await refused(ours(kind, "bad", spec));
      for (const part of said) expect(words).to.include(part);
    }
  });

  it("an unknown field is refused by name", async () => {
    expect(await refused(guest("bad", 101, { memroy: "1Gi" }))).to.include('unknown field "spec.memroy"');
  });

  it("a missing layer, cluster, dependency, segment or Secret is waited for and named", async () => {
    await bed().apply(
      guest("nolayer", 111, { ...CREATED, layerRef: { name: "nope" } }),
      guest("nocluster", 112, { clusterRef: { name: "nope" } }),
      guest("nodependency", 113, { ...CREATED, dependsOn: [{ kind: "Container", name: "nope" }] }),
      guest("nosegment", 114, { ...CREATED, networks: [{ name: "eth0", segmentRef: { name: "nope" } }] }),
      guest("nosecret", 115, { ...CREATED, passwordRef: { name: "nope", key: "root" } }),
      ours("ProxmoxCluster", "nosecret", { endpoints: [bed().simulator.url], credentialsRef: { name: "nope" } }),
    );
    expect(await told("hct", "nolayer", "LayerMissing")).to.equal(
      "HomelabLayer nope does not exist; apply it, or change the reference",
    );
    expect(await told("hct", "nocluster", "ClusterMissing")).to.equal(
      "ProxmoxCluster nope does not exist; apply it, or change clusterRef",
    );
    expect(await told("hct", "nodependency", "DependencyMissing")).to.include(
      "Container nope, on which it depends, does not exist",
    );
    expect(await told("hct", "nosegment", "SegmentMissing")).to.include("NetworkSegment nope does not exist");
    expect(await told("hct", "nosecret", "SecretMissing")).to.include("Secret nope does not exist");
    expect(await told("hpve", "nosecret", "SecretMissing"))
      .to.include("Secret nope does not exist in")
      .and.include("noticed within a minute");
  });

  it("a cycle of layers is told with its path, and mending it heals", async () => {
    const needs = (name: string, ...below: readonly string[]): Declared =>
      ours("HomelabLayer", name, { dependsOn: below.map((one) => ({ name: one })), healthGate: { minMembers: 0 } });
    await bed().apply(needs("one", "two"), needs("two", "three"), needs("three", "one"));
    expect(await told("hll", "one", "DependencyCycle")).to.match(/one.*two.*three.*one/);
    await bed().apply(needs("three"));
    await told("hll", "three", "Settled");
  });

  it("I1: a vmid that two objects declare is the older one's; the other is told whose", async () => {
    await bed().apply(guest("first", 121, { powerState: "Stopped", ...CREATED }));
    await told("hct", "first", "Stopped");
    await bed().apply(guest("second", 121, CREATED));
    expect(await told("hct", "second", "VmidTaken")).to.include(
      "vmid 121 is declared by Container first too, which has it",
    );
  });

  it("I3: a VM's vmid in a Container is GuestTypeDiffers, and the VM is not touched", async () => {
    await bed().apply(guest("windows", 201, { adoption: "Adopt" }));
    expect(await told("hct", "windows", "GuestTypeDiffers")).to.include(
      "201 is a VM in Proxmox (windows); it is not touched. Declare it as a VirtualMachine",
    );
    await untouched(201);
  });

  it("I3: somebody else's guest is GuestNotOwned, and is not touched", async () => {
    await bed().apply(guest("theirs", 202, CREATED), guest("plain", 203, CREATED));
    expect(await told("hct", "theirs", "GuestNotOwned")).to.include(
      "202 (neighbour) is marked as that of elsewhere/db",
    );
    expect(await told("hct", "plain", "GuestNotOwned"))
      .to.include("203 (plain) exists and carries no mark of ours")
      .and.include("spec.adoption: Adopt");
    await untouched(202);
    await untouched(203);
  });

  it("A7: a missing template, storage or bridge and a full storage are told before anything is sent", async () => {
    const rootfs = (storage: string): object => ({ rootfs: { storage, size: "4Gi" } });
    const template = "local:vztmpl/debian-99.tar.zst";
    await bed().apply(
      guest("notemplate", 131, { ...CREATED, template }),
      guest("nostorage", 132, { ...CREATED, ...rootfs("nope") }),
      guest("nobridge", 133, { ...CREATED, networks: [{ name: "eth0", bridge: "vmbr9" }] }),
      guest("noroom", 134, { ...CREATED, ...rootfs("full") }),
      guest("wrongcontent", 135, { ...CREATED, ...rootfs("local") }),
    );
    expect(await told("hct", "notemplate", "RefusedByProvider"))
      .to.include(`template '${template}' does not exist on node pve1`)
      .and.include("pveam download local debian-99.tar.zst");
    expect(await told("hct", "nostorage", "RefusedByProvider")).to.include(
      "storage 'nope' does not exist on node pve1",
    );
    expect(await told("hct", "nobridge", "BridgeMissing")).to.include("bridge 'vmbr9' does not exist on node pve1");
    expect(await told("hct", "noroom", "StorageFull")).to.include(
      "storage 'full' on node pve1 is full: it has no room for 4096 MiB",
    );
    expect(await told("hct", "wrongcontent", "RefusedByProvider")).to.include(
      "storage 'local' does not support container directories",
    );
    for (const vmid of [131, 132, 133, 134, 135]) await untouched(vmid);
  });

  it("A7: a wrong token is told with the Secret's name; corrected, it is taken within a minute", async () => {
    const { simulator: host } = bed();
    const other = {
      credentialsRef: { name: "wrong-token" },
      endpoints: [host.url],
      tls: { caRef: { name: "proxmox-ca", key: "ca.crt" } },
    };
    const wrong = "99999999-8888-4777-8666-555555555555";
    await bed().apply(
      secret("wrong-token", { tokenId: host.tokenId, tokenSecret: wrong }),
      ours("ProxmoxCluster", "wrongtoken", other),
    );
    const message = await told("hpve", "wrongtoken", "Unauthorized");
    expect(message).to.include("Correct Secret wrong-token (tokenId, tokenSecret)");
    expect(message).not.to.include(wrong);
    await bed().apply(secret("wrong-token", { tokenId: host.tokenId, tokenSecret: host.tokenSecret }));
    const annotate = ["annotate", "hpve", "wrongtoken", `homelab.neuralcodelab.com/reconcile-requested-at=now`];
    await bed().kubectl(...annotate);
    await told("hpve", "wrongtoken", "Settled");
  });

  it("A7: a missing privilege is named with its path before it is needed, and granting it heals", async () => {
    const { simulator: host } = bed();
    const other = {
      credentialsRef: { name: "weak-token" },
      endpoints: [host.url],
      tls: { caRef: { name: "proxmox-ca", key: "ca.crt" } },
    };
    await bed().apply(
      secret("weak-token", { tokenId: WEAK.id, tokenSecret: WEAK.secret }),
      ours("ProxmoxCluster", "weak", { ...other, protectedVmids: [] }),
      guest("weak", 204, { clusterRef: { name: "weak" }, management: "Power" }),
    );
    const needs = "VM.PowerMgmt on /vms/204";
    expect(await told("hpve", "weak", "PermissionMissing", needs)).to.equal(
      `the token lacks ${needs}; grant it to the token and to its user (docs/permissions.md)`,
    );
    const missing = await bed().kubectl("get", "hpve", "weak", "-o", "jsonpath={.status.missingPermissions}");
    expect(JSON.parse(missing)).to.deep.equal([{ privilege: "VM.PowerMgmt", path: "/vms/204" }]);
    await told("hct", "weak", "PermissionMissing", needs);
    await untouched(204);
    await host.admin("PUT", "/acls", { roles: { Looking: "VM.Audit VM.PowerMgmt Sys.Audit" }, acls: [] });
    await bed().kubectl("annotate", "hpve", "weak", "homelab.neuralcodelab.com/reconcile-requested-at=now");
    await told("hpve", "weak", "Settled");
    await told("hct", "weak", "Settled");
  });

  it("a wrong fingerprint prints the one that was seen, and no token is sent; corrected, it goes on", async () => {
    const { simulator: host } = bed();
    const as = "print@pve!ctl";
    await host.admin("PUT", "/users", { userid: "print@pve" });
    await host.admin("PUT", "/tokens", { tokenid: as, secret: WEAK.secret, privsep: false });
    await host.admin("PUT", "/acls", { acls: [{ path: "/", ugid: "print@pve", role: "PVEAuditor" }] });
    const cluster = (fingerprint: string): Declared =>
      ours("ProxmoxCluster", "print", {
        credentialsRef: { name: "print-token" },
        endpoints: [host.url],
        tls: { fingerprints: [fingerprint] },
      });
    const sent = async (): Promise<number> => (await bed().host.all()).filter(({ user }) => user === as).length;
    await bed().apply(
      secret("print-token", { tokenId: as, tokenSecret: WEAK.secret }),
      cluster(Array.from({ length: 32 }, () => "AB").join(":")),
    );
    expect(await told("hpve", "print", "CertificateMismatch")).to.include(host.fingerprint);
    expect(await sent()).to.equal(0);
    await bed().apply(cluster(host.fingerprint));
    await told("hpve", "print", "Settled");
    expect(await sent()).to.be.greaterThan(0);
  });

  it("O3: a host that cannot be reached is told with what was tried", async () => {
    await bed().apply(
      ours("ProxmoxCluster", "away", { credentialsRef: { name: "proxmox-token" }, endpoints: ["https://127.0.0.1:1"] }),
      guest("away", 141, { clusterRef: { name: "away" }, ...CREATED }),
    );
    expect(await told("hpve", "away", "HostUnreachable")).to.include("127.0.0.1:1");
    await told("hct", "away", "HostUnreachable");
  });
});
