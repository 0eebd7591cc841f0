import { expect } from "chai";
import { closedPort, tried, udpServer } from "../loopback.ts";

/** The name home.arpa as question, of the given type. */
function questionEnd(query: Buffer): number {
  return query.indexOf(0, 12) + 5;
}

/** An answer to `query` with this response code and these answer records (RFC 1035, section 4.1). */
function reply(query: Buffer, rcode: number, answers: readonly Buffer[] = []): Buffer {
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8580 | rcode, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers.length, 6);
  return Buffer.concat([head, query.subarray(12, questionEnd(query)), ...answers]);
}

function record(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

const soa = record(6, Buffer.concat([Buffer.from([0xc0, 12, 0xc0, 12]), Buffer.alloc(20, 1)]));
const a = record(1, Buffer.from([192, 168, 0, 1]));

describe("dns probe", () => {
  it("asks for SOA by default and takes an answer for success", async () => {
    const types: number[] = [];
    await using server = await udpServer((query) => {
      types.push(query.readUInt16BE(questionEnd(query) - 4));
      return reply(query, 0, [soa]);
    });
    expect(await tried({ dns: { port: server.port, name: "home.arpa" } })).to.equal(undefined);
    expect(types).to.deep.equal([6]);
  });

  it("asks for the type it is told to", async () => {
    await using server = await udpServer((query) => reply(query, 0, [a]));
    expect(await tried({ dns: { port: server.port, name: "home.arpa", type: "A" } })).to.equal(undefined);
  });

  it("takes NXDOMAIN and an empty answer for answers: the server works", async () => {
    await using missing = await udpServer((query) => reply(query, 3));
    await using empty = await udpServer((query) => reply(query, 0));
    expect(await tried({ dns: { port: missing.port, name: "home.arpa" } })).to.equal(undefined);
    expect(await tried({ dns: { port: empty.port, name: "home.arpa" } })).to.equal(undefined);
  });

  for (const [rcode, word] of [
    [2, "SERVFAIL"],
    [5, "REFUSED"],
    [4, "NOTIMP"],
  ] as const)
    it(`fails on ${word}`, async () => {
      await using server = await udpServer((query) => reply(query, rcode));
      expect(await tried({ dns: { port: server.port, name: "home.arpa" } })).to.deep.equal({
        refused: false,
        message: `${word} to SOA home.arpa at 127.0.0.1:${String(server.port)}`,
      });
    });

  it("fails on an answer that is not DNS", async () => {
    await using server = await udpServer(() => Buffer.from("hello"));
    const failure = await tried({ dns: { port: server.port, name: "home.arpa" } }, 300);
    expect(failure?.refused).to.equal(false);
    expect(failure?.message).to.match(/ to SOA home\.arpa at 127\.0\.0\.1:\d+$/);
  });

  it("fails at the timeout on a server that says nothing", async () => {
    await using server = await udpServer(() => undefined);
    expect(await tried({ dns: { port: server.port, name: "home.arpa" } }, 100)).to.deep.equal({
      refused: false,
      message: `no answer within 0.1 s to SOA home.arpa at 127.0.0.1:${String(server.port)}`,
    });
  });

  it("H1: a closed port is a refused connection", async () => {
    const port = await closedPort();
    expect(await tried({ dns: { port, name: "home.arpa" } })).to.deep.equal({
      refused: true,
      message: `connection refused at 127.0.0.1:${String(port)}`,
    });
  });

  it("asks once only", async () => {
    let questions = 0;
    await using server = await udpServer(() => {
      questions += 1;
      return undefined;
    });
    await tried({ dns: { port: server.port, name: "home.arpa" } }, 600);
    expect(questions).to.equal(1);
  });

  it("resolves a host given by name first", async () => {
    await using server = await udpServer((query) => reply(query, 0, [soa]));
    expect(await tried({ dns: { port: server.port, name: "home.arpa" } }, 5_000, "localhost")).to.equal(undefined);
  });
});
