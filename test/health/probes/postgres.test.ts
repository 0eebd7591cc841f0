import { expect } from "chai";
import fc from "fast-check";
import type { Socket } from "node:net";
import { answerOf } from "../../../controller/health/probes/postgresWire.ts";
import { closedPort, tcpServer, tried } from "../loopback.ts";

function message(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** ErrorResponse with severity, code and text, as a server writes it. */
function refusal(code: string, text: string): Buffer {
  return message("E", Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0Fpostmaster.c\0\0`));
}

const askPassword = message("R", Buffer.from([0, 0, 0, 10, ...Buffer.from("SCRAM-SHA-256\0\0")]));

function serving(answer: Buffer, chunk = answer.length): (socket: Socket) => void {
  return (socket) => {
    socket.once("data", () => {
      for (let start = 0; start < answer.length; start += chunk) socket.write(answer.subarray(start, start + chunk));
    });
  };
}

describe("postgres probe", () => {
  it("takes a request for a password for success", async () => {
    await using server = await tcpServer(serving(askPassword));
    expect(await tried({ postgres: { port: server.port } })).to.equal(undefined);
  });

  it("sends a start-up message of protocol 3.0 and nothing that logs in", async () => {
    const sent: Buffer[] = [];
    await using server = await tcpServer((socket) => {
      socket.on("data", (data) => sent.push(data));
      serving(askPassword)(socket);
    });
    await tried({ postgres: { port: server.port } });
    const start = Buffer.concat(sent);
    expect(start.readUInt32BE(0)).to.equal(start.length);
    expect(start.readUInt32BE(4)).to.equal(3 << 16);
    expect(start.subarray(8).toString()).to.equal("user\0homelab-probe\0\0");
  });

  it("takes refusals that only a working server gives for success", async () => {
    for (const code of ["28000", "3D000", "53300"]) {
      await using server = await tcpServer(serving(refusal(code, "no pg_hba.conf entry")));
      expect(await tried({ postgres: { port: server.port } }), code).to.equal(undefined);
    }
  });

  it("fails with the server's own words while it starts up, also when they come in pieces", async () => {
    await using server = await tcpServer(serving(refusal("57P03", "the database system is starting up"), 7));
    expect(await tried({ postgres: { port: server.port } })).to.deep.equal({
      refused: false,
      message: `the database system is starting up at 127.0.0.1:${String(server.port)}`,
    });
  });

  it("fails on a server of another kind", async () => {
    await using server = await tcpServer((socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"));
    expect((await tried({ postgres: { port: server.port } }))?.message).to.match(/^not a PostgreSQL answer at 127/);
  });

  it("fails when the connection is closed without an answer", async () => {
    await using server = await tcpServer((socket) => socket.end());
    expect((await tried({ postgres: { port: server.port } }))?.message).to.match(
      /^connection closed without an answer at/,
    );
  });

  it("fails at the timeout on a listener that says nothing", async () => {
    await using server = await tcpServer(() => undefined);
    expect(await tried({ postgres: { port: server.port } }, 100)).to.deep.equal({
      refused: false,
      message: `no answer within 0.1 s at 127.0.0.1:${String(server.port)}`,
    });
  });

  it("H1: names a refused connection", async () => {
    const port = await closedPort();
    expect(await tried({ postgres: { port } })).to.deep.equal({
      refused: true,
      message: `connection refused at 127.0.0.1:${String(port)}`,
    });
  });

  it("reads any split of an answer as the whole", () => {
    const whole = refusal("57P03", "the database system is starting up");
    for (let length = 0; length < whole.length; length++)
      expect(answerOf(whole.subarray(0, length)), String(length)).to.equal("more");
    expect(answerOf(whole)).to.deep.equal({ refusal: "the database system is starting up" });
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom("R", "E", ""), (bytes, kind) => {
        const answer = answerOf(Buffer.concat([Buffer.from(kind), bytes]));
        expect(answer === "more" || answer === "ready" || answer.refusal !== "").to.equal(true);
      }),
    );
  });
});
