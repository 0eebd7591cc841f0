import { expect } from "chai";
import type { ContainerCreate, GuestRef } from "../../../controller/providers/port.ts";
import { proveAbsence } from "../../../controller/providers/proxmox/absence.ts";
import { ordered, readAddresses } from "../../../controller/providers/proxmox/addresses.ts";
import type { Engine } from "../../../controller/providers/proxmox/engine.ts";
import { configParams } from "../../../controller/providers/proxmox/configParams.ts";
import { guestConfig } from "../../../controller/providers/proxmox/guestConfig.ts";
import {
  createContainer,
  destroyGuest,
  shutdownGuest,
  startGuest,
} from "../../../controller/providers/proxmox/guests.ts";
import { readLosses } from "../../../controller/providers/proxmox/losses.ts";
import { readBridges, readPermissions } from "../../../controller/providers/proxmox/surroundings.ts";
import type { Answer, Host } from "./host.ts";
import { data, engineTo, errorOf, refusal, startHost } from "./host.ts";

const never = new AbortController().signal;
const lxc: GuestRef = { type: "lxc", node: "pve1", vmid: 601 };
const qemu: GuestRef = { type: "qemu", node: "pve1", vmid: 701 };
const upid = "UPID:pve1:0001F2A3:00B4C5D6:69230A1B:vzdestroy:601:ops@pve!ctl:";
const digest = "8d3c".repeat(10);

/** A configuration of which nothing waits, as the list of pending changes tells it. */
const stored = (config: Readonly<Record<string, unknown>>): Answer =>
  data(Object.entries(config).map(([key, value]) => ({ key, value })));

