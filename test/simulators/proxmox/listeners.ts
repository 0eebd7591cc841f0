import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import type { Identity } from "../shared/certificate.ts";
import type { Service } from "./options.ts";

/** Something that listens and can be closed. */
export interface Listener {
  readonly service: Service;
  close(): void;
}

/** Where a guest serves. */
export interface Place {
  readonly address: string;
  readonly name: string;
  readonly identity: Identity;
}

/** Opens a real socket for one service of a guest. Rejects when the port cannot be had (below 1024 only root may). */
export async function listen(service: Service, place: Place): Promise<Listener> {
  switch (service.protocol) {
    case "dns":
      return udp(service, place, (query) => dnsReply(query, place.address));
    case "ntp":
      return udp(service, place, ntpReply);
    case "http":
    case "https":
      return tcp(service, place, webServer(service, place));
    case "postgres":
      return tcp(service, place, createServer(postgres));
    case "tcp":
      return tcp(
        service,
        place,
        createServer((socket) => void socket.resume()),
      );
  }
}

function webServer(service: Service, place: Place): HttpServer {
  const status = service.status ?? 200;
  const answer: RequestListener = (_, reply) => {
    reply.writeHead(status, { "Content-Type": "text/plain" }).end(`${place.name}\n`);
  };
  return service.protocol === "https" ? createHttpsServer(place.identity, answer) : createHttpServer(answer);
}

function tcp(service: Service, place: Place, server: Server): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => undefined);
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(service.port, place.address, () => {
      resolve({ service, close });
    });
  });
}

function udp(service: Service, place: Place, reply: (query: Buffer) => Buffer | undefined): Promise<Listener> {
  const socket: UdpSocket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const answer = reply(query);
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(service.port, place.address, () => {
      socket.on("error", () => undefined);
      resolve({
        service,
        close: () => {
          socket.close();
        },
      });
    });
  });
}

/** Answers any question: an A question with the guest's own address, others without records. Source: RFC 1035 §4. */
function dnsReply(query: Buffer, address: string): Buffer | undefined {
  if (query.length < 17) return undefined;
  let end = 12;
  while (end < query.length && query[end] !== 0) end += (query[end] ?? 0) + 1;
  const question = query.subarray(12, end + 5);
  const isA = query.readUInt16BE(end + 1) === 1;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(isA ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  if (!isA) return Buffer.concat([head, question]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
  return Buffer.concat([head, question, record]);
}

/** A server's answer to a client's packet, stratum 2. Source: RFC 5905 §7.3. */
function ntpReply(query: Buffer): Buffer | undefined {
  if (query.length < 48) return undefined;
  const reply = Buffer.alloc(48);
  reply[0] = ((query[0] ?? 0) & 0x38) | 4;
  reply[1] = 2;
  reply[3] = 0xec;
  const seconds = Math.floor(Date.now() / 1000) + 2208988800;
  for (const offset of [16, 32, 40]) reply.writeUInt32BE(seconds, offset);
  query.copy(reply, 24, 40, 48);
  return reply;
}

/** Refuses TLS, asks for a password after the startup message. Source: PostgreSQL manual, message formats. */
function postgres(socket: Socket): void {
  socket.on("data", (data: Buffer) => {
    if (data.length < 8) return;
    const code = data.readInt32BE(4);
    if (code === 80877103 || code === 80877104) socket.write("N");
    else if (code === 196608) socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
    else socket.end();
  });
}
