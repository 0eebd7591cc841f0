import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../controller/base/clock.ts";
import { attempt } from "../../controller/health/attempt.ts";
import type { Probe } from "../../controller/health/port.ts";
import { ProbeFailure } from "../../controller/health/probeFailure.ts";

/** Real sockets on loopback for tests of probes. */

export const HOST = "127.0.0.1";

/** Something that listens until the test ends. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/** A TCP server that does `serve` with each connection. */
export async function tcpServer(serve: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(0, HOST);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A UDP server that answers each datagram with what `answer` gives, or not at all. */
export async function udpServer(answer: (question: Buffer) => Buffer | undefined | Promise<Buffer>): Promise<Listener> {
  const socket = createSocket("udp4");
  const serve = async (question: Buffer, from: { readonly port: number; readonly address: string }): Promise<void> => {
    const reply = await answer(question);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  };
  socket.on("message", (question, from) => void serve(question, from));
  socket.bind(0, HOST);
  await once(socket, "listening");
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}

/** A port nobody listens on, TCP and UDP: it was free a moment ago. */
export async function closedPort(): Promise<number> {
  await using server = await tcpServer(() => undefined);
  return server.port;
}

/** Listens but never accepts, with a full backlog: the kernel drops further connects, as a host that is gone does. */
export async function fullListener(): Promise<Listener> {
  const worker = new Worker(
    `const { createServer } = require("node:net");
     const { parentPort, workerData } = require("node:worker_threads");
     const server = createServer().listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(workerData), 0, 0);
       server.close();
     });`,
    { eval: true, workerData: new SharedArrayBuffer(4) },
  );
  const [port] = (await once(worker, "message")) as [number];
  const fillers = Array.from({ length: 4 }, () => connect(port, HOST).on("error", () => undefined));
  await Promise.all(fillers.slice(0, 2).map((socket) => once(socket, "connect")));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}

/** One attempt over a real socket with the real clock: undefined when it succeeds. */
export async function tried(
  probe: Omit<Probe, "name">,
  deadlineMs = 5_000,
  address = HOST,
): Promise<{ readonly refused: boolean; readonly message: string } | undefined> {
  const run = attempt(systemClock);
  try {
    await run({ name: "probe", ...probe }, address, deadlineMs, new AbortController().signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    return { refused: error.refused, message: error.message };
  }
}
