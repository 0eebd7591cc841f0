import { expect } from "chai";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { callApi, eventually, insideOf, runTask, statusOf } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

describe("the guests of the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  before(async () => {
    simulator = await startProxmoxSimulator({
      speed: 20,
      guestDefaults: { bootSeconds: 2 },
      guests: [
        {
          vmid: 101,
          name: "all",
          bootSeconds: 12,
          services: [
            { port: 8080, protocol: "http" },
            { port: 8081, protocol: "http", status: 503 },
            { port: 5432, protocol: "postgres" },
            { port: 5353, protocol: "dns" },
            { port: 1123, protocol: "ntp" },
            { port: 7000, protocol: "tcp" },
          ],
        },
        { vmid: 102, name: "broken", startFails: "" },
        { vmid: 103, name: "mute", neverServes: true, services: [{ port: 7000, protocol: "tcp" }] },
        { vmid: 104, name: "static", config: { net0: "name=eth0,bridge=vmbr0,ip=10.0.0.9/24,type=veth" } },
        { vmid: 105, name: "one", services: [{ port: 7000, protocol: "tcp" }] },
        { vmid: 106, name: "nobridge", config: { net0: "name=eth0,bridge=vmbr9,type=veth" } },
        { vmid: 200, type: "qemu", name: "vm", services: [{ port: 7000, protocol: "tcp" }] },
      ],
    });
  });

  after(() => simulator.stop());

  const start = (vmid: number, type = "lxc"): Promise<string> =>
    runTask(simulator, "POST", `/nodes/pve1/${type}/${String(vmid)}/status/start`);

  const served = (vmid: number, count: number): Promise<string> =>
    eventually(async () => {
      const guest = await insideOf(simulator, vmid);
      return guest.serving.length === count ? guest.address : undefined;
    });

  const accepts = (host: string, port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ host, port });
      socket.on("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => {
        resolve(false);
      });
    });

  const ask = (host: string, port: number, query: Buffer): Promise<Buffer> =>
    new Promise((resolve) => {
      const socket = createSocket("udp4");
      socket.on("message", (answer) => {
        socket.close();
        resolve(answer);
      });
      socket.send(query, port, host);
    });

  it("opens every service at an address of its own once it has booted, and only then", async () => {
    expect(await start(101)).to.equal("OK");
    const early = await insideOf(simulator, 101);
    expect(early.running).to.equal(true);
    expect(early.serving).to.deep.equal([]);
    const address = await served(101, 6);
    expect(address).to.match(/^127\.\d+\.0\.101$/);
    expect((await fetch(`http://${address}:8080/`)).status).to.equal(200);
    expect((await fetch(`http://${address}:8081/`)).status).to.equal(503);
    expect(await accepts(address, 7000)).to.equal(true);
  });

  it("answers DNS, NTP and PostgreSQL as such", async () => {
    const { address } = await insideOf(simulator, 101);
    const question = Buffer.from("abcd01000001000000000000026e730000010001", "hex");
    const dns = await ask(address, 5353, question);
    expect([dns.readUInt16BE(0), dns.readUInt16BE(2) & 0x800f, dns.readUInt16BE(6)]).to.deep.equal([0xabcd, 0x8000, 1]);
    expect([...dns.subarray(-4)].join(".")).to.equal(address);
    const ntp = await ask(address, 1123, Buffer.concat([Buffer.from([0x23]), Buffer.alloc(47)]));
    expect([(ntp[0] ?? 0) & 7, ntp.length]).to.deep.equal([4, 48]);
    const refusesTls = await new Promise<string>((resolve) => {
      const socket = connect({ host: address, port: 5432 }, () =>
        socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])),
      );
      socket.on("data", (data: Buffer) => {
        socket.destroy();
        resolve(data.toString());
      });
    });
    expect(refusesTls).to.equal("N");
  });

  it("tells its address through interfaces, static ones too", async () => {
    const { address } = await insideOf(simulator, 101);
    type Entry = { name: string; "ip-addresses": { "ip-address": string; prefix: string }[] };
    const interfaces = async (vmid: number): Promise<Entry[]> =>
      (await callApi(simulator, "GET", `/nodes/pve1/lxc/${String(vmid)}/interfaces`)).data as Entry[];
    const eth0 = (await interfaces(101)).find((entry) => entry.name === "eth0");
    expect(eth0?.["ip-addresses"]).to.deep.equal([{ "ip-address": address, prefix: "8", "ip-address-type": "inet" }]);
    await start(104);
    expect((await interfaces(104))[1]?.["ip-addresses"][0]).to.include({ "ip-address": "10.0.0.9", prefix: "24" });
  });

  it("hangs: runs on without serving", async () => {
    const { address } = await insideOf(simulator, 101);
    await simulator.admin("POST", "/guests/101/hang");
    expect(await accepts(address, 7000)).to.equal(false);
    expect((await statusOf(simulator, 101))["status"]).to.equal("running");
    expect(
      await runTask(simulator, "POST", "/nodes/pve1/lxc/101/status/shutdown", { params: { timeout: 2 } }),
    ).to.equal("container did not stop");
  });

  for (const end of ["crash", "oom", "poweroff"]) {
    it(`stops without a task when it ends by ${end}`, async () => {
      await start(105);
      const address = await served(105, 1);
      await simulator.admin("POST", "/broadcast");
      const tasks = async (): Promise<unknown> =>
        (await callApi(simulator, "GET", "/nodes/pve1/tasks", { params: { vmid: "105", source: "all" } })).data;
      const before = await tasks();
      await simulator.admin("POST", `/guests/105/${end}`);
      expect((await statusOf(simulator, 105))["status"]).to.equal("stopped");
      expect(await accepts(address, 7000)).to.equal(false);
      expect(await tasks()).to.deep.equal(before);
    });
  }

  it("is stopped by a person through a task in that person's name", async () => {
    await start(105);
    const { upid } = (await simulator.admin("POST", "/guests/105/stop", { user: "ana@pam" })) as { upid: string };
    await eventually(async () => ((await statusOf(simulator, 105))["status"] === "stopped" ? true : undefined));
    expect(upid).to.match(/:vzstop:105:ana@pam:$/);
    const { data } = await callApi(simulator, "GET", "/nodes/pve1/tasks", {
      params: { vmid: "105", source: "all", limit: "1" },
    });
    expect((data as { user: string }[])[0]?.user).to.equal("ana@pam");
  });

  it("fails to start where it is made to, or where its bridge is missing", async () => {
    expect(await start(102)).to.equal("startup for container '102' failed");
    expect(await start(106)).to.equal("bridge 'vmbr9' does not exist");
  });

  it("never serves where it is made to", async () => {
    expect(await start(103)).to.equal("OK");
    const events = (await simulator.admin("GET", "/events")) as { vmid: number; what: string }[];
    expect(events.filter((event) => event.vmid === 103).map((event) => event.what)).to.deep.equal(["started"]);
  });

  it("a VM says it runs already only in the task, and its agent answers once it has booted", async () => {
    expect(await start(200, "qemu")).to.equal("OK");
    expect(await start(200, "qemu")).to.equal("VM 200 already running");
    const address = await served(200, 1);
    const { data } = await callApi(simulator, "GET", "/nodes/pve1/qemu/200/agent/network-get-interfaces");
    expect(JSON.stringify(data)).to.include(`"ip-address":"${address}"`);
    expect(await runTask(simulator, "POST", "/nodes/pve1/qemu/200/status/shutdown")).to.equal("OK");
    const gone = await callApi(simulator, "GET", "/nodes/pve1/qemu/200/agent/network-get-interfaces");
    expect(gone.reason).to.equal("VM 200 is not running");
  });

  it("clears pending changes at a start through the API, not at a reboot from inside", async () => {
    await start(105);
    await callApi(simulator, "PUT", "/nodes/pve1/lxc/105/config", { params: { nameserver: "1.1.1.1" } });
    const pending = async (): Promise<unknown> => {
      const { data } = await callApi(simulator, "GET", "/nodes/pve1/lxc/105/pending");
      return (data as { key: string; pending?: string }[]).find((entry) => entry.key === "nameserver")?.pending;
    };
    expect(await pending()).to.equal("1.1.1.1");
    await simulator.admin("POST", "/guests/105/reboot-inside");
    expect(await pending()).to.equal("1.1.1.1");
    await runTask(simulator, "POST", "/nodes/pve1/lxc/105/status/reboot");
    expect(await pending()).to.equal(undefined);
  });
});
