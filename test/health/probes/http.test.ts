import { expect } from "chai";
import { once } from "node:events";
import { createServer as createSecure } from "node:https";
import type { AddressInfo } from "node:net";
import { newAuthority } from "../../simulators/shared/certificate.ts";
import { closedPort, fullListener, tcpServer, tried, type Listener } from "../loopback.ts";

interface Recorded extends Listener {
  readonly requests: string[];
}

/** Answers each request with `answer` as it stands on the wire. */
async function webServer(answer: string): Promise<Recorded> {
  const requests: string[] = [];
  const server = await tcpServer((socket) => {
    socket.once("data", (head) => {
      requests.push(head.toString());
      socket.end(answer);
    });
  });
  return { ...server, requests };
}

describe("http probe", () => {
  for (const status of [200, 204, 302, 399])
    it(`takes ${String(status)} for success, as the kubelet does`, async () => {
      await using server = await webServer(`HTTP/1.1 ${String(status)} Word\r\nlocation: /elsewhere\r\n\r\n`);
      expect(await tried({ httpGet: { port: server.port } })).to.equal(undefined);
      expect(server.requests).to.have.length(1);
    });

  for (const status of [400, 404, 500, 503])
    it(`takes ${String(status)} for failure and names it`, async () => {
      await using server = await webServer(`HTTP/1.1 ${String(status)} Word\r\n\r\n`);
      expect(await tried({ httpGet: { port: server.port, path: "/healthz" } })).to.deep.equal({
        refused: false,
        message: `HTTP status ${String(status)} at http://127.0.0.1:${String(server.port)}/healthz`,
      });
    });

  it("asks for the path as given, with query and escapes, and closes", async () => {
    await using server = await webServer("HTTP/1.1 200 OK\r\n\r\n");
    await tried({ httpGet: { port: server.port, path: "/a%20b/ü?x=1&y=%25" } });
    expect(server.requests[0]).to.match(/^GET \/a%20b\/%C3%BC\?x=1&y=%25 HTTP\/1\.1\r\n/);
    expect(server.requests[0]).to.contain("connection: close");
  });

  it("uses a new connection for each attempt", async () => {
    await using server = await webServer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n");
    await tried({ httpGet: { port: server.port } });
    await tried({ httpGet: { port: server.port } });
    expect(server.requests).to.have.length(2);
  });

  it("does not wait for the body", async () => {
    await using server = await tcpServer((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nx"));
    });
    expect(await tried({ httpGet: { port: server.port } })).to.equal(undefined);
  });

  it("H1: names a refused connection", async () => {
    const port = await closedPort();
    expect(await tried({ httpGet: { port, scheme: "HTTPS" } })).to.deep.equal({
      refused: true,
      message: `connection refused at https://127.0.0.1:${String(port)}/`,
    });
  });

  it("fails at the timeout on a listener that says nothing", async () => {
    await using server = await tcpServer(() => undefined);
    expect(await tried({ httpGet: { port: server.port } }, 100)).to.deep.equal({
      refused: false,
      message: `no answer within 0.1 s at http://127.0.0.1:${String(server.port)}/`,
    });
  });

  it("H1: a connect that nobody answers counts as unreachable", async () => {
    await using listener = await fullListener();
    const failure = await tried({ httpGet: { port: listener.port } }, 200);
    expect(failure).to.include({ refused: true });
    expect(failure?.message).to.contain("no connection within 0.2 s");
  });

  for (const [what, answer] of [
    ["a banner that is not HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["a connection closed without an answer", ""],
    ["an upgrade nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
  ] as const)
    it(`fails on ${what}`, async () => {
      await using server = await webServer(answer);
      const failure = await tried({ httpGet: { port: server.port } });
      expect(failure?.refused).to.equal(false);
      expect(failure?.message).to.match(/.+ at http:\/\/127\.0\.0\.1:\d+\/$/);
    });

  it("does not verify the certificate of an HTTPS service", async () => {
    // Its own signature, another name, and over since long ago.
    const { key, cert } = newAuthority("a test", Date.UTC(2001, 0, 1));
    const server = createSecure({ key, cert }, (_, response) => response.end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const port = (server.address() as AddressInfo).port;
      expect(await tried({ httpGet: { port, scheme: "HTTPS" } })).to.equal(undefined);
    } finally {
      server.close();
    }
  });
});
