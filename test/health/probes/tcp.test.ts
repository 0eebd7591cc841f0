import { expect } from "chai";
import { closedPort, fullListener, tcpServer, tried } from "../loopback.ts";

describe("tcp probe", () => {
  it("succeeds when the port accepts", async () => {
    await using server = await tcpServer(() => undefined);
    expect(await tried({ tcpSocket: { port: server.port } })).to.equal(undefined);
  });

  it("H1: names a refused connection and where", async () => {
    const port = await closedPort();
    expect(await tried({ tcpSocket: { port } })).to.deep.equal({
      refused: true,
      message: `connection refused at 127.0.0.1:${String(port)}`,
    });
  });

  it("H1: a connect that nobody answers ends at the timeout and counts as unreachable", async () => {
    await using listener = await fullListener();
    expect(await tried({ tcpSocket: { port: listener.port } }, 200)).to.deep.equal({
      refused: true,
      message: `no connection within 0.2 s at 127.0.0.1:${String(listener.port)}`,
    });
  });

  it("names a host that does not resolve", async () => {
    // A label of 64 letters is refused by the system's resolver itself: no question leaves the machine.
    const host = "x".repeat(64);
    expect(await tried({ tcpSocket: { port: 1 } }, 5_000, host)).to.deep.equal({
      refused: false,
      message: `name does not resolve at ${host}:1`,
    });
  });

  it("writes IPv6 addresses in brackets", async () => {
    const failure = await tried({ tcpSocket: { port: await closedPort() } }, 5_000, "::1");
    expect(failure?.message).to.match(/ at \[::1\]:\d+$/);
  });
});