describe("calls about guests", () => {
  let host: Host;
  let engine: Engine;
  let answers: Record<string, Answer>;

  beforeEach(async () => {
    answers = {};
    host = await startHost((request, response) => {
      const path = (request.url ?? "").replace("/api2/json", "").split("?")[0] ?? "";
      (answers[path] ?? data(request.method === "GET" ? [] : upid))(request, response);
    });
    engine = engineTo([host.endpoint]);
  });

  afterEach(async () => {
    engine.close();
    await host.close();
  });

  it("I5: destroying sends neither force, purge nor destroy-unreferenced-disks", async () => {
    await destroyGuest(engine, lxc, never);
    await destroyGuest(engine, qemu, never);
    expect(host.arrived).to.deep.equal(["DELETE /nodes/pve1/lxc/601", "DELETE /nodes/pve1/qemu/701"]);
    expect(host.bodies).to.deep.equal(["", ""]);
  });

  it("A9: a shutdown says its timeout and kills only when told so", async () => {
    await shutdownGuest(engine, lxc, { timeoutSeconds: 90, force: false }, never);
    await shutdownGuest(engine, qemu, { timeoutSeconds: 30, force: true }, never);
    expect(host.arrived).to.deep.equal([
      "POST /nodes/pve1/lxc/601/status/shutdown",
      "POST /nodes/pve1/qemu/701/status/shutdown",
    ]);
    expect(host.bodies).to.deep.equal(["timeout=90&forceStop=0", "timeout=30&forceStop=1"]);
  });

  it("an answer without a UPID leaves the outcome unknown", async () => {
    answers["/nodes/pve1/lxc/601/status/start"] = data(null);
    expect(await errorOf(startGuest(engine, lxc, never))).to.include({ kind: "outcomeUnknown" });
  });

  it("creates with everything that was asked, and always says whether unprivileged", async () => {
    const wanted: ContainerCreate = {
      vmid: 601,
      node: "pve1",
      template: "local:vztmpl/debian-12.tar.zst",
      hostname: "web",
      unprivileged: false,
      memoryMiB: 1024,
      swapMiB: 0,
      rootfs: { storage: "local-zfs", sizeMiB: 8192 },
      mounts: [{ key: "mp3", path: "/data", storage: "tank", sizeMiB: 512, backup: true }],
      networks: [
        { name: "eth0", bridge: "vmbr0", vlan: 20, ipv4: "10.0.20.5/24", gateway4: "10.0.20.1" },
        { name: "eth1", bridge: "vmbr1", firewall: true, ipv6: "auto" },
      ],
      nameservers: ["1.1.1.1", "9.9.9.9"],
      features: { nesting: "1" },
      tags: ["hl.lab.web", "B"],
      sshKeys: "ssh-ed25519 AAAA me",
    };
    await createContainer(engine, wanted, never);
    expect(host.arrived).to.deep.equal(["POST /nodes/pve1/lxc"]);
    expect(Object.fromEntries(new URLSearchParams(host.bodies[0]))).to.deep.equal({
      vmid: "601",
      ostemplate: "local:vztmpl/debian-12.tar.zst",
      hostname: "web",
      unprivileged: "0",
      memory: "1024",
      swap: "0",
      rootfs: "local-zfs:8",
      mp3: "tank:0.5,mp=/data,backup=1",
      net0: "name=eth0,bridge=vmbr0,tag=20,ip=10.0.20.5/24,gw=10.0.20.1,type=veth",
      net1: "name=eth1,bridge=vmbr1,firewall=1,ip6=auto,type=veth",
      nameserver: "1.1.1.1 9.9.9.9",
      features: "nesting=1",
      tags: "b;hl.lab.web",
      "ssh-public-keys": "ssh-ed25519 AAAA me",
    });
  });

  it("A5: a config write holds the keys that change and the digest, nothing else", () => {
    expect(configParams("lxc", { tags: ["b", "a"] }, digest)).to.deep.equal({ digest, tags: "a;b" });
    expect(configParams("lxc", { onboot: false }, digest)).to.deep.equal({ digest, onboot: 0 });
    expect(configParams("lxc", { startup: {}, tags: [] }, digest)).to.deep.equal({ digest, delete: "startup,tags" });
    expect(configParams("lxc", { startup: { order: 0 } }, digest)).to.deep.equal({ digest, startup: "order=0" });
  });

  it("reads a VM's configuration with its own spellings", () => {
    const config = guestConfig("qemu", {
      name: "node1",
      memory: "4096",
      cores: 4,
      digest,
      smbios1: "uuid=0E5A28C2-1B23-4022-BA20-B5827D05B8F7",
      agent: "enabled=1,fstrim_cloned_disks=1",
      net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0",
      ipconfig0: "ip=10.0.20.7/24",
      scsi0: "local-zfs:vm-701-disk-1,size=32G",
      boot: " ",
      onboot: "1",
      unused0: "local-zfs:vm-701-disk-9",
      description: "two\nlines\n",
    });
    expect(config).to.deep.include({
      name: "node1",
      memoryMiB: 4096,
      agent: true,
      smbiosUuid: "0e5a28c2-1b23-4022-ba20-b5827d05b8f7",
      onboot: true,
      unused: ["local-zfs:vm-701-disk-9"],
      description: "two\nlines",
      otherKeys: ["boot"],
    });
    expect(config.networks[0]).to.include({ name: "net0", ipv4: "10.0.20.7/24", bridge: "vmbr0" });
  });

  it("A11: names the keys it has no field for", () => {
    const config = guestConfig("lxc", { digest, arch: "amd64", hostname: "x", dev0: "/dev/dri", net12: "name=eth0" });
    expect(config.otherKeys).to.deep.equal(["arch", "dev0"]);
    expect(config.networks.map((net) => net.key)).to.deep.equal(["net12"]);
  });

  it("H1: addresses are those of its own interfaces: static first, IPv4 first, no link-local", async () => {
    const mac = "BC:24:11:00:00:01";
    const { networks } = guestConfig("lxc", {
      digest,
      net0: `name=eth0,bridge=vmbr0,hwaddr=${mac},ip=dhcp,ip6=auto`,
      net1: "name=eth1,bridge=vmbr1,hwaddr=BC:24:11:00:00:02,ip=10.0.9.5/24",
    });
    const at = (address: string): object => ({ "ip-address": address, prefix: "24" });
    answers["/nodes/pve1/lxc/601/interfaces"] = data([
      { name: "lo", "ip-addresses": [at("127.0.0.1")] },
      { name: "docker0", hwaddr: "02:42:00:00:00:01", "ip-addresses": [at("172.17.0.1")] },
      {
        name: "eth0",
        "hardware-address": mac.toLowerCase(),
        "ip-addresses": [at("fe80::1"), at("fd00::5"), at("10.0.20.5")],
      },
      { name: "eth1", inet: "10.0.9.5/24", "ip-addresses": [] },
    ]);
    expect(await readAddresses(engine, lxc, networks, never)).to.deep.equal(["10.0.9.5", "10.0.20.5", "fd00::5"]);
    answers["/nodes/pve1/lxc/601/interfaces"] = data(null);
    expect(await readAddresses(engine, lxc, networks, never)).to.deep.equal([]);
  });

  it("H1: a VM's addresses come from its agent, and from its configuration while the agent is silent", async () => {
    const config = { digest, agent: 1, net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0", ipconfig0: "ip=10.0.20.7/24" };
    const { networks } = guestConfig("qemu", config);
    const agent = "/nodes/pve1/qemu/701/agent/network-get-interfaces";
    answers[agent] = data({
      result: [
        { name: "lo", "ip-addresses": [{ "ip-address": "127.0.0.1" }] },
        { name: "ens18", "hardware-address": "bc:24:11:00:00:01", "ip-addresses": [{ "ip-address": "10.0.20.99" }] },
      ],
    });
    expect(await readAddresses(engine, qemu, networks, never)).to.deep.equal(["10.0.20.99"]);
    answers[agent] = refusal(500, "QEMU guest agent is not running");
    expect(await readAddresses(engine, qemu, networks, never)).to.deep.equal(["10.0.20.7"]);
    answers[agent] = refusal(500, "No QEMU guest agent configured");
    expect(await readAddresses(engine, qemu, networks, never)).to.deep.equal(["10.0.20.7"]);
    answers[agent] = refusal(500, "VM 701 is not running");
    expect(await readAddresses(engine, qemu, networks, never)).to.deep.equal([]);
    expect(ordered(guestConfig("qemu", { ...config, ipconfig0: "ip=dhcp" }).networks, undefined)).to.deep.equal([]);
  });

  it("O4: absence needs nextid and a quorate cluster", async () => {
    answers["/cluster/nextid"] = data("601");
    answers["/cluster/status"] = data([{ type: "node", name: "pve1", online: 1 }]);
    expect(await proveAbsence(engine, 601, never)).to.equal("absent");
    answers["/cluster/nextid"] = data(601);
    answers["/cluster/status"] = data([{ type: "cluster", quorate: 0 }]);
    expect(await proveAbsence(engine, 601, never)).to.equal("unknown");
    answers["/cluster/nextid"] = (_request, response) => {
      response.writeHead(400, "Parameter verification failed.", { Connection: "close" });
      response.end(JSON.stringify({ data: null, errors: { vmid: "VM 601 already exists" }, message: "x\n" }));
    };
    expect(await proveAbsence(engine, 601, never)).to.equal("taken");
    answers["/cluster/nextid"] = refusal(595, "No route to host", false);
    expect(await proveAbsence(engine, 601, never)).to.equal("unknown");
  });

  it("O4: where the quorum may not be seen, more than half of the nodes online is one", async () => {
    answers["/cluster/nextid"] = data("601");
    answers["/cluster/status"] = refusal(403, "Permission check failed (/, Sys.Audit)");
    const nodes = (...status: string[]): Answer =>
      data(status.map((one, at) => ({ node: `pve${String(at)}`, status: one })));
    answers["/nodes"] = nodes("online", "online", "offline");
    expect(await proveAbsence(engine, 601, never)).to.equal("absent");
    answers["/nodes"] = nodes("online", "offline");
    expect(await proveAbsence(engine, 601, never)).to.equal("unknown");
  });

  it("I5: names unused volumes, replication, HA and backup jobs", async () => {
    answers["/nodes/pve1/lxc/601/pending"] = stored({ digest, unused0: "local-zfs:subvol-601-disk-7" });
    answers["/nodes/pve1/lxc/601/status/current"] = data({ status: "stopped", ha: { managed: 1, state: "stopped" } });
    answers["/cluster/replication"] = data([
      { id: "601-0", guest: "601" },
      { id: "602-0", guest: 602 },
    ]);
    answers["/cluster/backup"] = data([
      { id: "nightly", vmid: "600,601" },
      { id: "all", all: 1 },
      { id: "other", vmid: "6010" },
    ]);
    expect(await readLosses(engine, lxc, never)).to.deep.equal([
      "unused volume local-zfs:subvol-601-disk-7",
      "replication job 601-0",
      "HA resource",
      "backup job nightly",
    ]);
  });

  it("I5: what may not be seen is an error, never nothing to lose", async () => {
    answers["/nodes/pve1/lxc/601/pending"] = stored({ digest });
    answers["/cluster/backup"] = refusal(403, "Permission check failed (/, Sys.Audit)");
    expect(await errorOf(readLosses(engine, lxc, never))).to.include({ kind: "permission" });
  });

  it("reads bridges with their MTU, which is 1500 where none is declared, and permissions", async () => {
    answers["/nodes/pve1/network"] = data([
      { iface: "vmbr0", type: "bridge", active: 1, bridge_vlan_aware: 1 },
      { iface: "vmbr1", type: "bridge", mtu: "9000" },
      { iface: "vnet1", type: "vnet" },
    ]);
    expect(await readBridges(engine, "pve1", never)).to.deep.equal([
      { name: "vmbr0", active: true, vlanAware: true, mtu: 1500 },
      { name: "vmbr1", active: false, vlanAware: false, mtu: 9000 },
      { name: "vnet1", active: true, vlanAware: false, mtu: 1500 },
    ]);
    expect(host.arrived).to.deep.equal(["GET /nodes/pve1/network?type=any_bridge"]);
    answers["/access/permissions"] = data({ "/vms/101": { "VM.Audit": 1, "VM.PowerMgmt": 0 } });
    const permissions = await readPermissions(engine, never);
    expect([...(permissions.get("/vms/101") ?? [])]).to.deep.equal([
      ["VM.Audit", true],
      ["VM.PowerMgmt", false],
    ]);
  });
});
