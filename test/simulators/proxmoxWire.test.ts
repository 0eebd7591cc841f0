import { expect } from "chai";
import { Agent } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { callApi, eventually } from "./apiClient.ts";
import { startProxmoxSimulator, type RunningSimulator } from "./proxmox/startProxmoxSimulator.ts";

describe("the wire of the Proxmox VE simulator", () => {
  let simulator: RunningSimulator;

  before(async () => {
    simulator = await startProxmoxSimulator({
      speed: 50,
      unauthorizedDelayMs: 150,
      idleMs: 200,
      guests: [{ vmid: 101 }],
    });
  });

  after(() => simulator.stop());

  const open = (): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const url = new URL(simulator.url);
      const socket = connect(
        { host: url.hostname, port: Number(url.port), ca: simulator.ca, servername: "localhost" },
        () => {
          resolve(socket);
        },
      );
      socket.on("error", reject);
    });

  it("has a certificate of its own CA, with the fingerprint it announces", async () => {
    const socket = await open();
    expect(socket.authorized).to.equal(true);
    expect(socket.getPeerCertificate().fingerprint256).to.equal(simulator.fingerprint);
    const { data } = await callApi(simulator, "GET", "/nodes");
    expect((data as { ssl_fingerprint: string }[])[0]?.ssl_fingerprint).to.equal(simulator.fingerprint);
    socket.destroy();
  });

  it("holds a 401 back and gives it no body and no content type", async () => {
    const began = Date.now();
    const answer = await callApi(simulator, "GET", "/version", { token: null });
    expect(Date.now() - began).to.be.at.least(150);
    expect([answer.status, answer.reason, answer.text, answer.headers["content-type"]]).to.deep.equal([
      401,
      "No ticket",
      "",
      undefined,
    ]);
  });

  it("checks in the order 401, 501, 403, 400, code", async () => {
    await simulator.admin("PUT", "/tokens", { tokenid: "weak@pve!t", secret: "s", privsep: false });
    const token = "weak@pve!t=s";
    const path = "/nodes/pve1/lxc/101/status/start";
    expect((await callApi(simulator, "POST", "/nope", { token: null })).status).to.equal(401);
    expect((await callApi(simulator, "POST", "/nope", { token })).status).to.equal(501);
    expect((await callApi(simulator, "POST", path, { token, params: { foo: 1 } })).reason).to.equal(
      "Permission check failed (/vms/101, VM.PowerMgmt)",
    );
    expect((await callApi(simulator, "POST", path, { params: { foo: 1 } })).errors).to.have.property("foo");
    expect(
      (await callApi(simulator, "POST", "/nodes/nope/lxc/101/status/start", { params: { foo: 1 } })).status,
    ).to.equal(500);
  });

  it("sends exactly the JSON content type and keeps a good connection open", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await callApi(simulator, "GET", "/version", { agent });
    const second = await callApi(simulator, "GET", "/version", { agent });
    expect(first.headers["content-type"]).to.equal("application/json;charset=UTF-8");
    expect([first.headers["connection"], second.headers["connection"]]).to.deep.equal(["Keep-Alive", "Keep-Alive"]);
    expect(second.headers["keep-alive"]).to.equal(undefined);
    agent.destroy();
  });

  it("closes the connection with every status from 400 on", async () => {
    expect((await callApi(simulator, "GET", "/nope")).headers["connection"]).to.equal("close");
  });

  it("closes an idle connection after its time", async () => {
    const socket = await open();
    const closed = new Promise<number>((resolve) =>
      socket.on("close", () => {
        resolve(Date.now());
      }),
    );
    socket
      .resume()
      .write(
        `GET /api2/json/version HTTP/1.1\r\nHost: x\r\nAuthorization: PVEAPIToken=${simulator.tokenId}=${simulator.tokenSecret}\r\n\r\n`,
      );
    const began = Date.now();
    expect((await closed) - began).to.be.within(150, 2000);
  });

  it("says close with the hundredth answer of a connection", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const last: unknown[] = [];
    for (let count = 1; count <= 100; count += 1)
      last.push((await callApi(simulator, "GET", "/version", { agent })).headers["connection"]);
    expect([last[98], last[99]]).to.deep.equal(["Keep-Alive", "close"]);
    agent.destroy();
  });

  it("compresses what is longer than 1024 bytes where that is accepted", async () => {
    const plain = await callApi(simulator, "GET", "/access/roles");
    const zipped = await callApi(simulator, "GET", "/access/roles", { headers: { "Accept-Encoding": "gzip" } });
    expect(plain.text.length).to.be.greaterThan(1024);
    expect(zipped.headers["content-encoding"]).to.equal("gzip");
  });

  it("answers a garbled request as the real server does", async () => {
    const socket = await open();
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.write("GARBAGE\r\n\r\n");
    await eventually(() => Promise.resolve(text.includes("\r\n\r\nbad request") ? true : undefined));
    expect(text).to.match(/^HTTP\/1\.0 400 bad request\r\n/);
    socket.destroy();
  });

  it("writes every request into the access log, secrets aside", async () => {
    await callApi(simulator, "POST", "/access/ticket", {
      token: null,
      params: { username: "root@pam", password: "proxmox" },
    });
    const log = (await simulator.admin("GET", "/log")) as {
      path: string;
      method: string;
      params: object;
      status: number;
      user: string;
    }[];
    const login = log.findLast((entry) => entry.path === "/access/ticket");
    expect(login).to.include({ method: "POST", status: 200 });
    expect(login?.params).to.deep.equal({ username: "root@pam" });
    expect(log.filter((entry) => entry.path === "/access/roles").map((entry) => entry.user)).to.include(
      simulator.tokenId,
    );
  });
});
